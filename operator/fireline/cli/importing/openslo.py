"""OpenSLO, v1 and v1alpha, as Fireline objects: one for each objective of an SLO.

Other kinds are read where an SLO refers to them. An SLO whose objectives have indicators of their own
is a composite: its members become objects, and so does the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fireline.api.plan import Manifest
from fireline.cli.importing import labels as of_labels
from fireline.cli.importing import shape
from fireline.cli.importing.objects import finished
from fireline.cli.importing.openslo_alerts import alerting
from fireline.cli.importing.openslo_book import Book, helper
from fireline.cli.importing.openslo_metric import measured
from fireline.cli.importing.openslo_time import budgeting, window
from fireline.cli.importing.result import Result
from fireline.cli.importing.source import Field, LeftOut, Source
from fireline.promql.expr import number

_DISPLAY, _OBJECTIVE, _INDICATOR = (
    f"openslo.com/{name}" for name in ("display-name", "objective", "indicator")
)
"""Annotations for names people read: Fireline has no field for them."""


@dataclass(frozen=True, slots=True)
class _Slo:
    """One SLO document on its way: its fields, and the books to look others up in."""

    root: Field
    book: Book
    name: str
    composite: bool

    @property
    def spec(self) -> Field:
        return self.root.get("spec")


def convert(sources: Sequence[Source], result: Result) -> None:
    """Add the objectives of the documents to the result, in order."""
    book = Book(sources)
    slos = [source.root for source in sources if source.root.get("kind").value == "SLO"]
    for root in slos:
        _slo(root, book, result)
    for source in sources:
        if source.root.get("kind").value != "SLO":
            book.unused(source)
    result.finish(sources)


def _slo(root: Field, book: Book, result: Result) -> None:
    for name in ("apiVersion", "kind", "status"):
        root.get(name).take()
    spec = root.get("spec")
    entries = spec.get("objectives").entries()
    own = [entry.get("indicator").present or entry.get("indicatorRef").present for entry in entries]
    slo = _Slo(root, book, root.get("metadata", "name").text() or "", any(own))
    members: list[tuple[Field, Manifest]] = []
    for index, entry in enumerate(entries):
        try:
            manifest = _objective(slo, entry, _name(slo, entries, index))
            result.add(entry, manifest)
            members.append((entry, manifest))
        except LeftOut as left:
            result.leave_out(entry, left)
    try:
        if not members:
            root.lost("is left out: no objective of it can be carried over", "")
        elif slo.composite:
            result.add(root, _composite(slo, members))
    except LeftOut as left:
        left.field.lost(left.why, left.advice)
        result.left_out += 1


def _name(slo: _Slo, entries: list[Field], index: int) -> str:
    """The SLO's name, with that of the objective when there are several."""
    if len(entries) == 1 and not slo.composite:
        return shape.object_name(slo.name)
    titles = [shape.object_name(str(entry.get("displayName").value or "")) for entry in entries]
    distinct = titles.count(titles[index]) == 1 and entries[index].get("displayName").present
    return shape.object_name(slo.name, titles[index] if distinct else str(index + 1))


def _objective(slo: _Slo, entry: Field, name: str) -> Manifest:
    spec, percent = slo.spec, _percent(entry)
    sli = _sli(slo, entry)
    read = measured(sli, entry, slo.book)
    body = _described(slo)
    body["objective"] = percent
    body["window"] = window(spec)
    body |= budgeting(spec, entry)
    body["indicator"] = read.found.indicator
    if read.found.group_by:
        body["groupBy"] = list(read.found.group_by)
    body["alerting"] = {"disabled": True} if slo.composite else alerting(spec, body, slo.book)
    if read.source:
        body["prometheus"] = read.source
    _ignored(entry, body)
    titles = {_OBJECTIVE: entry.get("displayName").text(), _INDICATOR: _inline_name(slo, entry)}
    return _object(slo, entry, name, body, {key: title for key, title in titles.items() if title})


def _inline_name(slo: _Slo, entry: Field) -> str | None:
    holder = entry if entry.get("indicator").present else slo.spec
    return holder.get("indicator", "metadata", "name").text()


