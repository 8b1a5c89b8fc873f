"""The series of checks on /metrics: the persisted status as numbers, and counters that only ever grow."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fireline.api.plan import Key
from fireline.refresh.check_metrics import CheckMetrics
from fireline.slo import indicators
from fireline.synthetic import names
from fireline.synthetic.books import DURATION_BOUNDS

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC).timestamp()
FLOW = {"namespace": "shop", "check": "flow"}
OUTCOMES = ("success", "failure", "error", "infra", "skipped")
RUN = {
    "id": "uid-1",
    "trigger": "Schedule",
    "outcome": "success",
    "startedAt": "2026-11-22T11:59:02.250Z",
    "endedAt": "2026-11-22T11:59:03.500Z",
    "steps": [{"name": "login", "outcome": "success", "ms": 123}, {"name": "pay", "outcome": "success"}],
    "certificates": [{"step": "login", "notAfter": "2027-01-01T00:00:00Z"}],
}
TOTALS = {
    "success": 90,
    "failure": 4,
    "error": 2,
    "infra": 3,
    "skipped": 7,
    "expected": 99,
    "degraded": 5,
    "flaky": 6,
    "manual": 8,
}


def a_check(status: dict[str, Any] | None = None, *, uid: str = "u1", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "name": "flow", "uid": uid},
        "spec": {"schedule": {"every": "1m"}, **spec},
        **({} if status is None else {"status": status}),
    }


class Page:
    """What one replica shows. ``told``: which checks it said to have shown at 0, scrape by scrape."""

    def __init__(self, *checks: dict[str, Any], now: float = NOW):
        self.checks, self.told, self.now = list(checks), [], now
        self.metrics = CheckMetrics(lambda: self.checks, scraped=self.told.append, now=lambda: self.now)
        self._registry = CollectorRegistry()
        self._registry.register(self.metrics)

    def scrape(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Every sample by name and labels, through the text that Prometheus reads."""
        text = generate_latest(self._registry).decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self.scrape().get((name, tuple(sorted((FLOW | labels).items()))))

    async def leads(self) -> None:
        """Begins to lead with what is there now."""
        task = asyncio.create_task(self.metrics.run())
        await asyncio.sleep(0)
        task.cancel()


def test_counts_of_the_status_are_counters():
    page = Page(a_check({"counted": True, "totals": TOTALS}))
    found = {outcome: page.value("fireline_check_runs_total", outcome=outcome) for outcome in OUTCOMES}
    assert found == {"success": 90, "failure": 4, "error": 2, "infra": 3, "skipped": 7}
    assert page.value("fireline_check_expected_runs_total") == 99
    assert page.value("fireline_check_degraded_total") == 5
    assert page.value("fireline_check_flaky_total") == 6
    assert not any("manual" in str(series) for series in page.scrape())


def test_all_counters_are_zero_until_they_were_scraped_as_such():
    page = Page(a_check({"totals": TOTALS, "durations": {"buckets": [9] * 13, "sum": "1.5", "count": 9}}))
    first = page.scrape()
    ending = ("_total", "_bucket", "_count", "_sum")
    counters = {series: value for series, value in first.items() if series[0].endswith(ending)}
    assert len(counters) == 5 + 3 + len(DURATION_BOUNDS) + 3
    assert set(counters.values()) == {0.0}
    assert page.told == [{Key("SyntheticCheck", "shop", "flow"): "u1"}]


def test_a_check_without_any_status_has_its_zeros_as_well():
    page = Page(a_check())
    assert page.value("fireline_check_runs_total", outcome="failure") == 0
    assert page.value("fireline_check_expected") == 1
    assert page.value("fireline_check_consecutive_failures") == 0
    assert page.told


def test_registering_is_no_scrape():
    assert Page(a_check()).told == []


def test_counted_checks_wait_for_nothing():
    page = Page(a_check({"counted": True, "totals": TOTALS}))
    page.scrape()
    assert page.told == []


def test_what_is_unknown_has_no_sample():
    page = Page(a_check({"counted": True}))
    for name in ("last_run", "last_success", "next_run"):
        assert page.value(f"fireline_check_{name}_timestamp_seconds") is None
    assert not any(math.isnan(value) for value in page.scrape().values())


