"""From two foreign queries, bad and total, to an indicator of Fireline's with the same meaning.

In order of preference: a latency histogram, plain counters, availability of a gauge, queries, and at
last a free error ratio. Used by Sloth and OpenSLO; Pyrra has selectors and no queries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import promql_parser as promql

from fireline.cli.importing import promql as query
from fireline.cli.importing.probe import refusal
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.promql.selectors import Selector

Indicator = dict[str, Any]
Groups = tuple[str, ...]
_BOOLEAN = re.compile(r"(^|_)(up|success|healthy|ready|available)$")


@dataclass(frozen=True, slots=True)
class Found:
    """An indicator, the labels it is grouped by, and what changed on the way (``why``, ``advice``)."""

    indicator: Indicator
    group_by: Groups = ()
    changes: list[tuple[str, str]] = field(default_factory=list)


class NoIndicator(Exception):
    """Fireline cannot measure this; ``which`` query is the reason (bad, good, total or ratio)."""

    def __init__(self, which: str, why: str, advice: str) -> None:
        super().__init__(why)
        self.which, self.why, self.advice = which, why, advice


def ratio(bad: str, total: str, *, part: str = "bad") -> Found:
    """The indicator for ``bad / total`` (or ``part="good"``), both with ``$window`` as their ranges.

    Raises NoIndicator when Fireline could not carry it out.
    """
    texts, parsed = {part: bad, "total": total}, {}
    for which, text in texts.items():
        try:
            parsed[which] = query.parse(text)
        except PromQLError as error:
            raise NoIndicator(which, str(error), "rewrite it as PromQL that reads [$window]") from error
    if all(map(query.grows_with_its_range, parsed.values())):
        texts = {which: query.as_rates(text) for which, text in texts.items()}
        parsed = {which: query.parse(text) for which, text in texts.items()}
    groups, changes = _groups(parsed[part], parsed["total"])
    special = _latency(parsed[part], parsed["total"], part) or _availability(
        parsed[part], parsed["total"], part
    )
    if special and not refusal(indicator=special):
        return Found(special, groups, changes)
    indicator: Indicator = {
        "ratio": {
            part: _events(texts[part], query.without_zero(parsed[part]) if part == "bad" else parsed[part]),
            "total": _events(texts["total"], parsed["total"]),
        }
    }
    why = refusal(indicator=indicator)
    if not why:
        return Found(indicator, groups, changes)
    return _free_ratio(texts, part, why, groups, changes)


def free_ratio(text: str) -> Found:
    """The indicator for a query that yields the share of bad events. Raises NoIndicator."""
    try:
        expr = query.parse(text)
    except PromQLError as error:
        raise NoIndicator("ratio", str(error), "rewrite it as PromQL that reads [$window]") from error
    groups, changes = _groups(expr)
    gauge = _missing_share(expr)
    special = _quotient(expr) or ({"availability": {"metric": str(gauge)}} if gauge else None)
    if special and not refusal(indicator=special):
        return Found(special, groups, changes)
    indicator = {"errorRatio": {"query": text}}
    why = refusal(indicator=indicator, groupBy=list(groups) or None)
    if why:
        raise NoIndicator("ratio", why, "write bad and total events as a ratio indicator")
    return Found(indicator, groups, changes)


def _quotient(expr: promql.Expr) -> Indicator | None:
    """Counters divided by each other, which can as well be counted."""
    expr, part = query.bare(expr), "bad"
    if isinstance(expr, promql.BinaryExpr) and str(expr.op) == "-":
        one = query.bare(expr.lhs)
        if isinstance(one, promql.NumberLiteral) and one.val == 1:
            expr, part = query.bare(expr.rhs), "good"
    if not isinstance(expr, promql.BinaryExpr) or str(expr.op) != "/" or expr.modifier:
        return None
    above, below = query.counted(query.without_zero(expr.lhs)), query.counted(expr.rhs)
    if not above or not below or above.by != below.by or above.function != below.function:
        return None
    if above.function not in {"rate", "increase"}:
        return None
    return {"ratio": {part: {"metric": str(above.selector)}, "total": {"metric": str(below.selector)}}}


def _free_ratio(
    texts: dict[str, str], part: str, why: str, groups: Groups, changes: list[tuple[str, str]]
) -> Found:
    share = f"({texts[part]}) / ({texts['total']})"
    indicator = {"errorRatio": {"query": share if part == "bad" else f"1 - ({share})"}}
    if refusal(indicator=indicator, groupBy=list(groups) or None):
        raise NoIndicator(part, why, "rewrite it with rate(…[$window])")
    approximate = (
        f"became a free error ratio, weighted by time instead of events: as counts Fireline {why}",
        "rewrite bad and total as sum(rate(…[$window])) to have requests counted",
    )
    return Found(indicator, groups, [*changes, approximate])


def _groups(*exprs: promql.Expr) -> tuple[Groups, list[tuple[str, str]]]:
    """The labels the queries are grouped by; without a clear answer everything is added up, and said."""
    labels = {query.series_labels(query.without_zero(expr)) for expr in exprs}
    if labels == {()}:
        return (), []
    (found,) = labels if len(labels) == 1 else (None,)
    if found is None:
        return (), [
            (
                "may yield several series, an objective each; Fireline adds them up",
                "name the labels in groupBy to keep a budget for each",
            )
        ]
    why = refusal(groupBy=list(found))
    if why:
        return (), [
            (
                f"is grouped by {', '.join(found)}, and Fireline adds the groups up: {why}",
                "rename the label when scraping, or write one objective for each of its values",
            )
        ]
    return found, []


def _events(text: str, expr: promql.Expr) -> dict[str, str]:
    """A selector where the query is nothing but ``sum(rate(selector[$window]))``, else the query."""
    found = query.counted(expr)
    if found and found.function == "rate":
        return {"metric": str(found.selector)}
    return {"query": text.strip()}


def _latency(part: promql.Expr, total: promql.Expr, name: str) -> Indicator | None:
    """Requests slower than a bucket bound: all of a histogram's events minus one bucket, or the bucket."""
    counts = query.counted(total)
    if name == "bad":
        part = query.bare(part)
        if not isinstance(part, promql.BinaryExpr) or str(part.op) != "-" or part.modifier:
            return None
        if query.counted(part.lhs) != counts:
            return None
        part = part.rhs
    bucket = query.counted(part)
    if not counts or not bucket or counts.function != "rate" or bucket.function != "rate":
        return None
    return latency(bucket.selector, counts.selector) if bucket.by == counts.by else None


