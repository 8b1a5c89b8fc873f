"""From what a user calls good or bad to two rates Prometheus can count.

Every kind but the composite ends as an :class:`~fireline.slo.model.Indicator`: a total and a part per
second, one series per group, so that the rest of the room knows one shape only. What is measured in
time (a gauge, a free ratio) counts seconds as its events.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from fireline.api.slo import Spec
from fireline.api.slo_indicator import Availability, ErrorRatio, Events, Latency, Ratio, Synthetic, Threshold
from fireline.errors import SpecError
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, aggregated, nested, number, selector
from fireline.promql.selectors import Selector, parse_selector
from fireline.slo.model import Indicator

_OPERATORS = {"LessThan": "<", "LessOrEqual": "<=", "GreaterThan": ">", "GreaterOrEqual": ">="}
LOOK_SECONDS = 60
"""Seconds between two looks at a gauge when its history is counted exactly."""
_RATIO_LOOK = 300
"""The same for a free ratio, which is read over five minutes."""

CHECK_RUNS = "fireline_check_runs_total"
CHECK_DEGRADED = "fireline_check_degraded_total"
_MEASURED = "success|failure|error"
"""Outcomes of a check that say something about the target; `infra` and `skipped` were never measured."""


def build_indicator(spec: Spec, namespace: str) -> tuple[Indicator, Indicator] | None:
    """How rules count, and how exact figures count over any stretch of time; None for a composite.

    Raises PromQLError when a selector does not parse (reported earlier, with its path, by ``checks``).
    """
    kind, groups = spec.indicator, tuple(spec.group_by or ())
    if kind.ratio is not None:
        return _twice(_ratio(kind.ratio, groups))
    if kind.latency is not None:
        return _twice(_latency(kind.latency, groups))
    if kind.availability is not None:
        return _availability(kind.availability, groups)
    if kind.synthetic is not None:
        return _twice(_synthetic(kind.synthetic, namespace, groups))
    if kind.threshold is not None:
        return _threshold(kind.threshold, groups)
    if kind.error_ratio is not None:
        return _error_ratio(kind.error_ratio, groups)
    return None


def _twice(indicator: Indicator) -> tuple[Indicator, Indicator]:
    return indicator, indicator


def _ratio(ratio: Ratio, groups: tuple[str, ...]) -> Indicator:
    part = ratio.bad if ratio.bad is not None else ratio.good
    if part is None:
        raise SpecError("exactly one of bad and good must be set")
    return Indicator(
        total=_rate(ratio.total, groups),
        part=_rate(part, groups),
        counts="Bad" if ratio.bad is not None else "Good",
        presence=_presence(ratio.total),
    )


def _rate(events: Events, groups: tuple[str, ...]) -> str:
    if events.metric is not None:
        return f"{aggregated('sum', groups)}(rate({parse_selector(events.metric)}[{WINDOW}]))"
    return f"{aggregated('sum', groups)}{nested(events.query or '')}"


def _presence(events: Events) -> str:
    if events.metric is not None:
        return f"group({parse_selector(events.metric)})"
    return f"group{nested((events.query or '').replace(WINDOW, '5m'))}"


def _latency(latency: Latency, groups: tuple[str, ...]) -> Indicator:
    histogram, added = parse_selector(latency.histogram), aggregated("sum", groups)
    bound = Duration.parse(latency.below).seconds
    if latency.type == "Native":
        rate = f"{added}(rate({histogram}[{WINDOW}]))"
        total = f"histogram_count({rate})"
        return Indicator(
            total=total,
            part=f"histogram_fraction(-Inf, {_bounds(bound)[0]}, {rate}) * {total}",
            counts="Below",
            presence=f"group({histogram})",
            native=True,
        )
    count = histogram.renamed(f"{histogram.metric}_count")
    return Indicator(
        total=f"{added}(rate({count}[{WINDOW}]))",
        part=f"{added}(rate({bucket_selector(histogram, bound)}[{WINDOW}]))",
        counts="Below",
        presence=f"group({count})",
    )


def bucket_selector(histogram: Selector, bound: float) -> Selector:
    """The ``_bucket`` series of a classic histogram at a bound in seconds.

    Prometheus 3 writes an integer bound as ``1.0`` and Prometheus 2 as ``1``: both match.
    """
    escaped = "|".join(text.replace(".", r"\.").replace("+", r"\+") for text in _bounds(bound))
    return histogram.renamed(f"{histogram.metric}_bucket").matching("le", "=~", escaped)


def _bounds(seconds: float) -> list[str]:
    """The ways a bucket bound is written, shortest first."""
    shortest = repr(seconds)
    return [shortest.removesuffix(".0"), shortest] if shortest.endswith(".0") else [shortest]


def _availability(availability: Availability, groups: tuple[str, ...]) -> tuple[Indicator, Indicator]:
    """Samples of a 0/1 gauge: each scrape is an event, good when it was 1.

    A single NaN makes the sum over its window NaN, and that the sum of all targets: in rules, whose
    windows are short, such a target is not counted until the NaN has left the window. Exact figures say
    that they are unknown.
    """
    gauge, added = parse_selector(availability.metric), aggregated("sum", groups)
    scrapes, up = f"count_over_time({gauge}[{WINDOW}])", f"sum_over_time({gauge}[{WINDOW}])"
    counted = Indicator(
        total=f"{added}({scrapes}) / $seconds",
        part=f"{added}({up}) / $seconds",
        counts="Good",
        presence=f"group({gauge})",
        joined=False,
    )
    rules = replace(
        counted,
        total=f"{added}({scrapes} and {up} >= 0) / $seconds",
        part=f"{added}({up} >= 0) / $seconds",
    )
    return rules, counted


def _synthetic(synthetic: Synthetic, namespace: str, groups: tuple[str, ...]) -> Indicator:
    """Runs of a check, whatever is scraped how often. Runs that measured nothing are not counted."""
    check = {"namespace": namespace, "check": synthetic.check}
    runs = parse_selector(selector(CHECK_RUNS, check))
    if synthetic.measure == "Latency":
        total, bad = runs.matching("outcome", "=", "success"), runs.renamed(CHECK_DEGRADED)
    else:
        total = runs.matching("outcome", "=~", _MEASURED)
        bad = runs.matching("outcome", "=~", "failure|error")
    added = aggregated("sum", groups)
    return Indicator(
        total=f"{added}(rate({total}[{WINDOW}]))",
        part=f"{added}(rate({bad}[{WINDOW}]))",
        counts="Bad",
        presence=f"group({total})",
    )


def _threshold(threshold: Threshold, groups: tuple[str, ...]) -> tuple[Indicator, Indicator]:
    """Moments at which the value was on the right side. Comparing with -Inf drops NaN, which is neither."""
    query = nested(threshold.query)
    total = f"{aggregated('count', groups)}({query} >= -Inf)"
    # As written it could be an octal number to Prometheus: 010 is 8.
    limit = number(Decimal(threshold.value))
    good = f"{aggregated('sum', groups)}({query} {_OPERATORS[threshold.operator]} bool {limit})"
    rules = Indicator(
        total=total, part=good, counts="Good", presence=f"group{query}", points=True, joined=False
    )
    return rules, _looked_at(rules, LOOK_SECONDS)


def _error_ratio(ratio: ErrorRatio, groups: tuple[str, ...]) -> tuple[Indicator, Indicator]:
    """A share of bad events whose events are unknown: every second counts alike.

    0/0 is NaN: nothing happened, so nothing is counted, but the data is there.
    """
    query, each = nested(ratio.query), aggregated("group", groups)
    rules = Indicator(
        total=f"({each}({query} >= 0 < Inf) or 0 * {each}{query})",
        part=f"clamp_max({aggregated('avg', groups)}({query} >= 0 < Inf), 1)",
        counts="Bad",
        presence=f"group{nested(ratio.query.replace(WINDOW, '5m'))}",
        joined=False,
    )
    return rules, _looked_at(rules, _RATIO_LOOK)


def _looked_at(rules: Indicator, seconds: int) -> Indicator:
    """The same over a stretch of time, looked at every so many seconds."""
    step = Duration.of(seconds=seconds)

    def each(moment: str) -> str:
        read = moment.replace(WINDOW, str(step))
        return f"sum_over_time(({read})[{WINDOW}:{step}]) * {seconds} / $seconds"

    return Indicator(
        total=each(rules.total),
        part=each(rules.part),
        counts=rules.counts,
        presence=rules.presence,
        joined=False,
    )
