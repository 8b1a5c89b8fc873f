"""From the answers of one batch to what is known of each SLO."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.builders import an_objective

from fireline.api.metrics import Sample
from fireline.calendar.maintenance import NEVER, Once, Repeating, Schedule
from fireline.calendar.span import Span
from fireline.promql.durations import Duration
from fireline.slo.exact import Stretch
from fireline.slo.known import observation, shown
from fireline.slo.ledger import Exact
from fireline.slo.members import of_members
from fireline.slo.model import Composite, Timeslice
from fireline.slo.observation import SeenAlert, SeenEvents, SeenGroup
from fireline.slo.readings import QUERIES, Reading, parse, queries

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = ("shop", "checkout")
OBJECTIVE = an_objective()


def sample(value=1.0, **labels):
    return Sample({"namespace": "shop", "slo": "checkout"} | labels, value, NOW.timestamp())


def read(**answers):
    return parse(answers, {KEY: "v1-new"}, at=NOW)[KEY]


def an_exact(**changes):
    fields = {
        "as_of": NOW.timestamp() - 100,
        "total": 1000.0,
        "bad": 1.0,
        "sli": 0.999,
        "consumed": 1.0,
        "coverage": 1.0,
        "age_seconds": 30 * 86_400.0,
        "present": True,
    }
    return Exact(**(fields | changes))


def test_every_public_series_ends_in_its_place():
    reading = read(
        sli=[sample(0.99, window="5m"), sample(0.9995, window="slo")],
        burn=[sample(10, window="5m"), sample(2, window="1h"), sample(0.5, window="slo")],
        consumed=[sample(0.5)],
        coverage=[sample(0.97)],
        info=[sample(spec_hash="abc")],
        total=[sample()],
        bad=[sample()],
    )
    assert reading == Reading(
        at=NOW,
        hashes=frozenset({"abc"}),
        total_present=True,
        bad_present=True,
        current=0.99,
        window=0.9995,
        consumed=0.5,
        coverage=0.97,
        burn={"5m": 10, "1h": 2},
    )


def test_an_slo_prometheus_says_nothing_about_is_unknown_and_not_zero():
    assert read() == Reading(at=NOW)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_unknown(value):
    reading = read(
        consumed=[sample(value)], sli=[sample(value, window="5m")], burn=[sample(value, window="1h")]
    )
    assert (reading.consumed, reading.current, reading.burn) == (None, None, {})


def test_series_of_an_earlier_indicator_are_not_read():
    reading = read(
        consumed=[sample(9.0, sli="v1-old"), sample(0.5, sli="v1-new")], total=[sample(sli="v1-old")]
    )
    assert reading.consumed == 0.5
    assert not reading.total_present


def test_other_slos_and_other_namespaces_do_not_mix():
    found = parse(
        {"consumed": [sample(0.1), sample(0.2, namespace="pay"), sample(0.3, slo="search")]},
        {KEY: "x", ("pay", "checkout"): "x"},
        at=NOW,
    )
    assert {key: reading.consumed for key, reading in found.items()} == {KEY: 0.1, ("pay", "checkout"): 0.2}


def test_a_tier_fires_when_one_of_its_alerts_does_since_the_first_of_them():
    reading = read(
        alerts=[
            sample(slo_tier="PageFast", alertstate="pending"),
            sample(slo_tier="PageFast", alertstate="firing", region="eu"),
            sample(slo_tier="TicketSlow", alertstate="pending"),
        ],
        since=[sample(NOW.timestamp(), slo_tier="PageFast"), sample(0.0, slo_tier="PageFast", region="eu")],
    )
    assert reading.alerts == (
        SeenAlert("PageFast", firing=True, since=datetime.fromtimestamp(0, UTC)),
        SeenAlert("TicketSlow", firing=False, since=None),
    )


def test_exact_figures_win_while_recorded_history_is_short():
    seen = observation(OBJECTIVE, Reading(at=NOW, consumed=0.1, coverage=0.94), an_exact(consumed=0.7))
    assert (seen.source, seen.consumed, seen.coverage) == ("Exact", 0.7, 1.0)
    assert seen.at == datetime.fromtimestamp(NOW.timestamp() - 100, UTC)


def test_recorded_figures_win_from_95_percent_coverage_on():
    reading = Reading(at=NOW, consumed=0.1, coverage=0.95, window=0.9999)
    seen = observation(OBJECTIVE, reading, an_exact(consumed=0.7))
    assert (seen.source, seen.consumed, seen.window, seen.at) == ("Recorded", 0.1, 0.9999, NOW)


def test_before_the_first_exact_figures_the_budget_is_pending():
    seen = observation(OBJECTIVE, Reading(at=NOW, consumed=0.1, coverage=0.2), None)
    assert (seen.source, seen.consumed) == ("Pending", None)


def test_where_prometheus_refuses_exact_queries_recorded_figures_must_do():
    reading = Reading(at=NOW, consumed=0.1, coverage=0.2)
    seen = observation(OBJECTIVE, reading, None, uncountable=True)
    assert (seen.source, seen.consumed, seen.coverage) == ("Recorded", 0.1, 0.2)


def test_nothing_known_yet_claims_nothing():
    seen = observation(OBJECTIVE, None, None)
    assert (seen.source, seen.at, seen.total_present) == (None, None, None)


def test_the_hash_of_the_present_spec_is_found_beside_an_older_one():
    reading = Reading(at=NOW, hashes=frozenset({"000", OBJECTIVE.spec_hash}))
    assert observation(OBJECTIVE, reading, None).loaded_hash == OBJECTIVE.spec_hash
    assert observation(OBJECTIVE, replace(reading, hashes=frozenset({"000"})), None).loaded_hash == "000"


def test_noise_below_the_last_digit_shows_nothing_new():
    one = observation(
        OBJECTIVE, Reading(at=NOW, current=0.999123, burn={"5m": 0.91}), an_exact(consumed=0.47123)
    )
    two = observation(
        OBJECTIVE, Reading(at=NOW, current=0.9991231, burn={"5m": 0.92}), an_exact(consumed=0.4713)
    )
    assert shown(one) == shown(two)
    assert shown(one) != shown(replace(two, consumed=0.48))
    assert shown(one) != shown(replace(two, down="unreachable"))
    assert shown(one) == shown(replace(two, queue=3))


def test_what_exact_figures_leave_out_is_said_in_whole_hours():
    exact = an_exact(excess=True, heavy=(Stretch(0, 3600), Stretch(3600, 7300)), unknown=(Stretch(0, 60),))
    cut, heavy, unknown = observation(OBJECTIVE, None, exact).remarks
    assert "more events match the indicator's part" in cut
    assert heavy.startswith("3 h of raw history is too heavy")
    assert unknown.startswith("1 h had traffic")


def test_plain_exact_figures_need_no_remark():
    assert observation(OBJECTIVE, None, an_exact()).remarks == ()


COMPOSITE = an_objective(indicator=None, counted=None, composite=Composite("Worst", ()))
SLICED = an_objective(timeslice=Timeslice(Duration.parse("5m"), Decimal("0.01")))
GROUPED = an_objective(group_by=("region",))
COVERED = Reading(at=NOW, consumed=0.5, coverage=1.0, window=0.9995, rate=2.0)
MONTH = 30 * 86_400


def test_one_query_for_each_window_asks_about_all_slos_that_have_it():
    many = [an_objective(name=f"slo{n}", window=window) for n in range(50) for window in ("30d", "7d")]
    asked = queries([*many, GROUPED, COMPOSITE])
    assert asked.keys() - QUERIES.keys() == {"rate 30d", "rate 7d", "groups 30d"}
    assert asked["rate 7d"] == (
        "sum by (namespace, slo, sli) (slo:total:rate7d) "
        'and on (namespace, slo, sli) slo:info{slo_window="7d"}'
    )
    assert asked["groups 30d"] == (
        "slo:bad:rate30d / (slo:total:rate30d > 0) "
        'and on (namespace, slo, sli) slo:info{slo_window="30d",group_by!=""}'
    )


def test_recorded_rates_become_the_events_of_the_window():
    """2 a second for 30 days, 0.05 % of them bad: half of the budget of 0.1 %."""
    events = observation(OBJECTIVE, COVERED, None).events
    assert (events.total, events.bad) == (2 * MONTH, pytest.approx(0.0005 * 2 * MONTH))
    assert events.allowed == pytest.approx(0.001 * 2 * MONTH)


def test_without_a_bad_event_the_budget_is_a_share_of_all_events():
    events = observation(OBJECTIVE, replace(COVERED, consumed=0.0, window=1.0), None).events
    assert events == SeenEvents(0.0, 2.0 * MONTH, pytest.approx(0.001 * 2 * MONTH))


def test_young_exact_events_are_scaled_to_a_whole_window():
    """Three days with 1,000 events and none bad: 10,000 in 30 days, of which 10 may be bad."""
    exact = an_exact(bad=0.0, consumed=0.0, age_seconds=3 * 86_400.0)
    assert observation(OBJECTIVE, None, exact).events.allowed == pytest.approx(10)


@pytest.mark.parametrize(("window", "hours"), [("30d", 30 * 22), ("Month UTC", 21 * 22 + 10)])
def test_maintenance_is_no_part_of_the_window_that_events_are_scaled_to(window, hours):
    """Two hours of every night: of 30 days 660 hours count, and of November until noon of the 22nd 472."""
    nightly = Schedule((Repeating("0 3 * * *", 7200, "UTC"),))
    objective = an_objective(window=window, maintenance=nightly)
    exact = an_exact(as_of=NOW.timestamp(), bad=0.0, consumed=0.0, age_seconds=hours * 3600.0)
    assert observation(objective, None, exact).events.allowed == pytest.approx(660 / hours)
    recorded = observation(objective, replace(COVERED, consumed=0.0, window=1.0), None).events
    assert recorded.allowed == pytest.approx(0.001 * recorded.total * 660 / hours)


def test_a_calendar_period_is_scaled_to_its_end():
    """The rate is that of all of November; on the 22nd at noon 21.5 of 30 days are over."""
    objective = an_objective(window="Month UTC")
    events = observation(objective, replace(COVERED, consumed=0.0, window=1.0), None).events
    assert events.total == 2 * MONTH
    assert events.allowed == pytest.approx(0.001 * 2 * MONTH * 30 / 21.5)


def test_slices_are_counted_as_slices():
    """Every second of a judged slice counts: 5 minutes are one slice."""
    assert observation(SLICED, replace(COVERED, rate=1.0), None).events.total == MONTH / 300
    assert observation(SLICED, None, an_exact(total=86_400.0, bad=300.0)).events == SeenEvents(
        1.0, 288.0, 1.0
    )


def test_a_gauge_and_a_composite_have_no_events():
    assert observation(replace(OBJECTIVE, approximate=True), COVERED, None).events is None
    assert observation(COMPOSITE, COVERED, None).events is None


def test_a_composite_is_recorded_from_the_start_whatever_the_coverage():
    young = Reading(at=NOW, consumed=0.1, coverage=0.01)
    assert (observation(COMPOSITE, young, None).source, observation(COMPOSITE, young, None).consumed) == (
        "Recorded",
        0.1,
    )
    assert observation(COMPOSITE, Reading(at=NOW), None).source == "Recorded"
    assert observation(COMPOSITE, None, None).source is None


def composite_of(*, maintenance=NEVER, **members):
    """The reading of a composite whose members are read so: total, bad."""
    objectives = {("shop", name): an_objective(name=name, maintenance=maintenance) for name in members}
    readings = {
        ("shop", name): Reading(at=NOW, total_present=total, bad_present=bad)
        for name, (total, bad) in members.items()
    }
    both = replace(COMPOSITE, composite=Composite("Worst", (("a", Decimal(1)), ("b", Decimal(1)))))
    return of_members(both, objectives, readings | {KEY: Reading(at=NOW)})


def test_a_composite_is_there_while_all_its_members_are():
    """An idle member has its series, and so does one that burns."""
    found = composite_of(a=(True, True), b=(True, True))
    assert (found.total_present, found.bad_present, found.missing) == (True, True, ())


def test_members_without_data_are_named():
    assert composite_of(a=(True, True), b=(False, False)).missing == ("b",)
    assert composite_of(a=(True, True)).missing == ("b",)
    found = composite_of(a=(True, False), b=(True, True))
    assert (found.total_present, found.bad_present, found.missing) == (True, False, ("a",))


def test_a_member_in_maintenance_is_not_missed():
    at = int(NOW.timestamp())
    for span in (Span(at - 60, at + 60), Span(at - 900, at - 300)):
        off = Schedule((Once(span),))
        assert composite_of(maintenance=off, a=(False, False), b=(False, False)).total_present
    over = Schedule((Once(Span(at - 900, at - 430)),))
    assert not composite_of(maintenance=over, a=(False, False), b=(True, True)).total_present


def test_the_profile_of_what_was_spent_comes_from_exact_counts_whatever_the_source():
    seen = observation(OBJECTIVE, COVERED, an_exact(consumed=0.7))
    assert (seen.source, seen.profile.consumed) == ("Recorded", 0.7)
    assert observation(OBJECTIVE, COVERED, None).profile is None


def groups(*ratios, sli=0.999, consumed=0.5):
    """What is read of an SLO whose groups r0, r1, … have these shares of bad events."""
    return read(
        sli=[sample(sli, window="slo")],
        consumed=[sample(consumed)],
        **{"groups 30d": [sample(ratio, region=f"r{n}", sli="v1-new") for n, ratio in enumerate(ratios)]},
    ).groups


def test_each_group_has_a_budget_of_its_own():
    """0.1 % bad are half of the SLO's budget, at its age; so 0.15 % are three quarters of a group's."""
    found = groups(0.0005, 0.0015)
    assert found.number == 2
    assert found.worst == (
        SeenGroup((("region", "r1"),), pytest.approx(0.75)),
        SeenGroup((("region", "r0"),), pytest.approx(0.25)),
    )


def test_only_the_worst_five_of_many_groups_are_named():
    found = groups(*(n / 10_000 for n in range(12)))
    assert found.number == 12
    assert [dict(one.labels)["region"] for one in found.worst] == ["r11", "r10", "r9", "r8", "r7"]


def test_groups_that_are_alike_stay_in_order():
    """Noise below the last digit must not turn their order around at every reading."""
    assert groups(0.00100001, 0.001).worst[0].labels == groups(0.001, 0.00100001).worst[0].labels


def test_groups_of_a_perfect_slo_have_spent_nothing():
    assert [one.consumed for one in groups(0.0, 0.0, sli=1.0, consumed=0.0).worst] == [0.0, 0.0]


@pytest.mark.parametrize("ratio", [math.nan, math.inf])
def test_a_group_without_a_number_is_no_group(ratio):
    assert groups(ratio) is None


def test_groups_are_nobodys_without_group_by():
    reading = replace(COVERED, groups=groups(0.001))
    assert observation(OBJECTIVE, reading, None).groups is None
    assert observation(GROUPED, reading, None).groups.number == 1


def test_windows_of_other_slos_tiers_are_not_shown():
    tiers = (replace(OBJECTIVE.tiers[0], long=Duration.parse("4h"), short=Duration.parse("15m")),)
    reading = replace(COVERED, burn={"5m": 1.0, "15m": 2.0, "12h": 3.0, "<rogue>": 4.0})
    assert observation(an_objective(tiers=tiers), reading, None).burn == {"5m": 1.0, "15m": 2.0}
    assert observation(OBJECTIVE, reading, None).burn == {"5m": 1.0}


def test_events_and_groups_below_their_last_digit_show_nothing_new():
    one = observation(GROUPED, replace(COVERED, groups=groups(0.001)), None)
    same = observation(GROUPED, replace(COVERED, rate=2.0001, groups=groups(0.0010000001)), None)
    assert shown(one) == shown(same)
    assert shown(one) != shown(observation(GROUPED, replace(COVERED, rate=3.0, groups=groups(0.001)), None))
    assert shown(one) != shown(observation(GROUPED, replace(COVERED, groups=groups(0.002)), None))


def test_a_burn_that_moves_the_forecast_is_news_though_its_digits_stay():
    one = observation(OBJECTIVE, replace(COVERED, burn={"1h": 1.00}), None)
    assert shown(one) != shown(observation(OBJECTIVE, replace(COVERED, burn={"1h": 1.04}), None))
    assert shown(one) == shown(observation(OBJECTIVE, replace(COVERED, burn={"1h": 1.001}), None))
