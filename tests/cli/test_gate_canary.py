"""Is a canary worse? The statistics against published and exactly computed values, and the judgement."""

from __future__ import annotations

import asyncio
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.objects import an_slo, latency

from fireline.api.metrics import Sample
from fireline.cli.gating.canary import Demand, judge
from fireline.cli.gating.checks import Missing
from fireline.cli.gating.counting import Events, count
from fireline.cli.gating.narrowing import matchers, narrowed
from fireline.cli.gating.statistics import Counts, difference, one_sided, wilson
from fireline.errors import PromQLError, SpecError
from fireline.prometheus.memory import InMemorySource
from fireline.promql.durations import Duration

BOTH_SIDES_95 = one_sided(0.975)
DEMAND = Demand(tolerance=0.5, min_events=100, confidence=95)


@pytest.mark.parametrize(
    ("canary", "baseline", "low", "high"),
    [
        (Counts(56, 70), Counts(48, 80), 0.0524, 0.3339),
        (Counts(9, 10), Counts(3, 10), 0.1705, 0.8090),
        (Counts(5, 56), Counts(0, 29), -0.0381, 0.1926),
        (Counts(0, 10), Counts(0, 20), -0.1611, 0.2775),
        (Counts(10, 10), Counts(0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_is_that_of_newcombes_paper(canary: Counts, baseline: Counts, low: float, high: float):
    """Statistics in Medicine 17:873 (1998), table II, method 10."""
    assert difference(canary, baseline, BOTH_SIDES_95) == pytest.approx((low, high), abs=5e-5)


def test_no_bad_event_does_not_mean_no_doubt():
    low, high = wilson(Counts(0, 100), one_sided(0.95))

    assert low == 0
    assert high == pytest.approx(2.7055 / 102.7055, abs=1e-4)


counts = st.integers(1, 5000).flatmap(
    lambda total: st.integers(0, total).map(lambda bad: Counts(float(bad), float(total)))
)


@given(canary=counts, baseline=counts)
def test_the_interval_holds_the_difference_and_mirrors_when_the_sides_are_swapped(
    canary: Counts, baseline: Counts
):
    low, high = difference(canary, baseline, 1.645)

    assert -1 - 1e-12 <= low <= canary.share - baseline.share <= high <= 1 + 1e-12
    assert difference(baseline, canary, 1.645) == pytest.approx((-high, -low))


@given(canary=counts, baseline=counts, times=st.integers(2, 50))
def test_more_events_of_the_same_kind_tell_more(canary: Counts, baseline: Counts, times: int):
    more = [Counts(side.bad * times, side.total * times) for side in (canary, baseline)]
    narrow, wide = difference(*more, 1.645), difference(canary, baseline, 1.645)

    assert narrow[1] - narrow[0] < wide[1] - wide[0]


@given(canary=counts, baseline=counts, tolerance=st.floats(0, 50))
def test_an_answer_never_contradicts_what_was_seen(canary: Counts, baseline: Counts, tolerance: float):
    state = judge("a", canary, baseline, Demand(tolerance, 1, 95)).state
    seen = 100 * (canary.share - baseline.share)

    assert state != "Failed" or seen > tolerance
    assert state != "Passed" or seen <= tolerance


def binomial(total: int, share: float) -> list[float]:
    """Probability of each number of bad events."""
    return [math.comb(total, bad) * share**bad * (1 - share) ** (total - bad) for bad in range(total + 1)]


@pytest.mark.parametrize(("events", "baseline_share"), [(150, 0.05), (60, 0.2)])
def test_a_canary_exactly_at_the_tolerance_is_judged_wrongly_as_seldom_as_promised(
    events: int, baseline_share: float
):
    """Every possible outcome, weighted by its exact probability: no simulation."""
    tolerance = 0.05
    wrong = {"Passed": 0.0, "Failed": 0.0, "Unknown": 0.0}
    canaries = binomial(events, baseline_share + tolerance)
    baselines = binomial(events, baseline_share)
    z = one_sided(0.95)
    for bad_1, chance_1 in enumerate(canaries):
        for bad_2, chance_2 in enumerate(baselines):
            low, high = difference(Counts(bad_1, events), Counts(bad_2, events), z)
            state = "Failed" if low > tolerance else "Passed" if high <= tolerance else "Unknown"
            wrong[state] += chance_1 * chance_2

    assert sum(wrong.values()) == pytest.approx(1)
    assert 0.01 < wrong["Passed"] < 0.065
    assert 0.01 < wrong["Failed"] < 0.065


@pytest.mark.parametrize(
    ("canary", "baseline", "state", "words"),
    [
        (
            Counts(30, 3000),
            Counts(300, 30_000),
            "Passed",
            "not worse: canary 1 % bad of 3000, baseline 1 % bad of 30000",
        ),
        (
            Counts(0, 3000),
            Counts(300, 30_000),
            "Passed",
            "by -1 percentage points, with 95 % confidence at most -0.",
        ),
        (Counts(150, 3000), Counts(300, 30_000), "Failed", "worse: canary 5 % bad of 3000"),
        (Counts(2, 120), Counts(300, 30_000), "Unknown", "the canary may be anything from "),
        (
            Counts(0, 99),
            Counts(300, 30_000),
            "Unknown",
            "canary: only 99 events, 100 are needed (--min-events)",
        ),
        (Counts(99, 99), Counts(0, 30_000), "Unknown", "canary: only 99 events"),
        (Counts(30, 3000), Counts(0, 20), "Unknown", "baseline: only 20 events"),
        (Missing("no series for x"), Counts(0, 200), "Unknown", "canary: no series for x"),
        (
            Counts(0, 200),
            Missing("no events in the last 15m"),
            "Unknown",
            "baseline: no events in the last 15m",
        ),
    ],
)
def test_the_judgement(canary: Counts | Missing, baseline: Counts | Missing, state: str, words: str):
    check = judge("checkout", canary, baseline, DEMAND)

    assert check.state == state
    assert words in check.message
    assert check.wanted == "at most 0.5 percentage points worse than the baseline"


def test_confidence_decides_how_much_must_be_known():
    canary, baseline = Counts(24, 1000), Counts(100, 10_000)

    assert judge("a", canary, baseline, Demand(0.5, 100, 95)).state == "Failed"
    assert judge("a", canary, baseline, Demand(0.5, 100, 99.9)).state == "Unknown"


@pytest.mark.parametrize(
    ("share", "tolerance"), [(0.001, 0.1), (0.001, 0.5), (0.01, 0.5), (0.01, 1), (0, 0.5)]
)
def test_the_rule_of_thumb_of_the_docs_says_how_many_events_are_needed(share: float, tolerance: float):
    """2.7 (p + t) / t² events, with shares instead of percentage points; docs/how-to/gate-a-pipeline.md."""
    needed = 2.7 * (share + tolerance / 100) / (tolerance / 100) ** 2
    baseline, demand = Counts(share * 1e7, 1e7), Demand(tolerance, 1, 95)

    assert judge("a", Counts(share * needed * 1.05, needed * 1.05), baseline, demand).state == "Passed"
    assert judge("a", Counts(share * needed * 0.95, needed * 0.95), baseline, demand).state == "Unknown"


RATIO = Events("total[$window]", "bad[$window]", "Bad")


def counted(answers: dict[str, float], events: Events = RATIO) -> Counts | Missing:
    """Counts over 10 minutes of a source that answers per-second rates by the metric's name."""

    def answer(query: str, _: object) -> list[Sample]:
        names = re.findall(r"sum\((\w+)\[10m\]\n\) \* 600", query)
        assert len(names) == 2, "both in one question, so that they are of one moment"
        kinds = zip(("total", "part"), names, strict=True)
        return [Sample({"counted": kind}, answers[name] * 600, 0) for kind, name in kinds if name in answers]

    return asyncio.run(count(InMemorySource(answer), events, Duration.parse("10m")))


def test_events_are_rates_times_seconds():
    assert counted({"total": 2, "bad": 0.5}) == Counts(300, 1200)
    assert counted({"total": 2, "bad": 0.5}, Events("total[$window]", "bad[$window]", "Good")) == Counts(
        900, 1200
    )
    assert counted({"total": 2, "bad": 0.5}, Events("total[$window]", "bad[$window]", "Below")) == Counts(
        900, 1200
    )


def test_errors_that_never_happened_are_none_and_good_events_that_never_happened_are_all_bad():
    assert counted({"total": 2}) == Counts(0, 1200)
    assert counted({"total": 2}, Events("total[$window]", "good[$window]", "Good")) == Counts(1200, 1200)


def test_a_missing_bucket_is_missing_and_not_slow():
    missing = counted({"total": 2}, Events("total[$window]", "below[$window]", "Below"))

    assert isinstance(missing, Missing)
    assert "no bucket at the limit" in missing.why


@pytest.mark.parametrize("total", [0, math.nan, math.inf])
def test_no_traffic_is_missing(total: float):
    assert counted({"total": total}) == Missing("no events in the last 10m")


def test_no_series_are_missing():
    assert counted({}) == Missing("no series for total[10m]")


def test_more_bad_events_than_events_are_clamped():
    assert counted({"total": 2, "bad": 3}) == Counts(1200, 1200)


def test_both_sides_of_a_ratio_and_of_a_latency_are_narrowed():
    side = matchers('track="canary", region=~"eu-.*"')
    ratio = narrowed(an_slo(), side)["spec"]["indicator"]["ratio"]
    slow = narrowed(an_slo(latency(histogram="h{a='b'}")), side)["spec"]["indicator"]["latency"]

    assert all('region=~"eu-.*",' in ratio[part]["metric"] for part in ("bad", "total"))
    assert all('track="canary"' in ratio[part]["metric"] for part in ("bad", "total"))
    assert slow["histogram"] == 'h{a="b",region=~"eu-.*",track="canary"}'


@pytest.mark.parametrize("text", ["", "canary", "track=", 'track="a"} or x{', '__name__="other"'])
def test_labels_that_are_none_are_refused(text: str):
    with pytest.raises(PromQLError):
        matchers(text)


@pytest.mark.parametrize(
    "indicator",
    [
        {"ratio": {"bad": {"query": "sum(rate(a[$window]))"}, "total": {"metric": "b"}}},
        {"threshold": {"query": "a", "operator": "LessThan", "value": "1"}},
    ],
)
def test_what_cannot_be_narrowed_points_to_the_queries(indicator: dict[str, object]):
    with pytest.raises(SpecError, match="give the queries themselves"):
        narrowed(an_slo({"spec.indicator": indicator}), matchers('a="b"'))