def test_times_of_the_last_run_are_unix_times():
    page = Page(a_check({"lastRun": RUN, "lastSuccess": "2026-11-22T11:59:03Z", "consecutiveFailures": 2}))
    ended = datetime(2026, 11, 22, 11, 59, 3, 500_000, tzinfo=UTC).timestamp()
    assert page.value("fireline_check_last_run_timestamp_seconds") == ended
    assert page.value("fireline_check_last_success_timestamp_seconds") == ended - 0.5
    assert page.value("fireline_check_next_run_timestamp_seconds") == NOW - 30
    assert page.value("fireline_check_interval_seconds") == 60
    assert page.value("fireline_check_consecutive_failures") == 2


def test_runs_on_demand_and_slots_without_a_run_are_no_last_run():
    missed = {"trigger": "Schedule", "outcome": "infra", "reason": "NotStarted", "runs": 4}
    missed |= {"slot": "2026-11-22T11:55:00Z", "until": "2026-11-22T11:58:00Z"}
    on_demand = {**RUN, "trigger": "Manual", "endedAt": "2026-11-22T11:59:50Z"}
    early = {**RUN, "endedAt": "2026-11-22T11:54:00Z"}
    page = Page(a_check({"lastRun": on_demand, "history": [on_demand, missed, early]}))
    at = datetime(2026, 11, 22, 11, 54, tzinfo=UTC).timestamp()
    assert page.value("fireline_check_last_run_timestamp_seconds") == at
    assert Page(a_check({"history": [missed]})).value("fireline_check_last_run_timestamp_seconds") is None


def test_a_history_full_of_runs_on_demand_does_not_hide_the_last_scheduled_one():
    on_demand = {**RUN, "trigger": "Manual"}
    status = {"lastRun": on_demand, "history": [on_demand] * 20, "lastScheduled": "2026-11-22T11:50:00Z"}
    at = datetime(2026, 11, 22, 11, 50, tzinfo=UTC).timestamp()
    assert Page(a_check(status)).value("fireline_check_last_run_timestamp_seconds") == at


def test_the_next_run_is_the_next_slot_of_a_cron_expression():
    night = {**RUN, "endedAt": "2026-11-20T18:50:10Z"}  # a Friday
    page = Page(a_check({"lastRun": night}, schedule={"cron": "*/10 8-18 * * MON-FRI"}))
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC).timestamp()
    assert page.value("fireline_check_next_run_timestamp_seconds") == monday
    assert page.value("fireline_check_interval_seconds") == 600


def test_another_schedule_counts_from_when_it_was_seen():
    ledger = {
        "through": "2026-11-22T00:00:00Z",
        "schedule": "* * * * *",
        "earlier": [{"until": "2026-11-22T12:00:10Z", "schedule": "0 0 * * *"}],
    }
    page = Page(a_check({"lastRun": {**RUN, "endedAt": "2026-11-22T00:00:09Z"}, "ledger": ledger}))
    at = datetime(2026, 11, 22, 12, 1, tzinfo=UTC).timestamp()
    assert page.value("fireline_check_next_run_timestamp_seconds") == at


def test_an_impossible_schedule_leaves_the_one_that_was_carried_out():
    ledger = {"through": "2026-11-22T00:00:00Z", "schedule": "*/5 * * * *"}
    page = Page(a_check({"ledger": ledger}, schedule={"every": "7m"}))
    assert page.value("fireline_check_interval_seconds") == 300
    assert Page(a_check(schedule={"every": "7m"})).value("fireline_check_interval_seconds") is None


@pytest.mark.parametrize(
    ("spec", "suspended"),
    [
        ({}, 0),
        ({"suspend": True}, 1),
        ({"maintenance": [{"from": "2026-11-22T12:00:00Z", "to": "2026-11-22T13:00:00Z"}]}, 1),
        ({"maintenance": [{"from": "2026-11-22T12:01:00Z", "to": "2026-11-22T13:00:00Z"}]}, 0),
        ({"maintenance": [{"cron": "0 12 * * *", "duration": "5m"}]}, 1),
        ({"maintenance": [{"cron": "0 13 * * *", "duration": "5m", "timeZone": "Europe/Berlin"}]}, 1),
        ({"maintenance": [{"cron": "0 12 * * *"}]}, 0),  # reported by Valid
    ],
)
def test_suspension_and_maintenance_are_told_alike(spec, suspended):
    assert Page(a_check({}, **spec)).value("fireline_check_suspended") == suspended


def test_a_location_is_a_label_only_where_there_is_one():
    at_home, away = Page(a_check()), Page(a_check(location="eu-1"))
    assert at_home.value("fireline_check_expected") == 1
    assert away.value("fireline_check_expected") is None
    assert away.value("fireline_check_expected", location="eu-1") == 1


