"""Every kind of indicator and budgeting against events counted by hand, in Prometheus' own engine.

An outage of 20 minutes in two hours. Budget consumed is bad by total, divided by 0.001, times age by
window: with an age of 2 of 24 hours, an outage of everything consumes 20/120 / 0.001 * 2/24 = 13.9.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests import promtool
from tests.rules import kinds
from tests.rules.kinds import EU, slo

pytestmark = pytest.mark.bed

_OWN = [
    {"name": "Mine", "severity": "Page", "long": "45m", "short": "10m", "factor": "14.4"},
    {"name": "Share", "severity": "Ticket", "long": "90m", "short": "20m", "consumed": "10"},
    {"name": "Never", "severity": "Page", "long": "45m", "short": "10m", "factor": "300"},
]
_FLOW = {"synthetic": {"check": "flow"}}
_PROBE = {"availability": {"metric": "probe_success"}}
_LATENCY = {"latency": {"histogram": "duration_seconds", "below": "300ms"}}
_THRESHOLD = {"threshold": {"query": "max(queue_depth)", "operator": "LessThan", "value": "1000"}}
_FREE = {"errorRatio": {"query": 'rate(requests_total{code="500",region="eu"}[$window]) / 1'}}
_SLICES = {"budgeting": "Timeslices", "timeslice": {"length": "5m", "objective": "99"}}

SLOS = [
    slo("plain"),
    slo("eu", indicator=EU),
    slo("latency", indicator=_LATENCY),
    slo("probe", indicator=_PROBE),
    slo("probe-by-job", indicator=_PROBE, groupBy=["job"]),
    slo("queue", indicator=_THRESHOLD),
    slo("free", indicator=_FREE),
    slo("flow", indicator=_FLOW, objective="80"),
    slo("by-region", groupBy=["region"]),
    slo("by-region-total", groupBy=["region"], alerting={"per": "Total"}),
    slo("own", indicator=EU, alerting={"burnRates": _OWN}),
    slo("few", indicator=EU, alerting={"minEvents": "100000"}),
    slo("few-bad", indicator=EU, alerting={"minBadEvents": "7000"}),
    slo("enough", indicator=EU, alerting={"minEvents": "1000", "minBadEvents": "500"}),
    slo("slices", indicator=EU, **_SLICES),
    slo("queue-slices", indicator=_THRESHOLD, **_SLICES),
    slo("region-slices", groupBy=["region"], **_SLICES),
    slo(
        "weighted",
        indicator={
            "composite": {
                "method": "Weighted",
                "objectives": [{"name": "eu", "weight": "3"}, {"name": "plain"}],
            }
        },
    ),
    slo(
        "worst",
        indicator={"composite": {"method": "Worst", "objectives": [{"name": "eu"}, {"name": "plain"}]}},
    ),
    slo(
        "half-known",
        indicator={"composite": {"method": "Worst", "objectives": [{"name": "eu"}, {"name": "gone"}]}},
    ),
    slo(
        "repaired", indicator=EU, maintenance=[{"from": "1970-01-01T00:35:00Z", "to": "1970-01-01T01:05:00Z"}]
    ),
    slo(
        "repaired-queue",
        indicator=_THRESHOLD,
        maintenance=[{"cron": "35 0 * * *", "duration": "30m"}],
    ),
    slo("quiet", indicator=EU, alerting={"disabled": True}),
    slo("month", indicator=EU, window={"calendar": "Month"}),
]
END = kinds.MINUTES * 60
MINUTE = 60


@pytest.fixture(scope="module")
def answers() -> Mapping[str, list[promtool.Got]]:
    """Everything the tests look at, from one run."""
    asked = {
        "consumed": (END, "slo:error_budget_consumed:ratio"),
        "coverage": (END, "slo:coverage:ratio"),
        "burn1h": (90 * MINUTE, 'slo:burn_rate:ratio{window="1h"}'),
        "own windows": (90 * MINUTE, 'slo:burn_rate:ratio{window=~"45m|1h30m"}'),
        "groups": (END, "slo:bad:rate1d / slo:total:rate1d"),
        "5m": (50 * MINUTE, "slo:bad:rate5m / slo:total:rate5m"),
        "present 5m": (50 * MINUTE, "slo:total:rate5m"),
        "present 1h": (70 * MINUTE, "slo:bad:rate1h / slo:total:rate1h"),
    }
    firing = [(at, 'ALERTS{alertstate="firing"}') for at in range(0, END + 1, 2 * MINUTE)]
    rules = kinds.rules_of(kinds.compiled(SLOS))
    found = promtool.evaluate(rules, kinds.SERIES, [*asked.values(), *firing])
    alerts = [got for answer in found[len(asked) :] for got in answer]
    return {**dict(zip(asked, found, strict=False)), "alerts": alerts}


def of(answers: Mapping[str, list[promtool.Got]], name: str, slo: str, **labels: str) -> float:
    """The one value of an SLO."""
    found = [
        got.value
        for got in answers[name]
        if got.labels["slo"] == slo and all(got.labels.get(key) == value for key, value in labels.items())
    ]
    assert len(found) == 1, (name, slo, found)
    return found[0]


def tiers(answers: Mapping[str, list[promtool.Got]], slo: str, **labels: str) -> set[str]:
    """Every tier that ever fired for an SLO."""
    return {
        got.labels["slo_tier"]
        for got in answers["alerts"]
        if got.labels["slo"] == slo and all(got.labels.get(key) == value for key, value in labels.items())
    }


AGE = 2 / 24
EU_SHARE = 20 / 120 / 2
"""Half of eu's requests for 20 of 120 minutes."""


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("plain", EU_SHARE / 4),  # eu has a quarter of the traffic
        ("eu", EU_SHARE),
        ("latency", EU_SHARE),
        ("probe", 20 / 120 / 2),  # one of two probes
        ("probe-by-job", 20 / 120 / 2),
        ("queue", 20 / 120),
        ("free", 20 / 120 * 0.5),  # 15 per 30 s are 0.5 per second
        ("by-region", EU_SHARE / 4),
        ("by-region-total", EU_SHARE / 4),
        ("slices", 20 / 120),
        ("queue-slices", 20 / 120),
        ("region-slices", 20 / 120 / 2),  # every slice of one of two regions
        ("quiet", EU_SHARE),
        ("own", EU_SHARE),
    ],
)
def test_the_budget_consumed_is_what_was_counted_by_hand(answers, name, share):
    # promtool knows no group intervals: windows are sums over overlapping slices, which blurs the edges.
    edge = 0.25 if name.endswith("slices") else 0.06
    assert of(answers, "consumed", name) == pytest.approx(share / 0.001 * AGE, rel=edge)


