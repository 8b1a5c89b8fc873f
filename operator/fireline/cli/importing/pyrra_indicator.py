"""Pyrra's four indicators as Fireline's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fireline.cli.importing.indicators import latency
from fireline.cli.importing.probe import refusal
from fireline.cli.importing.source import Field, LeftOut
from fireline.errors import PromQLError
from fireline.promql.expr import WINDOW
from fireline.promql.selectors import Selector, parse_selector


@dataclass(frozen=True, slots=True)
class Measured:
    """The indicator, the labels it is grouped by, and the selector of all events."""

    indicator: dict[str, Any]
    group_by: tuple[str, ...]
    total: Selector


def measured(field: Field) -> Measured:
    """Raises LeftOut when there is no indicator, or none that Fireline can measure."""
    kinds = {
        "ratio": _ratio,
        "latency": _latency,
        "latencyNative": _native,
        "bool_gauge": _gauge,
    }
    for name, read in kinds.items():
        below = field.get(name)
        if below.present:
            groups = _grouping(below.get("grouping"))
            indicator, total = read(below, groups)
            why = refusal(indicator=indicator)
            if why:
                raise LeftOut(below, why, "write the indicator by hand")
            return Measured(indicator, groups, total)
    raise LeftOut(field, "has none of ratio, latency, latencyNative and bool_gauge", "add one of them")


def _ratio(field: Field, groups: tuple[str, ...]) -> tuple[dict[str, Any], Selector]:
    bad, good, total = (_selector(field.get(name, "metric")) for name in ("errors", "success", "total"))
    if total is not None and bad is not None:
        return {"ratio": {"bad": {"metric": str(bad)}, "total": {"metric": str(total)}}}, total
    if total is not None and good is not None:
        return {"ratio": {"good": {"metric": str(good)}, "total": {"metric": str(total)}}}, total
    if bad is None or good is None:
        raise LeftOut(field, "needs two of errors, success and total", "add what is missing")
    by = f" by ({', '.join(groups)})" if groups else ""
    goods, bads = (f"sum{by}(rate({each}[{WINDOW}]))" for each in (good, bad))
    # Either may be missing as long as the service never answered that way.
    total_query = f"({goods} or 0 * {bads}) + ({bads} or 0 * {goods})"
    return {"ratio": {"bad": {"metric": str(bad)}, "total": {"query": total_query}}}, good


def _latency(field: Field, groups: tuple[str, ...]) -> tuple[dict[str, Any], Selector]:  # noqa: ARG001 - one shape for all four
    good, total = (_needed(field.get(name, "metric")) for name in ("success", "total"))
    found = latency(good, total)
    if found and not refusal(indicator=found):
        return found, total
    return {"ratio": {"good": {"metric": str(good)}, "total": {"metric": str(total)}}}, total


def _native(field: Field, groups: tuple[str, ...]) -> tuple[dict[str, Any], Selector]:  # noqa: ARG001 - one shape for all four
    total = _needed(field.get("total", "metric"))
    below = field.get("latency").text()
    return {"latency": {"histogram": str(total), "type": "Native", "below": below}}, total


def _gauge(field: Field, groups: tuple[str, ...]) -> tuple[dict[str, Any], Selector]:  # noqa: ARG001 - one shape for all four
    gauge = _needed(field.get("metric"))
    return {"availability": {"metric": str(gauge)}}, gauge


def _needed(field: Field) -> Selector:
    found = _selector(field)
    if found is None:
        raise LeftOut(field, "is missing", 'write a selector, such as requests_total{job="checkout"}')
    return found


def _selector(field: Field) -> Selector | None:
    text = field.text()
    try:
        return parse_selector(text) if text else None
    except PromQLError as error:
        raise LeftOut(field, str(error), "write the indicator by hand, as a query") from error


def _grouping(field: Field) -> tuple[str, ...]:
    """The labels to group by: all of them or none, since fewer would be other groups."""
    names = tuple(text for entry in field.entries() if (text := entry.text()))
    why = refusal(groupBy=list(names)) if names else ""
    if why:
        field.lost(
            f"is one objective over all groups instead: {why}",
            "rename the label when scraping, or write one objective for each of its values",
        )
        return ()
    return names