def test_durations_are_a_histogram():
    buckets = [0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    status = {"counted": True, "durations": {"buckets": buckets, "sum": "0.475", "count": 4}}
    page, name = Page(a_check(status)), "fireline_check_duration_seconds"
    assert [page.value(f"{name}_bucket", le=str(bound)) for bound in DURATION_BOUNDS] == buckets
    assert page.value(f"{name}_bucket", le="+Inf") == 4
    assert (page.value(f"{name}_count"), page.value(f"{name}_sum")) == (4, 0.475)


def test_steps_and_certificates_of_the_last_run_are_gauges():
    page = Page(a_check({"lastRun": RUN}))
    assert page.value("fireline_check_step_duration_seconds", step="login") == 0.123
    assert page.value("fireline_check_step_duration_seconds", step="pay") is None
    expiry = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    name = "fireline_check_certificate_expiry_timestamp_seconds"
    assert page.value(name, step="login") == expiry


def test_no_label_tells_a_result():
    failed = {**RUN, "outcome": "failure", "reason": "StatusMismatch", "message": "found 503", "step": "pay"}
    labels = {name for _, found in Page(a_check({"lastRun": failed})).scrape() for name, _ in found}
    assert labels == {"namespace", "check", "outcome", "le", "step"}


@pytest.mark.parametrize(
    "status",
    [
        {"counted": True, "durations": {"buckets": [], "sum": "much", "count": 1}},
        {"lastSuccess": "soon"},
        {"lastRun": RUN | {"endedAt": "2026-11-22t10:00:00z"}},
        {"lastRun": RUN | {"endedAt": "9999-12-31T23:59:59Z"}},
    ],
)
def test_a_status_that_makes_no_sense_hides_no_other_check(status):
    broken = a_check(status)
    broken["metadata"] = broken["metadata"] | {"name": "broken"}
    page = Page(broken, a_check({"counted": True, "totals": TOTALS}))
    assert page.value("fireline_check_runs_total", outcome="success") == 90
    assert {dict(labels)["check"] for _, labels in page.scrape()} == {"flow"}
    broken["status"] = {"counted": True, "totals": TOTALS}
    assert page.value("fireline_check_runs_total", outcome="success", check="broken") == 90


def test_a_check_that_is_going_and_a_replica_that_does_not_lead_show_nothing():
    going = a_check({"counted": True})
    going["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"
    assert Page(going).scrape() == {}
    assert Page().scrape() == {}
    assert Page(going).told == []


def test_a_new_leader_shows_first_what_it_found_and_then_what_ran_meanwhile():
    page = Page(a_check({"counted": True, "totals": TOTALS}))
    asyncio.run(page.leads())
    page.checks = [a_check({"counted": True, "totals": TOTALS | {"failure": 34}})]
    failures = [page.value("fireline_check_runs_total", outcome="failure") for _ in range(3)]
    assert failures == [4, 34, 34]


def test_another_check_of_the_same_name_is_not_shown_with_the_counts_of_the_first():
    page = Page(a_check({"counted": True, "totals": TOTALS}))
    asyncio.run(page.leads())
    page.checks = [a_check({"counted": True, "totals": dict.fromkeys(TOTALS, 1)}, uid="u2")]
    assert page.value("fireline_check_runs_total", outcome="failure") == 1


def test_slos_read_the_series_that_checks_export():
    assert (indicators.CHECK_RUNS, indicators.CHECK_DEGRADED) == (names.RUNS, names.DEGRADED)


_steps = st.lists(st.sampled_from(("run", "scrape", "kill", "write")), max_size=60)


@given(_steps)
def test_no_counter_ever_goes_backwards_and_none_begins_with_a_run(steps):
    """Killed at any point, only what is persisted stays. ``write`` is the planner's turn."""
    status: dict[str, Any] = {"totals": {"failure": 0}}
    page, seen, waiting = Page(a_check(status)), [], 0
    for step in [*steps, "scrape", "write", "scrape", "scrape"]:
        match step:
            case "run":
                waiting += 1
            case "write":  # counts what ran, and that zeros were scraped
                counted = bool(status.get("counted") or page.told)
                status = {"totals": {"failure": status["totals"]["failure"] + waiting}, "counted": counted}
                waiting = 0
                page.checks = [a_check(status)]
            case "kill":
                page = Page(a_check(status))
                asyncio.run(page.leads())
            case "scrape":
                seen.append(page.value("fireline_check_runs_total", outcome="failure"))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, status["totals"]["failure"])
