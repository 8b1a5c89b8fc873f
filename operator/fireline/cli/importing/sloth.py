"""Sloth's two spellings, ``version: prometheus/v1`` and PrometheusServiceLevel, as Fireline objects.

Both hold several objectives of one service; the plain one spells fields with ``_``, the other in
camelCase. An AlertWindows document among the inputs replaces Sloth's standard alerts for all of them,
as it does in Sloth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fireline.cli.importing import labels as of_labels
from fireline.cli.importing import shape
from fireline.cli.importing.indicators import Found, NoIndicator, free_ratio, ratio
from fireline.cli.importing.objects import finished
from fireline.cli.importing.result import Result
from fireline.cli.importing.sloth_alerts import Catalogue, alerting, catalogue
from fireline.cli.importing.source import Field, LeftOut, Source
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW

_TEMPLATE = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
_STANDARD_PERIODS = (Duration.of(days=28), Duration.of(days=30))
_NO_PLUGINS = "Fireline runs no plugins"
_PLUGIN_ADVICE = {
    "denominator_corrected": "set alerting.minEvents instead",
    "error_budget_exhausted_alert": 'add {consumed: "100"} to alerting.budget instead',
    "info_labels": "put labels on the object instead",
    "rule_intervals": "Fireline chooses the intervals",
}


class UnknownPeriod(ValueError):
    """A period that Sloth itself knows no alerts for, without a catalogue."""


def convert(sources: Sequence[Source], result: Result, *, period: Duration | None = None) -> None:
    """Add all objectives of the documents to the result, in order.

    ``period`` is what Sloth was started with (``--default-slo-period``); by default that of the
    AlertWindows document among the inputs, else 30d. Raises UnknownPeriod.
    """
    if not sources:
        return
    windows = _catalogue(sources, period)
    for source in sources:
        root = source.root
        if root.get("kind").value == "AlertWindows":
            continue
        if root.get("version").present:
            root.get("version").take()
            _service(root, {}, [], windows, result)
        elif root.get("kind").value == "PrometheusServiceLevel":
            metadata, labels = _object(root)
            _service(root.get("spec"), metadata, labels, windows, result)
    result.finish(sources)


def _catalogue(sources: Sequence[Source], period: Duration | None) -> Catalogue:
    found = [each for source in sources if (each := catalogue(source.root))]
    wanted = period or (found[0].period if len(found) == 1 else Duration.of(days=30))
    fitting = [each for each in found if each.period == wanted]
    for each in found:
        if each.field is not None and each not in fitting[:1]:
            each.field.lost(
                f"is about another period than the objectives' {wanted}, or the second one about it",
                "name the period Sloth is started with: --period",
            )
    if not fitting and wanted not in _STANDARD_PERIODS:
        raise UnknownPeriod(
            f"Sloth has alerts of its own for 28d and 30d only; for {wanted} the AlertWindows document that "
            f"it is started with must be among the inputs"
        )
    return fitting[0] if fitting else Catalogue.standard(wanted)


def _object(root: Field) -> tuple[dict[str, Any], list[tuple[str, Field]]]:
    """What a Kubernetes object says of itself: namespace and annotations, and its labels."""
    for name in ("apiVersion", "kind", "status"):
        root.get(name).take()
    metadata = root.get("metadata")
    metadata.get("name").changed("each objective is an object of its own, named service-objective", "")
    found = of_labels.object_metadata(metadata)
    for name, field in metadata.get("annotations").pairs():
        if name != of_labels.LAST_APPLIED:
            field.lost(
                "Sloth copied it onto the rule object; Fireline copies no annotations",
                "add it to the object by hand",
            )
    return found, metadata.get("labels").pairs()


def _service(
    spec: Field, metadata: dict[str, Any], labels: list[tuple[str, Field]], windows: Catalogue, result: Result
) -> None:
    _plugins(spec.get("slo_plugins"))
    _plugins(spec.get("sloPlugins"))
    for slo in spec.get("slos").entries():
        try:
            result.add(slo, _objective(spec, slo, metadata, labels, windows))
        except LeftOut as left:
            result.leave_out(slo, left)


def _objective(
    spec: Field,
    slo: Field,
    metadata: dict[str, Any],
    labels: list[tuple[str, Field]],
    windows: Catalogue,
) -> dict[str, Any]:
    service = shape.service(spec.get("service"))
    name = slo.get("name").text()
    if not name:
        raise LeftOut(slo.get("name"), "is missing", "give the objective a name")
    found = _indicator(slo.get("sli"))
    own = [*spec.get("labels").pairs(), *slo.get("labels").pairs()]
    body: dict[str, Any] = {"service": service}
    description = shape.description(slo.get("description"))
    if description:
        body["description"] = description
    body["objective"] = shape.percent(slo.get("objective"), slo.get("objective").number())
    body["window"] = {"rolling": windows.rolling(slo)}
    body["indicator"] = found.indicator
    if found.group_by:
        body["groupBy"] = list(found.group_by)
    body["alerting"] = alerting(slo, own, windows, body["objective"])
    _rest(slo)
    on_object = of_labels.on_object(
        [*labels, *(pair for pair in own if pair[0] not in of_labels.SELECTS_RULES)]
    )
    return finished(slo, shape.object_name(*_words(service, name)), metadata, on_object, body)


def _words(service: str, name: str) -> tuple[str, ...]:
    return (name,) if name.startswith(service) else (service, name)


def _indicator(sli: Field) -> Found:
    """Raises LeftOut when Fireline cannot measure it."""
    events, raw, plugin = sli.get("events"), sli.get("raw"), sli.get("plugin")
    if plugin.present:
        raise LeftOut(
            plugin,
            _NO_PLUGINS,
            "let `sloth generate` print the queries of the plugin, and write them as a ratio indicator",
        )
    if events.present:
        fields = {"bad": _either(events, "error_query"), "total": _either(events, "total_query")}
    else:
        fields = {"ratio": _either(raw, "error_ratio_query")}
    texts = {which: _text(field) for which, field in fields.items()}
    try:
        found = ratio(texts["bad"], texts["total"]) if events.present else free_ratio(texts["ratio"])
    except NoIndicator as error:
        raise LeftOut(fields.get(error.which, sli), error.why, error.advice) from error
    for why, advice in found.changes:
        next(iter(fields.values())).changed(why, advice)
    if "errorRatio" in found.indicator and not found.changes:
        fields["ratio"].note(
            "weighted by time instead of events, as in Sloth", "rewrite it as a ratio of events"
        )
    return found


def _text(field: Field) -> str:
    text = field.text()
    if not text:
        raise LeftOut(field, "is missing", "write both queries of events, or the query of raw")
    windowed = _TEMPLATE.sub(WINDOW, text)
    if "{{" in windowed:
        raise LeftOut(
            field, "has a template other than {{.window}}", "write out what the template stands for"
        )
    return windowed.strip()


def _rest(slo: Field) -> None:
    """Fields that have no counterpart."""
    _plugins(slo.get("plugins"))
    _either(slo, "info_labels").drop(
        "slo:info carries objective, window, service and team, and no labels of your own",
        "put labels on the object, or join by slo and service",
    )
    slo.get("interval").drop("Fireline chooses the intervals: 30s where speed needs it, longer elsewhere", "")


def _plugins(plugins: Field) -> None:
    for plugin in plugins.get("chain").entries():
        kind = str(plugin.get("id").value or "")
        advice = next((text for word, text in _PLUGIN_ADVICE.items() if word in kind), "do it by hand")
        plugin.lost(_NO_PLUGINS, advice)


def _either(field: Field, name: str) -> Field:
    """A field in either spelling: ``error_query`` or ``errorQuery``."""
    words = name.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    plain, other = field.get(name), field.get(camel)
    return other if other.present else plain
