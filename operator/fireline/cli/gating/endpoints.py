"""``gate performance``, endpoints: are p50, p95, p99 within their limits? Pure.

k6 says how long a percentile took. A classic histogram cannot: it knows how many requests stayed
below a bound. So Prometheus is asked what the limit really says, whether N percent of the requests
took at most so long, which is exact; the SLO of the same limit judges alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.cli.gating.checks import Check, Missing, Subject, at_most, judged, unknown
from fireline.cli.gating.k6 import Metric, Summary
from fireline.cli.gating.statistics import Counts
from fireline.cli.gating.words import milliseconds, percentage
from fireline.cli.performance.objectives import Limit
from fireline.cli.performance.percentiles import percent

PART = "endpoints"
_ROUNDING = 1e-9
"""In percent: exactly 95 of 100 must not fail for the last bit of a float."""


def subject(limit: Limit, source: str) -> Subject:
    """``createEvent p95 in summary.json``."""
    return Subject(PART, f"{limit.endpoint.name} {limit.percentile}", source)


def judge_k6(limit: Limit, summaries: Mapping[str, Summary]) -> list[Check]:
    """A limit against k6 summaries by name: one judgement for each that measured it.

    Several runs may cover the endpoints between them; what none of them measured is Unknown. Raises
    SpecError when the endpoint's ``k6`` is no metric.
    """
    metric = Metric.parse(limit.endpoint.k6 or f"http_req_duration{{name:{limit.endpoint.name}}}")
    measured = {name: summary.percentile(metric, limit.percentile) for name, summary in summaries.items()}
    none: dict[str, float | Missing] = {", ".join(measured): next(iter(measured.values()))}
    there = {name: value for name, value in measured.items() if not isinstance(value, Missing)} or none
    most = limit.below.milliseconds
    return [
        at_most(subject(limit, name), value, most, unit="ms", words=milliseconds)
        for name, value in there.items()
    ]


def judge_counts(
    limit: Limit, counts: Counts | Missing, source: str, *, min_events: float, about: float | None
) -> Check:
    """A limit against requests counted in a histogram.

    ``counts`` has the slow requests as bad. ``about`` is Prometheus' own estimate of the percentile in
    milliseconds, which only illustrates: it is interpolated between two bounds.
    """
    least = float(percent(limit.percentile))
    wanted = f"{percentage(least)} within {limit.below}"
    one = subject(limit, source)
    if isinstance(counts, Missing):
        return unknown(one, counts.why, wanted=wanted, limit=least, unit="%")
    if counts.total < min_events:
        why = f"only {counts.total:.0f} requests, {min_events:.0f} are needed (--min-events)"
        return unknown(one, why, wanted=wanted, limit=least, unit="%")
    near = "" if about is None else f" ({limit.percentile} about {milliseconds(about)})"
    within = 100 * (1 - counts.share)

    def words(value: float) -> str:
        return f"{percentage(value)} within {limit.below}{near}"

    return judged(
        one, within >= least - _ROUNDING, value=within, limit=least, unit="%", words=words, wanted=wanted
    )


def not_measured(limit: Limit) -> Check:
    """The judgement of a limit for which no source was given."""
    why = "give --k6 FILE or --prometheus URL, or judge other parts with --only"
    return unknown(subject(limit, ""), why, wanted=f"at most {limit.below}", unit="ms")