def test_runs_that_measured_nothing_are_not_counted(answers):
    assert of(answers, "consumed", "flow") == pytest.approx(20 / 120 / 0.2 * AGE, rel=0.03)


def test_a_calendar_budget_is_the_whole_periods(answers):
    """2 of 744 hours of January are over."""
    assert of(answers, "consumed", "month") == pytest.approx(EU_SHARE / 0.001 * 2 / 744, rel=0.05)


def test_groups_are_recorded_each_and_together(answers):
    assert of(answers, "groups", "by-region", region="eu") == pytest.approx(EU_SHARE, rel=0.03)
    assert of(answers, "groups", "by-region", region="us") == 0
    assert of(answers, "5m", "by-region", region="eu") == pytest.approx(0.5)


def test_burn_alerts_fire_for_the_group_that_burns(answers):
    assert "PageFast" in tiers(answers, "by-region", region="eu")
    assert tiers(answers, "by-region", region="us") == set()
    assert "PageFast" in tiers(answers, "by-region-total")
    assert tiers(answers, "by-region-total", region="eu") == set()


def test_own_tiers_replace_the_standard_ones_with_windows_of_their_own(answers):
    assert tiers(answers, "own") - {"Budget50", "Exhausted"} == {"Mine", "Share"}
    # At minute 90 the last 45 hold 15 of the 20 minutes, the last 90 all of them.
    assert of(answers, "own windows", "own", window="45m") == pytest.approx(15 / 45 / 2 / 0.001, rel=0.05)
    assert of(answers, "own windows", "own", window="1h30m") == pytest.approx(20 / 90 / 2 / 0.001, rel=0.05)


def test_burn_alerts_are_silent_below_the_events_asked_for(answers):
    """In an hour eu has 3,600 events, and 600 bad ones; sums of slices are tenfold here, where promtool
    evaluates them every 30 s."""
    burn = {"PageFast", "PageSlow", "TicketFast", "TicketSlow"}
    assert not tiers(answers, "few") & burn
    assert not tiers(answers, "few-bad") & burn
    assert "PageFast" in tiers(answers, "enough")


def test_a_composite_is_made_of_its_members_figures(answers):
    eu, plain = (of(answers, "consumed", name) for name in ("eu", "plain"))
    assert of(answers, "consumed", "weighted") == pytest.approx((3 * eu + plain) / 4, rel=0.01)
    assert of(answers, "consumed", "worst") == pytest.approx(eu, rel=0.01)
    eu, plain = (of(answers, "burn1h", name) for name in ("eu", "plain"))
    assert of(answers, "burn1h", "weighted") == pytest.approx((3 * eu + plain) / 4, rel=0.01)
    assert of(answers, "burn1h", "worst") == pytest.approx(eu, rel=0.01)
    assert of(answers, "coverage", "worst") == of(answers, "coverage", "eu")
    assert "PageFast" in tiers(answers, "worst")


def test_a_composite_with_a_member_that_was_never_seen_has_no_budget(answers):
    assert not [got for got in answers["consumed"] if got.labels["slo"] == "half-known"]


@pytest.mark.parametrize("name", ["repaired", "repaired-queue"])
def test_maintenance_leaves_no_trace_in_budget_and_alerts(answers, name):
    assert of(answers, "consumed", name) == 0
    assert tiers(answers, name) == set()


def test_within_and_after_maintenance_no_window_holds_what_it_excludes(answers):
    assert not [got for got in answers["present 5m"] if got.labels["slo"] == "repaired"]
    assert of(answers, "present 1h", "repaired") == 0
    assert of(answers, "present 1h", "eu") > 0.1


def test_without_alerts_there_are_none(answers):
    assert tiers(answers, "quiet") == set()
