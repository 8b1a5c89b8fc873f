"""The status as a table: what is remembered, what a maintenance or a calendar explains, and what is written
when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import an_slo
from tests.planning import GOOD, MAIN, NOW, SETTINGS, Told, condition, planned, settled
from tests.seen import World, a_rule_of

from fireline.api.plan import Problem
from fireline.api.resources import PROMETHEUS
from fireline.slo.forecast import Profile
from fireline.slo.ledger import Spent
from fireline.slo.observation import Observation, SeenAlert, SeenEvents, SeenGroup, SeenGroups

GROUPS = SeenGroups(
    2, (SeenGroup((("region", "eu"),), 0.811), SeenGroup((("region", "us"), ("zone", "a")), 0.0))
)
GONE = {"total_present": False, "bad_present": False, "raw_present": True}
COMPOSITE = {"composite": {"method": "Worst", "objectives": [{"name": "search"}, {"name": "cart"}]}}


def written(parent, **changes):
    """The parent with the status of a plan for this observation."""
    return settled(parent, planned(parent, told=Told(replace(GOOD, **changes))))


def after(parent, *, minutes=5.0, told=None, **changes):
    """The plan some minutes later, when this is observed."""
    now = NOW + timedelta(minutes=minutes)
    return planned(parent, told=told or Told(replace(GOOD, at=now, **changes)), now=now)


class TestMarks:
    def test_the_tier_and_the_objective_are_shown(self):
        status = planned(an_slo(tier="Api")).status
        assert (status["tier"], status["objective"]) == ("Api", {"value": "99.9"})

    def test_a_changed_objective_is_marked_with_its_time_and_told_once(self):
        first = written(an_slo("99.90"))
        plan = after(an_slo("99.95", generation=2) | {"status": first["status"]})
        assert plan.status["objective"] == {"value": "99.95", "since": "2026-11-22T12:05:00Z"}
        (event,) = plan.events
        assert (event.type, event.reason) == ("Normal", "ObjectiveChanged")
        assert event.message == (
            "the objective changed from 99.9 to 99.95: "
            "figures over the whole window are judged by the new objective"
        )
        again = after(settled(an_slo("99.95", generation=2), plan), minutes=10)
        assert (again.events, again.status["objective"]) == ((), plan.status["objective"])

    def test_the_same_objective_in_other_words_is_no_change(self):
        plan = after(an_slo("99.90", generation=2) | {"status": written(an_slo("99.9"))["status"]})
        assert (plan.events, plan.status["objective"]) == ((), {"value": "99.9"})

    def test_figures_of_the_old_objective_go_at_once_though_nothing_is_counted_yet(self):
        first = written(an_slo("99.9"))
        waiting = Observation(at=NOW, total_present=True, bad_present=True, source="Pending", queue=1)
        plan = after(an_slo("99", generation=2) | {"status": first["status"]}, told=Told(waiting))
        assert plan.status["budget"] == {
            "source": "Pending",
            "total": "1",
            "weighting": "Events",
            "queuePosition": 1,
        }

    def test_an_invalid_change_keeps_every_mark(self):
        first = written(an_slo(tier="Api"), down="connection refused")
        broken = an_slo("99", generation=2, groupBy=["le"]) | {"status": first["status"]}
        plan = planned(broken, seen=World(rules=[a_rule_of("checkout")]))
        for mark in ("tier", "objective", "lastError"):
            assert plan.status[mark] == first["status"][mark]


class TestLastError:
    def error(self, parent, **changes):
        return after(parent, **changes).status.get("lastError")

    def test_a_healthy_slo_never_had_one(self):
        assert "lastError" not in planned(an_slo()).status

    @pytest.mark.parametrize(
        "changes", [{"down": "connection refused"}, {"load_error": "rule slo:total:rate5m: many-to-many"}]
    )
    def test_it_says_what_prometheus_said_and_since_when(self, changes):
        (message,) = changes.values()
        assert self.error(an_slo(), **changes) == {"message": message, "at": "2026-11-22T12:05:00Z"}

    def test_it_says_why_a_rule_could_not_be_written(self):
        plan = planned(an_slo(), problem=Problem("Forbidden", "may not patch prometheusrules"))
        assert plan.status["lastError"]["message"] == "may not patch prometheusrules"

    def test_it_stays_when_it_is_over_and_the_same_words_are_nothing_new(self):
        first = written(an_slo(), down="connection refused")
        error = first["status"]["lastError"]
        assert self.error(first, minutes=5) == error
        assert self.error(first, minutes=60, down="connection refused") == error
        other = self.error(first, minutes=60, down="no route to host")
        assert other == {"message": "no route to host", "at": "2026-11-22T13:00:00Z"}


class TestGroups:
    SPEC = an_slo(groupBy=["region"])

    def test_the_worst_are_listed_with_their_number(self):
        status = planned(self.SPEC, told=Told(replace(GOOD, groups=GROUPS))).status
        assert status["groups"] == 2
        assert status["worstGroups"] == [
            {"labels": {"region": "eu"}, "consumed": "81.1"},
            {"labels": {"region": "us", "zone": "a"}, "consumed": "0.0"},
        ]

    def test_too_many_are_a_warning_with_advice_and_the_rules_stay(self):
        many = replace(GOOD, groups=replace(GROUPS, number=51))
        first = settled(self.SPEC, planned(self.SPEC))
        plan = after(first, groups=many.groups)
        valid = condition(plan, "Valid")
        assert (valid["status"], valid["reason"]) == ("False", "TooManyGroups")
        assert "spec.groupBy: region makes more than 50 groups" in valid["message"]
        assert "max_groups" in valid["message"]
        assert condition(plan, "Ready")["status"] == "True"
        assert plan.children == planned(self.SPEC).children
        assert [event.reason for event in plan.events] == ["TooManyGroups"]

    def test_as_many_as_the_settings_allow_are_fine(self):
        plan = planned(self.SPEC, told=Told(replace(GOOD, groups=replace(GROUPS, number=50))))
        assert condition(plan, "Valid")["status"] == "True"
        allowed = SETTINGS.model_copy(update={"max_groups": 3})
        few = planned(self.SPEC, told=Told(replace(GOOD, groups=replace(GROUPS, number=4))), settings=allowed)
        assert condition(few, "Valid")["reason"] == "TooManyGroups"

    def test_an_operator_that_starts_anew_does_not_forget_them(self):
        first = written(self.SPEC, groups=replace(GROUPS, number=51))
        fresh = after(first, told=Told(Observation(source="Pending"), loaded=False))
        assert fresh.status == first["status"]


class TestMaintenance:
    SPEC = an_slo(maintenance=[{"from": "2026-11-22T12:00:00Z", "to": "2026-11-22T13:00:00Z"}])

    IN_SLICES = an_slo(
        maintenance=SPEC["spec"]["maintenance"],
        budgeting="Timeslices",
        timeslice={"length": "30m", "objective": "99"},
    )

    def data(self, minutes, spec=SPEC, **changes):
        first = settled(spec, planned(spec, now=NOW - timedelta(hours=1)))
        plan = after(first, minutes=minutes, **changes)
        found = condition(plan, "DataPresent")
        return found["status"], found["reason"], found["message"], plan

    def test_nothing_counted_in_maintenance_is_no_missing_data(self):
        status, reason, message, plan = self.data(30, **GONE)
        assert (status, reason) == ("Unknown", "Maintenance")
        assert message == "in maintenance until 2026-11-22T13:00:00Z: what happens is not counted"
        assert plan.events == ()
        assert plan.requeue_after == timedelta(minutes=30)

    def test_the_first_rate_after_it_takes_five_minutes(self):
        status, reason, message, plan = self.data(64, **GONE)
        assert (status, reason) == ("Unknown", "Maintenance")
        assert "maintenance ended at 2026-11-22T13:00:00Z" in message
        assert plan.requeue_after == timedelta(minutes=3)

    def test_data_that_stays_away_after_it_is_missing(self):
        assert self.data(67.1, **GONE)[:2] == ("False", "NoTotalSeries")

    def test_the_first_slice_after_it_may_end_almost_two_slices_later(self):
        status, reason, message, _ = self.data(115, self.IN_SLICES, **GONE)
        assert (status, reason) == ("Unknown", "Maintenance")
        assert message.endswith("counting goes on with the next whole slice")
        assert self.data(122.1, self.IN_SLICES, **GONE)[:2] == ("False", "NoTotalSeries")

    def test_data_that_is_back_is_there(self):
        assert self.data(61)[:2] == ("True", "Present")

    def test_before_it_the_status_waits_for_its_beginning(self):
        plan = planned(self.SPEC, now=NOW - timedelta(hours=2))
        assert condition(plan, "DataPresent")["reason"] == "Present"
        assert plan.requeue_after == timedelta(hours=2)

    def test_far_from_any_it_is_looked_for_daily(self):
        assert planned(self.SPEC, now=NOW - timedelta(days=30)).requeue_after <= timedelta(days=1)


class TestBudgetHealthy:
    def message(self, spec, **changes):
        return condition(planned(spec, told=Told(replace(GOOD, **changes))), "BudgetHealthy")["message"]

    def test_a_rolling_budget_says_that_it_never_resets(self):
        assert self.message(an_slo(), consumed=1.2) == (
            "the error budget is spent; a rolling budget never resets, "
            "it comes back only as bad events leave the 30d window"
        )

    @pytest.mark.parametrize(
        ("window", "text"),
        [
            ({"calendar": "Month"}, "it comes back at the end of the month, on 2026-12-01"),
            (
                {"calendar": "Quarter", "timeZone": "Europe/Berlin"},
                "it comes back at the end of the quarter, on 2027-01-01 (Europe/Berlin)",
            ),
            ({"calendar": "Week"}, "it comes back at the end of the week, on 2026-11-23"),
        ],
    )
    def test_a_calendar_budget_says_when_it_comes_back(self, window, text):
        assert self.message(an_slo(window=window), consumed=1.2) == f"the error budget is spent; {text}"

    def test_a_page_of_ones_own_burns_too(self):
        own = {"name": "Wake", "severity": "Page", "long": "1h", "short": "5m", "factor": "10"}
        alerts = (SeenAlert("Wake", firing=True, since=NOW),)
        text = self.message(an_slo(alerting={"burnRates": [own]}), alerts=alerts)
        assert text == "the budget burns too fast: Wake fires"


def test_a_calendar_slo_shows_the_running_period():
    budget = planned(an_slo(window={"calendar": "Month"})).status["budget"]
    assert budget["period"] == {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    assert budget["left"] == "22m54s"


def test_a_free_ratio_is_said_to_be_approximate():
    ratio = {"errorRatio": {"query": "avg(avg_over_time(vendor_error_share[$window]))"}}
    plan = planned(an_slo(indicator=ratio))
    assert plan.status["budget"]["weighting"] == "Time"
    assert "approximate" in condition(plan, "Valid")["message"]


def test_a_composite_without_figures_names_its_members():
    gone = replace(GOOD, total_present=False, bad_present=False, consumed=None, missing=("cart", "search"))
    told = Told(gone)
    first = settled(an_slo(indicator=COMPOSITE), planned(an_slo(indicator=COMPOSITE), told=told))
    found = condition(after(first, told=told), "DataPresent")
    assert (found["status"], found["reason"]) == ("False", "NoTotalSeries")
    assert found["message"].startswith("cart, search have no data: each member must be an SLO of this")


def test_an_alert_that_the_spec_has_no_more_is_listed_while_it_fires():
    alerts = (SeenAlert("Budget33", firing=True, since=NOW),)
    rows = planned(an_slo(), told=Told(replace(GOOD, alerts=alerts))).status["alerts"]
    assert rows[0] == {"tier": "Budget33", "state": "Firing", "since": "2026-11-22T12:00:00Z"}


class TestPace:
    EVENTS = SeenEvents(470, 1e6, 1000)

    def test_events_and_forecasts_alone_are_written_every_five_minutes(self):
        first = written(an_slo(), events=self.EVENTS)
        moved = {"events": SeenEvents(470, 1.2e6, 1000), "burn": {"5m": 0.9, "1h": 0.38}}
        early = after(first, minutes=2, **moved)
        assert early.status == first["status"]
        assert early.requeue_after == timedelta(minutes=3)
        late = after(first, minutes=5, **moved)
        assert late.status["budget"]["events"]["total"] == "1200000"
        assert late.status["budget"]["exhaustion"] != first["status"]["budget"]["exhaustion"]

    def test_beside_other_news_they_are_written_with_them(self):
        first = written(an_slo(), events=self.EVENTS)
        plan = after(first, minutes=1, events=SeenEvents(480, 1.2e6, 1000), consumed=0.48)
        assert plan.status["budget"]["events"]["total"] == "1200000"

    def test_after_a_restart_recorded_figures_stay_until_prometheus_was_asked(self):
        """Exact ones may be there first, and are no news."""
        first = written(an_slo(), events=self.EVENTS)
        exact = Observation(at=NOW, source="Exact", consumed=0.4699, coverage=0.2)
        assert after(first, told=Told(exact, loaded=False)).status == first["status"]


ratios = st.none() | st.floats(0, 3, allow_subnormal=False)
observations = st.builds(
    Observation,
    at=st.just(NOW),
    down=st.none() | st.just("connection refused"),
    windows_loaded=st.sampled_from([None, True, False]),
    total_present=st.sampled_from([None, True, False]),
    bad_present=st.sampled_from([None, True, False]),
    source=st.sampled_from([None, "Pending", "Exact", "Recorded"]),
    queue=st.none() | st.integers(1, 3),
    current=st.none() | st.floats(0, 1),
    window=st.none() | st.floats(0, 1),
    consumed=ratios,
    coverage=st.none() | st.floats(0, 1),
    burn=st.dictionaries(st.sampled_from(["5m", "1h", "3d"]), st.floats(0, 1000)),
    alerts=st.lists(
        st.builds(SeenAlert, st.sampled_from(["PageFast", "Budget50"]), st.booleans(), st.just(NOW)),
        max_size=2,
        unique_by=lambda alert: alert.tier,
    ).map(tuple),
    events=st.none()
    | st.builds(SeenEvents, st.floats(0, 1e9), st.floats(0, 1e9), st.none() | st.floats(0, 1e9)),
    profile=st.none()
    | st.floats(0, 3).map(
        lambda share: Profile(
            NOW.timestamp(), share, (Spent(int(NOW.timestamp()) - 9000, int(NOW.timestamp()), 5, 9),)
        )
    ),
    groups=st.none() | st.integers(1, 60).map(lambda number: replace(GROUPS, number=number)),
)
specs = st.sampled_from(
    [
        an_slo(),
        an_slo("99", window={"calendar": "Month", "timeZone": "America/New_York"}),
        an_slo(groupBy=["region"], tier="Job"),
        an_slo(indicator=COMPOSITE),
        an_slo(maintenance=[{"cron": "0 12 * * *", "duration": "1h"}]),
        an_slo(budgeting="Timeslices", timeslice={"length": "5m", "objective": "99"}),
    ]
)


@settings(deadline=None, max_examples=60)
@given(spec=specs, before=observations, then=observations, loaded=st.booleans())
def test_a_plan_that_was_carried_out_plans_nothing_more(spec, before, then, loaded):
    """Whatever is seen, on whatever was written before: the second plan is the first one."""
    world = World(objects=[(PROMETHEUS, MAIN)])
    old = settled(spec, planned(spec, told=Told(before), seen=world, now=NOW - timedelta(hours=1)))
    first = planned(old, told=Told(then, loaded=loaded), seen=world)
    again = planned(settled(old, first), told=Told(then, loaded=loaded), seen=world)
    assert again.status == first.status
    assert again.children == first.children
    assert again.events == ()
