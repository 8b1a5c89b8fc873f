"""Whatever is missing makes Unknown; True and False are said only of what is fresh."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.api.metrics import Sample
from fireline.mitigation.questions import AskedAlert, Question
from fireline.mitigation.verdicts import (
    Facts,
    Figure,
    FiringAlert,
    Rules,
    RuleSeen,
    Verdict,
    of_alert,
    of_check,
    of_query,
    read,
    with_traffic,
)

NOW = 1_700_000_000.0
CHECKOUT = ("shop", "checkout")
LABELS = {"namespace": "shop", "slo": "checkout", "slo_tier": "PageFast"}
BY_SLO = Question("default", alert=AskedAlert(None, tuple(LABELS.items()), slo=CHECKOUT))
BY_ALERT = Question("default", alert=AskedAlert("High", (("team", "pay"),)))
PAGE = {"alertname": "SLOErrorBudgetBurnPage", **LABELS, "severity": "critical"}
HIGH = {"alertname": "High", "team": "pay", "pod": "a-1"}


def facts(**changes) -> Facts:
    """Nothing fires, the SLO has 20 requests per second as of ten seconds ago, and the rule is fine."""
    rule = RuleSeen("High", {"team": "pay"}, "ok", interval=15.0, evaluated=NOW - 5)
    fields = {
        "now": NOW,
        "totals": {CHECKOUT: Figure(20.0, NOW - 10)},
        "rules": Rules(at=NOW, rules=(rule,)),
    }
    return Facts(**(fields | changes))


def firing(labels, *, age=5.0, since=NOW - 60):
    return FiringAlert(labels, NOW - age, since)


def a_rule(**changes) -> Rules:
    rule = RuleSeen("High", {"team": "pay"}, "ok", interval=15.0, evaluated=NOW - 5)
    return Rules(at=NOW, rules=(replace(rule, **changes),))


def said(verdict: Verdict) -> tuple[str, str]:
    return verdict.state, verdict.reason


# An SLO


def test_a_page_that_fires_is_true_and_tells_since_when():
    found = of_alert(BY_SLO, facts(alerts=(firing(PAGE),)))
    assert said(found) == ("True", "Firing")
    assert found.message == "tier PageFast of SLO shop/checkout fires since 2023-11-14T22:12:20Z"
    assert found.since == NOW - 60
    assert found.details == PAGE


def test_an_slo_that_is_measured_and_does_not_page_is_false():
    found = of_alert(BY_SLO, facts())
    assert said(found) == ("False", "Silent")
    assert found.message == "tier PageFast of SLO shop/checkout does not fire, at 20 requests per second"


def test_another_tier_or_another_slo_that_fires_is_not_this_one():
    others = [firing(PAGE | {"slo_tier": "PageSlow"}), firing(PAGE | {"slo": "cart"})]
    assert of_alert(BY_SLO, facts(alerts=tuple(others))).state == "False"


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        (None, "NoData"),
        (Figure(None, NOW), "NoData"),
        (Figure(20.0, None), "NoData"),
        (Figure(math.nan, NOW), "NotANumber"),
        (Figure(math.inf, NOW), "NotANumber"),
        (Figure(20.0, NOW - 61), "Stale"),
        (Figure(0.0, NOW), "NoTraffic"),
    ],
)
def test_an_slo_that_is_not_measured_is_not_healthy_because_it_is_silent(figure, reason):
    totals = {} if figure is None else {CHECKOUT: figure}
    assert said(of_alert(BY_SLO, facts(totals=totals))) == ("Unknown", reason)


def test_a_page_that_fires_needs_no_figures_unless_traffic_is_asked_for():
    seen = facts(alerts=(firing(PAGE),), totals={})
    assert of_alert(BY_SLO, seen).state == "True"
    wants = replace(BY_SLO, traffic=CHECKOUT, least=Decimal(1))
    assert said(of_alert(wants, seen)) == ("Unknown", "NoData")


def test_what_a_prometheus_that_has_stopped_evaluating_still_shows_is_stale():
    found = of_alert(BY_SLO, facts(alerts=(firing(PAGE, age=121),)))
    assert said(found) == ("Unknown", "Stale")


@pytest.mark.parametrize(("traffic", "state"), [(0.5, "Unknown"), (1.0, "True"), (20.0, "True")])
def test_too_little_traffic_neither_triggers(traffic, state):
    wants = replace(BY_SLO, traffic=CHECKOUT, least=Decimal(1))
    seen = facts(alerts=(firing(PAGE),), totals={CHECKOUT: Figure(traffic, NOW)})
    assert of_alert(wants, seen).state == state


@pytest.mark.parametrize(("traffic", "state"), [(0.5, "Unknown"), (1.0, "False")])
def test_nor_recovers(traffic, state):
    wants = replace(BY_SLO, traffic=CHECKOUT, least=Decimal(1))
    found = of_alert(wants, facts(totals={CHECKOUT: Figure(traffic, NOW)}))
    assert found.state == state
    if state == "Unknown":
        assert found.message == (
            "SLO shop/checkout has 0.5 requests per second, and minTraffic is 1: too few to know"
        )


def test_a_tier_that_the_slo_does_not_have_is_told_with_those_it_has():
    rules = tuple(RuleSeen("SLOx", LABELS | {"slo_tier": one}, "ok", evaluated=NOW) for one in ("A", "B"))
    found = of_alert(BY_SLO, facts(rules=Rules(NOW, rules)))
    assert said(found) == ("Unknown", "NoSuchTier")
    assert found.message == "there is no tier PageFast of SLO shop/checkout: its alerts have tiers A, B"


def test_without_the_rules_api_what_an_slo_records_is_enough():
    assert of_alert(BY_SLO, facts(rules=Rules(NOW, error="404"))).state == "False"
    assert of_alert(BY_SLO, facts(rules=Rules(NOW, error="404"), alerts=(firing(PAGE),))).state == "True"


def test_an_alert_of_an_slo_that_cannot_be_evaluated_is_unknown():
    broken = RuleSeen("SLOErrorBudgetBurnPage", LABELS, "err", "many-to-many", evaluated=NOW)
    found = of_alert(BY_SLO, facts(rules=Rules(NOW, (broken,))))
    assert said(found) == ("Unknown", "RuleFails")
    assert "many-to-many" in found.message


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (Figure(0.999, NOW - 30), ("False", "Silent")),
        (Figure(0.999, NOW - 121), ("Unknown", "Stale")),
        (Figure(math.nan, NOW), ("Unknown", "NotANumber")),
    ],
)
def test_a_composite_is_judged_by_its_level(level, told):
    assert said(of_alert(BY_SLO, facts(totals={}, levels={CHECKOUT: level}))) == told


# Any alert


def test_an_alert_that_fires_with_these_labels_is_true_with_its_value():
    rules = a_rule(active=((HIGH, "2.13e+01"),))
    found = of_alert(BY_ALERT, facts(alerts=(firing(HIGH),), rules=rules))
    assert said(found) == ("True", "Firing")
    assert found.value == "21.3"
    assert found.message == 'alert High{team="pay"} fires since 2023-11-14T22:12:20Z with value 21.3'


def test_of_several_the_oldest_speaks():
    alerts = (firing(HIGH, since=NOW - 10), firing(HIGH | {"pod": "b"}, since=NOW - 90))
    found = of_alert(BY_ALERT, facts(alerts=alerts))
    assert found.since == NOW - 90
    assert found.message.endswith("and 1 more")


def test_an_alert_whose_rule_is_fine_and_that_does_not_fire_is_false():
    assert said(of_alert(BY_ALERT, facts())) == ("False", "Silent")


@pytest.mark.parametrize(
    ("rules", "reason", "words"),
    [
        (
            Rules(NOW),
            "NoSuchRule",
            'no rule of Prometheus can raise alert High{team="pay"}: is the name right?',
        ),
        (Rules(NOW, error="connection refused"), "RulesUnknown", "connection refused"),
        (a_rule(name="Low"), "NoSuchRule", "is the name right?"),
        (a_rule(labels={"team": "cart"}), "NoSuchRule", "is the name right?"),
        (a_rule(health="err", error="bad"), "RuleFails", "Prometheus cannot evaluate rule High: bad"),
        (a_rule(health="unknown"), "RuleNotEvaluated", "has not evaluated rule High yet"),
        (a_rule(evaluated=None), "RuleNotEvaluated", "has not evaluated rule High yet"),
        (a_rule(evaluated=NOW - 31), "RuleLate", "and its interval is 15 s"),
    ],
)
@pytest.mark.parametrize("fires", [False, True])
def test_an_alert_whose_rule_is_not_evaluated_is_unknown_whatever_is_shown(rules, reason, words, fires):
    found = of_alert(BY_ALERT, facts(rules=rules, alerts=(firing(HIGH),) if fires else ()))
    assert said(found) == ("Unknown", reason)
    assert words in found.message


def test_labels_that_a_rule_takes_from_its_series_or_a_template_may_be_the_wanted_ones():
    assert of_alert(BY_ALERT, facts(rules=a_rule(labels={}))).state == "False"
    assert of_alert(BY_ALERT, facts(rules=a_rule(labels={"team": "{{ $labels.team }}"}))).state == "False"


def test_a_sample_is_stale_after_two_intervals_of_its_rule():
    assert of_alert(BY_ALERT, facts(alerts=(firing(HIGH, age=30),))).state == "True"
    assert said(of_alert(BY_ALERT, facts(alerts=(firing(HIGH, age=31),)))) == ("Unknown", "Stale")


# A query


def sample(value, **labels):
    return Sample(labels, value, NOW)


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ([sample(1.0)], ("True", "NotZero")),
        ([sample(-0.5, pod="a")], ("True", "NotZero")),
        ([sample(0.0)], ("False", "Zero")),
        ([sample(-0.0)], ("False", "Zero")),
        ([], ("Unknown", "NoSample")),
        ([sample(1.0, pod="a"), sample(1.0, pod="b")], ("Unknown", "ManySamples")),
        ([sample(math.nan)], ("Unknown", "NotANumber")),
        ([sample(math.inf)], ("Unknown", "NotANumber")),
        ([sample(-math.inf)], ("Unknown", "NotANumber")),
    ],
)
def test_a_query_is_true_when_its_only_sample_is_not_zero(samples, told):
    assert said(of_query("", samples, [])) == told


@pytest.mark.parametrize(
    ("ages", "told"),
    [
        ([10.0], "True"),
        ([10.0, 1200.0], "True"),
        ([10.0, 1200.1], "Unknown"),
        ([math.nan], "Unknown"),
        ([], "Unknown"),
    ],
)
def test_a_query_that_reads_what_is_stale_or_gone_is_unknown(ages, told):
    found = of_query("ages", [sample(1.0)], [sample(one, read=str(at)) for at, one in enumerate(ages)])
    assert found.state == told


def test_no_sample_of_what_is_not_there_is_told_from_a_comparison_that_drops_it():
    assert said(of_query("ages", [], [])) == ("Unknown", "NoData")
    assert said(of_query("ages", [], [sample(10.0)])) == ("Unknown", "NoSample")


# A check

APPLIED = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_check(*runs):
    told = [{"startedAt": f"2026-11-22T{at}Z", "outcome": outcome} for at, outcome in runs]
    return {"status": {"lastRun": told[0], "history": told} if told else {}}


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (None, ("Unknown", "NoCheck")),
        ({}, ("Unknown", "NoRunYet")),
        (a_check(), ("Unknown", "NoRunYet")),
        (a_check(("11:59:59", "success")), ("Unknown", "NoRunYet")),
        (a_check(("12:00:00", "success")), ("Unknown", "NoRunYet")),
        (a_check(("12:00:01", "success")), ("True", "CheckRun")),
        (a_check(("12:00:01", "failure")), ("False", "CheckRun")),
        (a_check(("12:00:01", "error")), ("False", "CheckRun")),
        (a_check(("12:00:01", "infra")), ("Unknown", "CheckRun")),
        (a_check(("12:02:00", "success"), ("12:01:00", "failure")), ("True", "CheckRun")),
        (a_check(("12:01:00", "success"), ("12:02:00", "failure")), ("False", "CheckRun")),
    ],
)
def test_only_the_newest_run_that_began_after_the_change_counts(check, told):
    assert said(of_check("flow", check, APPLIED)) == told


def test_in_the_very_second_of_the_change_only_a_run_that_was_made_for_it_counts():
    check = a_check(("12:00:00.700", "success"))
    check["status"]["lastRun"]["job"] = "flow-1"
    assert said(of_check("flow", check, APPLIED, {"flow-2"})) == ("Unknown", "NoRunYet")
    assert said(of_check("flow", check, APPLIED, {"flow-1"})) == ("True", "CheckRun")


# What was asked, understood


def test_answers_are_told_apart_by_what_was_asked():
    seconds = Sample({"alertstate": "firing", **HIGH}, NOW - 3, NOW)
    began = Sample({"__name__": "ALERTS_FOR_STATE", **HIGH}, NOW - 70, NOW)
    slo = {"namespace": "shop", "slo": "checkout"}
    found = read(
        {
            "paging": [Sample({}, 0.0, NOW)],
            "firing 1": [seconds],
            "since 1": [began],
            "total 0": [Sample(slo, 20.0, NOW)],
            "total_at 0": [Sample(slo, NOW - 4, NOW)],
            "level 0": [],
        },
        Rules(),
    )
    assert found.now == NOW
    assert [(one.at, one.since) for one in found.alerts] == [(NOW - 3, NOW - 70)]
    assert found.totals == {CHECKOUT: Figure(20.0, NOW - 4)}
    assert found.levels == {}


FIGURES = st.one_of(
    st.none(), st.builds(Figure, st.none() | st.floats(), st.none() | st.floats(NOW - 600, NOW))
)
ALERTS = st.lists(
    st.builds(FiringAlert, st.sampled_from([PAGE, HIGH]), st.floats(NOW - 600, NOW), st.none()), max_size=2
)
RULES = st.builds(
    Rules,
    st.just(NOW),
    st.lists(
        st.builds(
            RuleSeen,
            st.sampled_from(["High", "Low"]),
            st.just({"team": "pay"}),
            st.sampled_from(["ok", "err", "unknown"]),
            interval=st.just(15.0),
            evaluated=st.none() | st.floats(NOW - 600, NOW),
        ),
        max_size=2,
    ).map(tuple),
    st.sampled_from(["", "gone"]),
)


@given(ALERTS, FIGURES, RULES, st.sampled_from([BY_SLO, BY_ALERT]), st.booleans())
def test_true_and_false_are_only_said_of_what_is_fresh(alerts, figure, rules, question, traffic):
    if traffic:
        question = replace(question, traffic=CHECKOUT, least=Decimal(1))
    totals = {CHECKOUT: figure} if figure is not None else {}
    found = of_alert(question, Facts(NOW, tuple(alerts), totals, {}, rules))
    fresh = figure is not None and None not in (figure.value, figure.at) and math.isfinite(figure.value)
    measured = fresh and NOW - figure.at <= 60 and figure.value > 0
    fires = [one for one in alerts if question.alert.fits(one.labels) and NOW - one.at <= 120]
    if found.state == "True":
        assert fires
    if found.state == "False":
        assert not fires
    if found.state != "Unknown" and traffic:
        assert measured
        assert figure.value >= 1
    if found.state == "False" and question.alert.slo:
        assert fresh
        assert figure.value != 0
    if found.state != "Unknown" and not question.alert.slo:
        assert not rules.error
        mine = [one for one in rules.rules if one.name == "High"]
        assert mine
        assert all(one.health == "ok" and NOW - one.evaluated <= 30 for one in mine)


def test_traffic_leaves_unknown_alone():
    verdict = Verdict("Unknown", "NoSample", "")
    assert with_traffic(replace(BY_SLO, traffic=CHECKOUT), verdict, facts()) is verdict