def latency(bucket: Selector, count: Selector) -> Indicator | None:
    """The latency indicator of a ``_bucket`` and a ``_count`` selector that differ in nothing but le."""
    bounds = [matcher for matcher in bucket.matchers if matcher.label == "le"]
    rest = tuple(matcher for matcher in bucket.matchers if matcher.label != "le")
    name = count.metric.removesuffix("_count")
    if len(bounds) != 1 or bounds[0].op != "=" or rest != count.matchers:
        return None
    if (bucket.metric, count.metric) != (f"{name}_bucket", f"{name}_count"):
        return None
    below = _bound(bounds[0].value)
    if below is None:
        return None
    return {"latency": {"histogram": str(count.renamed(name)), "type": "Classic", "below": below}}


def _bound(le: str) -> str | None:
    """A bucket bound as a duration; None when Fireline would look for another spelling of it."""
    try:
        milliseconds = Decimal(le) * 1000
    except InvalidOperation:
        return None
    if not milliseconds.is_finite() or milliseconds <= 0 or milliseconds != int(milliseconds):
        return None
    below = Duration(int(milliseconds))
    shortest = repr(below.seconds)
    return str(below) if le in {shortest, shortest.removesuffix(".0")} else None


def _availability(part: promql.Expr, total: promql.Expr, name: str) -> Indicator | None:
    """The samples of a 0/1 gauge: all of them minus their sum, out of all of them."""
    counts = query.counted(total)
    part = query.bare(part)
    if name == "bad":
        if not isinstance(part, promql.BinaryExpr) or str(part.op) != "-" or part.modifier:
            return None
        if query.counted(part.lhs) != counts:
            return None
        part = part.rhs
    ones = query.counted(part)
    if not counts or not ones or (counts.function, ones.function) != ("count_over_time", "sum_over_time"):
        return None
    if (ones.selector, ones.by) != (counts.selector, counts.by):
        return None
    return {"availability": {"metric": str(counts.selector)}}


def _missing_share(expr: promql.Expr) -> Selector | None:
    """The gauge of ``1 - avg_over_time(gauge[$window])``, if its name is that of a 0/1 gauge."""
    expr = query.bare(expr)
    if not isinstance(expr, promql.BinaryExpr) or str(expr.op) != "-":
        return None
    one, average = query.bare(expr.lhs), query.bare(expr.rhs)
    if not isinstance(one, promql.NumberLiteral) or one.val != 1:
        return None
    if isinstance(average, promql.AggregateExpr) and str(average.op) == "avg" and average.modifier is None:
        average = query.bare(average.expr)
    if not isinstance(average, promql.Call) or average.func.name != "avg_over_time":
        return None
    gauge = query.windowed_selector(query.bare(average.args[0]))
    return gauge if gauge and _BOOLEAN.search(gauge.metric) else None