def _composite(slo: _Slo, members: list[tuple[Field, Manifest]]) -> Manifest:
    """The whole: members weighted as they say, the objective their weighted mean."""
    weights = [entry.get("compositeWeight").number() or Decimal(1) for entry, _ in members]
    targets = [Decimal(manifest["spec"]["objective"]) for _, manifest in members]
    pairs = zip(weights, targets, strict=True)
    mean = sum((weight * target for weight, target in pairs), Decimal(0)) / sum(weights, Decimal(0))
    slo.spec.get("objectives").note(
        f"the composite's objective is the weighted mean of its members', {number(mean)}", "choose it"
    )
    body = _described(slo)
    body["objective"] = shape.percent(slo.spec.get("objectives"), mean.quantize(Decimal("0.0001")))
    body["window"] = window(slo.spec)
    body["indicator"] = {
        "composite": {
            "method": "Weighted",
            "objectives": [
                {"name": manifest["metadata"]["name"], "weight": number(weight)}
                for weight, (_, manifest) in zip(weights, members, strict=True)
            ],
        }
    }
    body["alerting"] = alerting(slo.spec, body, slo.book)
    return _object(slo, slo.root, shape.object_name(slo.name), body, {})


def _percent(entry: Field) -> str:
    """``target`` as a fraction, or ``targetPercent``."""
    fraction, given = entry.get("target"), entry.get("targetPercent")
    if given.present:
        fraction.drop("targetPercent is given too", "keep one of them")
        return shape.percent(given, given.number())
    share = fraction.number()
    return shape.percent(fraction, share * 100 if share is not None else None)


def _sli(slo: _Slo, entry: Field) -> Field:
    """The ``spec`` of the indicator: inline or referred to, of the objective or of the SLO."""
    for holder in (entry, slo.spec):
        inline, reference = holder.get("indicator"), holder.get("indicatorRef")
        if inline.present:
            helper(inline, "SLI")
            spec = inline.get("spec") if inline.get("spec").present else inline
            _undescribed(spec)
            return spec
        if reference.present:
            found = slo.book.find("SLI", reference.text())
            if found is None:
                raise LeftOut(reference, "no SLI of this name is among the inputs", "import it too")
            _undescribed(found.get("spec"))
            return found.get("spec")
    return slo.spec.get("indicator")


def _undescribed(spec: Field) -> None:
    spec.get("description").drop("an objective has one description, that of the SLO", "")


def _described(slo: _Slo) -> dict[str, Any]:
    """Service and description, which all objectives of an SLO share."""
    service = slo.spec.get("service")
    body: dict[str, Any] = {"service": shape.service(service)}
    known = slo.book.find("Service", service.text())
    if known is not None:
        known.get("spec", "description").drop(
            "describes the Service itself, and Fireline has no such object", ""
        )
    description = shape.description(slo.spec.get("description"))
    return body | ({"description": description} if description else {})


def _ignored(entry: Field, body: dict[str, Any]) -> None:
    """Fields that only mean something for a threshold."""
    if "threshold" not in body["indicator"]:
        for name in ("op", "value"):
            entry.get(name).drop("has a meaning for a thresholdMetric only", "")


def _object(slo: _Slo, origin: Field, name: str, body: dict[str, Any], extra: dict[str, str]) -> Manifest:
    metadata = slo.root.get("metadata")
    title = metadata.get("displayName").text()
    notes = {
        key: text for key, field in metadata.get("annotations").pairs() if (text := field.text()) is not None
    }
    notes |= ({_DISPLAY: title} if title else {}) | extra
    placed = of_labels.object_metadata(metadata) | ({"annotations": notes} if notes else {})
    shown = of_labels.on_object(_flat(metadata.get("labels").pairs()))
    return finished(origin, name, placed, shown, body)


def _flat(pairs: list[tuple[str, Field]]) -> list[tuple[str, Field]]:
    """Labels with one value; a list of one entry is that entry, a longer one no Kubernetes label."""
    found = []
    for name, field in pairs:
        if isinstance(field.value, list) and len(field.value) == 1:
            found.append((name, field.get(0)))
        elif isinstance(field.value, list):
            field.drop("has several values, and a Kubernetes label has one", "write one label for each")
        else:
            found.append((name, field))
    return found
