"""Pyrra's ServiceLevelObjective (pyrra.dev/v1alpha1) as Fireline's: one object each.

Pyrra measures selectors, so nothing is parsed beyond them; labels and annotations that begin with
``pyrra.dev/`` reach its alerts without that prefix, and so they do here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fireline.api.plan import Manifest
from fireline.cli.importing import labels as of_labels
from fireline.cli.importing import shape
from fireline.cli.importing.objects import finished
from fireline.cli.importing.probe import refusal
from fireline.cli.importing.pyrra_alerts import alerting
from fireline.cli.importing.pyrra_indicator import Measured, measured
from fireline.cli.importing.result import Result
from fireline.cli.importing.source import Field, LeftOut, Source
from fireline.errors import PromQLError
from fireline.promql.durations import Duration

_PREFIX = "pyrra.dev/"
_SERVICE_LABELS = ("app.kubernetes.io/name", "app", "service")
_SERVICE_MATCHERS = ("service", "job")

Pairs = list[tuple[str, Field]]


def convert(sources: Sequence[Source], result: Result) -> None:
    """Add the objectives of the documents to the result, in order."""
    for source in sources:
        root = source.root
        try:
            if root.get("kind").value != "ServiceLevelObjective":
                raise LeftOut(
                    root.get("kind"), "is no kind that Pyrra's users write", "leave the document out"
                )
            result.add(root, _objective(root))
        except LeftOut as left:
            result.leave_out(root, left)
    result.finish(sources)


def _objective(root: Field) -> Manifest:
    for name in ("apiVersion", "kind", "status"):
        root.get(name).take()
    metadata, spec = root.get("metadata"), root.get("spec")
    own, on_alerts = _split(metadata.get("labels").pairs())
    _, links = _split(metadata.get("annotations").pairs())
    name = _name(metadata.get("name"))
    target = spec.get("target").number()
    window = _window(spec.get("window"))
    found = measured(spec.get("indicator"))
    body: dict[str, Any] = {"service": _service(metadata, found, on_alerts, name)}
    body["description"] = shape.description(spec.get("description"))
    body["objective"] = shape.percent(spec.get("target"), target)
    body["window"] = {"rolling": shape.rolling(window)}
    body["indicator"] = found.indicator
    if found.group_by:
        body["groupBy"] = list(found.group_by)
    body["alerting"] = alerting(spec, window, Decimal(body["objective"]))
    given = {label: (field, text) for label, field in on_alerts if (text := field.text()) is not None}
    given.pop("service", None)
    carried = of_labels.on_alerts(given)
    body["alerting"] |= {"labels": carried} if carried else {}
    body["alerting"] |= of_labels.annotate(
        {label: (field, text) for label, field in links if (text := field.text()) is not None}
    )
    _rest(spec)
    shown = [*own, *(pair for pair in on_alerts if pair[0] not in of_labels.SELECTS_RULES)]
    placed = of_labels.object_metadata(metadata) | _annotations(metadata)
    return finished(root, name, placed, of_labels.on_object(shown), body)


def _split(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """What stays on the object, and what reaches alerts (without the prefix)."""
    own = [(name, field) for name, field in pairs if not name.startswith(_PREFIX)]
    return own, [(name.removeprefix(_PREFIX), field) for name, field in pairs if name.startswith(_PREFIX)]


def _annotations(metadata: Field) -> dict[str, Any]:
    own, _ = _split(metadata.get("annotations").pairs())
    found = {name: field.text() for name, field in own if name != of_labels.LAST_APPLIED}
    kept = {name: text for name, text in found.items() if text is not None}
    return {"annotations": kept} if kept else {}


def _name(field: Field) -> str:
    text = field.text()
    if not text:
        raise LeftOut(field, "is missing", "give the objective a name")
    name = shape.object_name(text)
    if name != text:
        field.changed(f"became {name}: names have at most 63 characters here", "choose a shorter name")
    return name


def _window(field: Field) -> Duration:
    try:
        window = Duration.parse(field.text() or "")
    except PromQLError as error:
        raise LeftOut(field, str(error), "write a window such as 4w") from error
    if shape.rolling(window) is None:
        raise LeftOut(
            field, f"{window} is no whole number of days from 1 to 90", "choose a window such as 7d or 28d"
        )
    return window


def _service(metadata: Field, found: Measured, on_alerts: Pairs, name: str) -> str:
    """Pyrra knows no services: the label for alerts, else the best guess, which is said."""
    named = dict(on_alerts).get("service")
    if named is not None:
        return shape.service(named)
    labels = [metadata.get("labels", label).value for label in _SERVICE_LABELS]
    matchers = {each.label: each.value for each in found.total.matchers if each.op == "="}
    guesses = [*labels, *(matchers.get(label) for label in _SERVICE_MATCHERS), name]
    guess = next(str(each) for each in guesses if each and not refusal(service=str(each)))
    metadata.get("name").note(
        f"Pyrra knows no services, so spec.service is {guess}",
        "check it, or set the label pyrra.dev/service before importing",
    )
    return guess


def _rest(spec: Field) -> None:
    """Fields that have no counterpart."""
    spec.get("partial_response_strategy").drop(
        "partial answers are always refused, since figures from a part of the data are wrong", ""
    )
    spec.get("performanceOverAccuracy").drop(
        "Fireline always reads long windows from recorded counts, which is both cheap and exact", ""
    )
    spec.get("ruleOutput").drop(
        "rules are labelled by their source", "set rule_labels of the source in the operator's settings"
    )
