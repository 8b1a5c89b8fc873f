"""What series are, against what is done with them: rates of counters, values of gauges, shares of a total."""

from __future__ import annotations

from fireline.api.issues import Issue
from fireline.api.slo import Spec
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.parts import INDICATOR, Part
from fireline.promql.durations import Duration
from fireline.promql.parse import aggregates
from fireline.promql.selectors import parse_selector
from fireline.slo.model import Indicator, over

_COMPARED = Duration.of(hours=1)
_TOLERANCE = 1.02
"""Two rates of the same events differ a little, since their series begin and end at other moments."""


async def rates(part: Part, catalog: Catalog) -> list[Issue]:
    """A rate of something that only looks like a counter."""
    issues = []
    for metric in dict.fromkeys(part.rates):
        recorded = next((rule for rule in await catalog.recorded_by(metric) if aggregates(rule)), None)
        if recorded is not None:
            words = (
                f"takes a rate over {metric}, which a rule records as {_short(recorded)}: when one of the "
                "series in it restarts, the rate counts a jump that never happened; use the counters "
                "themselves"
            )
            issues.append(Issue("RateOfAggregate", part.at, words))
        elif await catalog.kinds(metric) == {"gauge"}:
            words = (
                f"takes a rate over {metric}, which its target declares to be a gauge: each fall of it would "
                "count as a reset; use a counter, or the indicator threshold or availability for a gauge"
            )
            issues.append(Issue("NotACounter", part.at, words))
    return issues


async def gauge(spec: Spec, catalog: Catalog) -> list[Issue]:
    """An availability that is not told by 0 and 1."""
    if spec.indicator.availability is None:
        return []
    at = (*INDICATOR, "availability", "metric")
    selector = parse_selector(spec.indicator.availability.metric)
    if await catalog.kinds(selector.metric) == {"counter"}:
        words = (
            "is a counter to its target, and availability needs a gauge of 0 and 1; use ratio for counters"
        )
        return [Issue("NotAGauge", at, f"{selector.metric} {words}")]
    other = await catalog.value(f"topk(1, {selector} != 0 != 1)")
    if other is not None:
        words = (
            f"is {other:g} now, and availability needs 0 (bad) and 1 (good); for other values use threshold"
        )
        return [Issue("NotABoolean", at, f"{selector.metric} {words}")]
    return []


async def free_ratio(spec: Spec, part: Part, catalog: Catalog) -> list[Issue]:
    """A ratio that is no share, mostly a percentage."""
    if spec.indicator.error_ratio is None:
        return []
    value = await catalog.value(f"topk(1, ({part.expression}\n) > 1 or ({part.expression}\n) < 0)")
    if value is None:
        return []
    return [
        Issue("NotARatio", part.at, f"yields {value:g} now; it must be a share of bad events between 0 and 1")
    ]


async def subset(spec: Spec, indicator: Indicator | None, found: list[Part], catalog: Catalog) -> list[Issue]:
    """Events that part counts and total does not: series of its own, or simply more of them."""
    if spec.indicator.ratio is None or indicator is None or len(found) != 2:
        return []
    total, part = found
    name = str(part.at[-2])
    mine, all_ = part.selectors, total.selectors
    if part.at[-1] == total.at[-1] == "metric" and mine[0].metric == all_[0].metric:
        alone = await catalog.samples(f"topk(1, {mine[0]} unless {all_[0]})")
        if alone:
            labels = ", ".join(
                f'{key}="{value}"' for key, value in alone[0].labels.items() if key != "__name__"
            )
            words = f"counts series that total does not, such as {labels}; repeat the matchers of total"
            return [Issue("NotASubset", part.at, words)]
    rates_ = [f"({over(rate, _COMPARED)}\n)" for rate in (indicator.part, indicator.total)]
    more = await catalog.samples(f"topk(1, {rates_[0]} > {_TOLERANCE} * {rates_[1]})")
    if not more:
        return []
    counted = await catalog.value(rates_[1]) if not spec.group_by else None
    beside = "" if counted is None else f" and total {counted:.3g}"
    words = (
        f"counts more than total: over the last {_COMPARED} {name} {more[0].value:.3g} a second{beside}; "
        f"every {name} event must be one of total"
    )
    return [Issue("NotASubset", part.at, words)]


def _short(expression: str) -> str:
    text = " ".join(expression.split())
    return text if len(text) <= 100 else f"{text[:100]}…"
