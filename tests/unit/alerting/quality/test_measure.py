"""What is measured of one policy over one period, and that unknown stays unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.unit.alerting.quality.history import (
    MONDAY,
    SLO,
    a_policy,
    a_rule,
    an_alert,
    an_episode,
    minute,
)

from fireline.alerting.hours_model import Hours
from fireline.alerting.quality.advice import proposals
from fireline.alerting.quality.dead import Silence, silence
from fireline.alerting.quality.measure import Past, by_policy, measure
from fireline.alerting.quality.model import DAY, WEEK, BudgetEvent, Declared, Stretch
from fireline.alerting.quality.spending import Spending
from fireline.alerting.quality.status import quality_status

NOW = MONDAY + WEEK
PERIOD = Stretch(MONDAY, NOW)
ASKED = Stretch(MONDAY - WEEK, NOW)
NOTHING = Silence(90 * DAY)


def measured(*episodes, policy=None, holes=(), **more):
    return measure(policy or a_policy(), Past(ASKED, episodes, holes, **more), PERIOD)


def test_without_a_page_precision_and_resolve_time_are_unknown():
    quality = measured()
    assert (quality.precision, quality.false_share, quality.recall, quality.resolve_seconds) == (None,) * 4
    assert quality.pages_per_week == 0


def test_without_history_nothing_is_known_and_the_status_says_only_that():
    quality = measured(holes=[ASKED])
    assert quality.pages_per_week is None
    shown = quality_status(quality, None, None)
    assert shown == {"period": "7d", "asOf": "2026-11-09T08:00:00Z", "coverage": "0"}


def test_pages_a_week_are_those_of_the_time_that_is_known():
    quality = measured(an_episode(60, 70), holes=[Stretch(NOW - WEEK // 2, NOW)])
    assert (quality.coverage, quality.pages_per_week) == (0.5, 2)


def test_an_hour_of_data_tells_nothing_of_a_week():
    young = measured(an_episode(60, 70), holes=[Stretch(MONDAY + DAY - 1, NOW)])
    old = measured(an_episode(60, 70), holes=[Stretch(MONDAY + DAY, NOW)])

    assert (len(young.pages), young.pages_per_week) == (1, None)
    assert old.pages_per_week == pytest.approx(7)


def test_rules_that_were_not_evaluated_are_not_known():
    evaluated = {PERIOD: {SLO: 0.25}}
    assert measured(evaluated=evaluated).coverage == 0.25
    assert measured(evaluated={PERIOD: {}}).coverage == 0
    own = a_policy(declared=(Declared(a_rule(), page=True),))
    assert measured(evaluated=evaluated, policy=own).coverage == (0.25 + 1) / 2


def test_a_policy_is_known_since_it_exists():
    assert measured(policy=a_policy(since=NOW - DAY)).coverage == pytest.approx(1 / 7)
    assert measured(policy=a_policy(since=NOW + DAY)).coverage == 0


def test_what_began_before_the_period_belongs_to_the_one_before():
    over = an_episode(-10, 20)
    within = an_episode(15, 40, an_alert("PageSlow"))
    quality = measured(over, within)
    assert [one.start for one in quality.episodes] == [minute(15)]
    assert quality.pages == ()  # somebody was awake already
    before = measure(a_policy(), Past(ASKED, [over, within]), PERIOD.before)
    assert len(before.pages) == 1


def test_only_severities_that_page_are_pages_and_rules_that_may():
    calm = a_policy(calm=frozenset({"DiskFull"}))
    episodes = [
        an_episode(0, 5, sev="sev2"),
        an_episode(10, 15, a_rule("DiskFull"), sev="sev1"),
        an_episode(20, 25, a_rule(), sev="sev1"),
    ]
    assert [one.page.start for one in measured(*episodes, policy=calm).pages] == [minute(20)]


def test_without_a_policy_what_is_critical_is_a_page():
    alert = an_alert(policy="")
    critical, other = an_episode(0, 5, alert), an_episode(10, 15, alert, severity="warning")
    quality = measured(critical, other, policy=a_policy(key="", paging=None))
    assert [one.page.start for one in quality.pages] == [minute(0)]


def test_alerts_of_an_slo_from_before_it_had_a_policy_belong_to_it():
    foreign = an_episode(20, 25, an_alert(policy="shop/other", slo="search"))
    assert len(measured(an_episode(0, 5, an_alert(policy="")), foreign).pages) == 1


def test_pages_off_hours_are_those_nobody_was_at_work_for_and_was_told_of():
    early, day = an_episode(0, 5), an_episode(120, 125)
    assert [one.start for one in measured(early, day).off_hours] == [minute(0)]
    quiet = a_policy(quiet=frozenset({"sev0"}))
    assert measured(early, day, policy=quiet).off_hours == ()
    monday_off = Hours("b", "UTC", frozenset(range(5)), 0, 1440, frozenset({date(2026, 11, 2)}))
    assert len(measured(early, day, policy=a_policy(hours=(monday_off,))).off_hours) == 2


@pytest.mark.parametrize(("utc", "off"), [("2026-03-27T07:30", True), ("2026-03-30T07:30", False)])
def test_off_hours_change_with_the_clocks(utc, off):
    """07:30 UTC is 08:30 in Berlin in winter and 09:30 in summer."""
    at = int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp())
    berlin = Hours("business", "Europe/Berlin", frozenset(range(5)), 9 * 60, 17 * 60)
    shift = (at - MONDAY) / 60
    period = Stretch(at - DAY, at + DAY)
    past = Past(Stretch(at - 2 * DAY, at + DAY), [an_episode(shift, shift + 5)])
    quality = measure(a_policy(hours=(berlin,)), past, period)
    assert len(quality.pages) == 1
    assert bool(quality.off_hours) is off


def test_an_alert_that_never_fired_is_told_only_where_all_is_known():
    slo, rule = Declared(an_alert(), page=True), Declared(a_rule(), page=False)
    policy = a_policy(declared=(slo, rule))

    def quiet(fired=(), *, covered=1.0, coverage=1.0, since=None):
        own = a_policy(declared=policy.declared, since=since)
        found = silence(own, fired, seconds=90 * DAY, now=NOW, covered=covered, coverage={SLO: coverage})
        return found.silent, found.unknown

    assert quiet() == ((slo, rule), ())
    assert quiet([an_alert(policy="shop/old", group=(("zone", "a"),))]) == ((rule,), ())
    assert quiet(coverage=0.5) == ((rule,), (slo,))
    assert quiet(covered=0.5) == ((slo,), (rule,))
    assert quiet(covered=None) == ((slo,), (rule,))
    assert quiet(since=NOW - 30 * DAY) == ((slo,), (rule,))


def test_the_status_counts_what_never_fired_only_when_all_of_it_is_known():
    quality, one = measured(), Declared(a_rule(), page=False)
    assert quality_status(quality, None, Silence(90 * DAY, (one,)))["neverFired"] == 1
    assert "neverFired" not in quality_status(quality, None, Silence(90 * DAY, (one,), (one,)))
    assert "neverFired" not in quality_status(quality, None, None)


def advice(*episodes, silent=NOTHING, **more):
    found = proposals(measured(*episodes, **more), silent, now=NOW)
    return [(one.kind, one.alert.label) for one in found]


def test_a_rule_that_never_fired_is_proposed_and_an_slo_that_never_paged_is_not():
    both = (Declared(an_alert(), page=True), Declared(a_rule(), page=False))
    assert advice(silent=Silence(90 * DAY, both)) == [("NeverFired", "QueueFull")]


def test_an_alert_that_paged_three_times_for_nothing_is_proposed():
    wrong = [an_episode(100 * n, 100 * n + 5) for n in range(1, 4)]
    known = {SLO: Spending.of({})}
    assert advice(*wrong, spent=known) == [("AlwaysFalse", "checkout PageFast")]
    assert advice(*wrong[:2], spent=known) == []
    assert advice(*wrong) == []
    once = {SLO: Spending.of({minute(101): 0.02})}
    assert advice(*wrong, spent=once) == []


def test_an_alert_that_fires_only_with_another_one_is_proposed_once():
    pairs = [
        an_episode(100 * n, 100 * n + 5, a_rule(name))
        for n in range(1, 4)
        for name in ("DiskFull", "QueueFull")
    ]
    assert advice(*pairs) == [("AlwaysWith", "DiskFull")]
    assert advice(*pairs, an_episode(900, 905, a_rule("DiskFull"))) == [("AlwaysWith", "QueueFull")]
    tiers = [
        an_episode(100 * n, 100 * n + 5, an_alert(tier))
        for n in range(1, 4)
        for tier in ("PageFast", "PageSlow")
    ]
    assert advice(*tiers) == []


def test_an_alert_that_flaps_is_proposed_with_the_time_that_would_have_held_it():
    flapping = [an_episode(10 * n, 10 * n + 4, a_rule(), sev="sev2") for n in range(4)]
    (found,) = proposals(measured(*flapping), NOTHING, now=NOW)
    assert found.kind == "Flaps"
    assert "4 times within an hour" in found.evidence
    assert "longest pause was 6m" in found.evidence
    assert "keepFiringFor: 10m" in found.change


def test_every_proposal_has_evidence_and_a_change():
    both = (Declared(a_rule("Old"), page=False),)
    wrong = [an_episode(100 * n, 100 * n + 5) for n in range(1, 4)]
    quality = measured(*wrong, spent={SLO: Spending.of({})})
    assert all(one.evidence and one.change for one in proposals(quality, Silence(90 * DAY, both), now=NOW))


def test_a_policy_alone_is_measured_as_it_is_among_all():
    search = ("shop", "search")
    other = a_policy(key="shop/other", tiers={search: {}})
    mine, theirs = an_episode(0, 5), an_episode(10, 15, an_alert(policy="shop/other", slo="search"))
    before = an_episode(20, 25, an_alert(policy="", slo="search"))
    nobody = an_episode(30, 35, an_alert(policy="shop/gone", slo="gone"))
    events = [BudgetEvent(slo, "PageFast", minute(1), None) for slo in (SLO, search)]
    past = Past(ASKED, [mine, theirs, before, nobody], events=events)
    alone = by_policy(past, [a_policy(), other])
    assert list(alone["shop/checkout"].episodes) == [mine]
    assert list(alone["shop/other"].episodes) == [theirs, before]
    for policy in (a_policy(), other):
        assert measure(policy, alone[policy.key], PERIOD) == measure(policy, past, PERIOD)


def test_a_page_right_after_the_first_look_is_not_wrong_for_what_nobody_looked_at():
    page = an_episode(5, 10)
    past = Past(Stretch(MONDAY, NOW), [page], spent={SLO: Spending.of({})})
    assert measure(a_policy(), past, PERIOD).pages[0].right is None
    earlier = Past(ASKED, [page], spent={SLO: Spending.of({})})
    assert measure(a_policy(), earlier, PERIOD).pages[0].right is False
