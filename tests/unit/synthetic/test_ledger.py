"""Every slot is counted once: by its run, as missed, or as skipped. Counted by hand here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from tests.unit.synthetic.story import Story, a_run, at_work, by_hand, minute

from fireline.api.synthetic_check_status import Status
from fireline.calendar.maintenance import Once, Schedule
from fireline.calendar.span import Span
from fireline.synthetic.ledger import KEYS
from fireline.synthetic.schedule import Timing


def maintenance(first, last):
    """Between two minutes of the story."""
    return Schedule((Once(Span(int(minute(first).timestamp()), int(minute(last).timestamp()))),))


def entries(story):
    """The history as pairs of slot and outcome, the newest first; a stretch with its number of runs."""
    return [
        (one.get("slot", "")[11:16], one["outcome"] + (f" x{one['runs']}" if "runs" in one else ""))
        for one in story.status["history"]
    ]


# A run is counted when it is over


def test_a_new_check_has_counts_of_zero_and_no_shares():
    story = Story().begin()
    assert set(story.status["totals"].values()) == {0}
    assert story.status["durations"]["count"] == 0
    assert story.status["availability"] == {"window": "30d"}
    assert "coverage" not in story.status
    assert story.status["ledger"]["through"] == "2026-11-22T10:00:00Z"


def test_each_outcome_has_its_own_count_and_infra_is_expected_but_not_measured():
    story = Story().begin()
    outcomes = ["success", "failure", "error", "infra", "success"]
    story.look(minute(5, 10), [a_run(i + 1, outcome) for i, outcome in enumerate(outcomes)])
    assert story.totals == {"success": 2, "failure": 1, "error": 1, "infra": 1, "expected": 5}
    assert story.status["coverage"] == "80"
    assert story.status["availability"] == {"window": "30d", "value": "50"}


def test_only_new_runs_are_told():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    assert [run.id for run in story.last.counted] == [a_run(1).id]
    story.look(minute(2, 10), [a_run(1), a_run(2, "failure")])
    assert [run.id for run in story.last.counted] == [a_run(2).id]
    story.look(minute(2, 20), [a_run(1), a_run(2, "failure")])
    assert story.last.counted == ()


def test_looking_again_writes_nothing_new():
    story = Story().begin()
    runs = [a_run(1), a_run(2, "failure", message="expected 200")]
    before = story.look(minute(2, 10), runs)
    assert story.look(minute(2, 40), runs) == before


def test_success_that_was_slow_or_needed_two_tries_is_still_success():
    story = Story().begin()
    runs = [a_run(1, degraded=True), a_run(2, flaky=True), a_run(3, "failure", degraded=True, flaky=True)]
    story.look(minute(3, 10), runs)
    assert story.totals == {"success": 2, "failure": 1, "expected": 3, "degraded": 1, "flaky": 1}


def test_a_duration_is_in_the_bucket_whose_bound_it_meets():
    story = Story().begin()
    story.look(minute(3), [a_run(1, took=2.5), a_run(2, took=2.501)])
    assert story.status["durations"]["buckets"][4:8] == [0, 1, 2, 2]


def test_durations_are_those_of_successes():
    story = Story().begin()
    runs = [a_run(1, took=0.25), a_run(2, took=0.251), a_run(3, "error", took=20), a_run(4, took=400)]
    story.look(minute(4, 59), runs[:3])
    story.look(minute(12), runs)
    assert story.status["durations"] == {
        "buckets": [0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
        "sum": "400.501",
        "count": 3,
    }


def test_failures_in_a_row_end_with_a_success_and_runs_that_measured_nothing_do_not_matter():
    story = Story().begin()
    story.look(
        minute(4, 10), [a_run(1, "failure"), a_run(2, "infra"), a_run(3, "error"), a_run(4, "failure")]
    )
    assert story.status["consecutiveFailures"] == 3
    story.look(minute(5, 10), [a_run(5)])
    assert story.status["consecutiveFailures"] == 0
    assert story.status["lastSuccess"] == "2026-11-22T10:05:04Z"


def test_a_run_is_not_counted_before_the_one_ahead_of_it_is_over():
    story = Story().begin()
    story.look(minute(2, 10), [a_run(2, "failure")], [at_work(1)])
    assert story.totals == {}
    assert story.status["ledger"]["through"] == "2026-11-22T10:00:00Z"
    story.look(minute(2, 20), [a_run(2, "failure"), a_run(1)])
    assert story.status["lastRun"]["outcome"] == "failure"
    assert entries(story) == [("10:02", "failure"), ("10:01", "success")]


def test_the_last_run_is_told_in_full_and_the_history_in_short():
    story = Story(options={"history": 3}).begin()
    failed = {"step": "login", "reason": "StatusMismatch", "evidence": "POST /login 503"}
    runs = [a_run(i, "failure", message="x" * 600, **failed) for i in range(1, 6)]
    story.look(minute(5, 10), runs)
    assert story.status["lastRun"]["message"] == "x" * 600
    assert story.status["lastRun"]["evidence"] == "POST /login 503"
    assert len(story.status["history"]) == 3
    assert all(len(one["message"].encode()) <= 256 for one in story.status["history"])


def test_only_the_newest_failures_keep_their_evidence():
    story = Story().begin()
    story.look(minute(8, 10), [a_run(i, "failure", evidence=f"e{i}") for i in range(1, 9)])
    assert [one.get("evidence") for one in story.status["history"]] == ["e8", "e7", "e6"] + [None] * 5


# What may go wrong with what is seen


def test_a_duplicate_is_one_run():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1), a_run(1), a_run(1)])
    story.look(minute(1, 20), [a_run(1)])
    assert story.totals == {"success": 1, "expected": 1}


def test_two_jobs_for_one_slot_are_one_run():
    story = Story().begin()
    story.look(minute(1, 30), [a_run(1, "failure", took=9, job="twin-"), a_run(1)])
    story.look(minute(2, 10), [a_run(1, "failure", took=9, job="twin-"), a_run(1), a_run(2)])
    assert story.totals == {"success": 2, "expected": 2}


def test_a_lost_write_is_counted_when_it_is_presented_again():
    story = Story().begin()
    wanted = story.look(minute(1, 10), [a_run(1)], write=False)
    assert story.look(minute(1, 10), [a_run(1)]) == wanted


def test_a_slot_in_the_future_waits_for_its_time():
    story = Story().begin()
    early = a_run(3, took=0)
    story.look(minute(1, 10), [a_run(1), early])
    assert story.totals == {"success": 1, "expected": 1}
    story.look(minute(2, 59), [a_run(1), a_run(2), early])
    assert story.totals == {"success": 2, "expected": 2}
    story.look(minute(3, 1), [a_run(2), early])
    assert story.totals == {"success": 3, "expected": 3}


def test_a_clock_that_goes_back_takes_nothing_back():
    story = Story().begin()
    runs = [a_run(i) for i in range(1, 11)]
    before = story.look(minute(10, 10), runs)
    assert story.look(minute(4), runs[:3])["totals"] == before["totals"]
    assert story.look(minute(-600))["ledger"]["through"] == before["ledger"]["through"]
    assert story.look(minute(10, 20), runs)["totals"] == before["totals"]


def test_a_slot_from_before_the_check_was_made_is_not_counted():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(-3), a_run(0), a_run(1)])
    assert story.totals == {"success": 1, "expected": 1}


def test_a_check_made_anew_under_its_old_name_starts_from_zero():
    story = Story(created=minute(60)).begin(minute(60))
    story.look(minute(61, 10), [a_run(i) for i in range(50, 62)])
    assert story.totals == {"success": 1, "expected": 1}


def test_a_status_from_a_backup_does_not_count_the_time_before_the_check_was_made_again():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    story.created = minute(600, 30)
    story.look(minute(601, 10), [a_run(601)])
    assert story.totals == {"success": 2, "expected": 2}


def test_slots_begin_when_the_cronjob_was_made_however_late_that_was():
    story = Story()
    story.look(minute(0))
    story.look(minute(7, 20), since=minute(7, 15))
    assert story.totals == {}
    story.look(minute(8, 10), [a_run(8)], since=minute(7, 15))
    assert story.totals == {"success": 1, "expected": 1}


# Slots without a run


def test_a_slot_is_missed_only_when_no_job_can_start_for_it_any_more():
    story = Story().begin()
    story.look(minute(2, 14))
    assert story.totals == {}
    assert story.last.wait == timedelta(seconds=1)
    story.look(minute(2, 15))
    assert story.totals == {"infra": 1, "expected": 1}
    assert story.status["history"] == [
        {
            "trigger": "Schedule",
            "outcome": "infra",
            "slot": "2026-11-22T10:01:00Z",
            "until": "2026-11-22T10:01:00Z",
            "reason": "NotStarted",
            "message": "no Job was started within 30s, or it was removed before it was read; look at the "
            "events of the CronJob, and whether the cluster's CronJob controller works",
        }
    ]
    assert "lastRun" not in story.status


def test_a_missed_slot_lowers_coverage_and_not_availability():
    story = Story(options={"target": "99.9"}).begin()
    story.look(minute(4, 20), [a_run(1), a_run(2), a_run(4)])
    assert story.totals == {"success": 3, "infra": 1, "expected": 4}
    assert story.status["coverage"] == "75"
    assert story.status["availability"] == {"window": "30d", "target": "99.9", "value": "100", "met": True}


def test_missed_slots_in_a_row_are_one_entry_of_the_history():
    story = Story().begin()
    story.look(minute(3, 10), [a_run(1)])
    story.look(minute(6, 10), [a_run(1)])
    story.look(minute(7, 20), [a_run(1), a_run(7)])
    assert entries(story) == [("10:07", "success"), ("10:02", "infra x5"), ("10:01", "success")]
    assert story.status["history"][1]["until"] == "2026-11-22T10:06:00Z"


def test_a_slot_that_the_run_before_kept_from_starting_is_an_overlap():
    story = Story().begin()
    story.look(minute(4, 30), [a_run(1, took=100), a_run(3), a_run(4)])
    assert story.totals == {"success": 3, "skipped": 1, "expected": 4}
    assert entries(story)[2] == ("10:02", "skipped")
    assert story.status["coverage"] == "75"


def test_a_run_that_ended_in_time_is_no_excuse_for_the_next_slot():
    story = Story().begin()
    story.look(minute(3, 30), [a_run(1, took=65), a_run(3)])
    assert story.totals == {"success": 2, "infra": 1, "expected": 3}


def test_a_job_that_outlives_its_container_keeps_the_next_from_starting():
    story = Story().begin()
    story.look(minute(2, 10), [a_run(1, busy_until=minute(2, 10))])
    story.look(minute(3, 20), [a_run(1, busy_until=minute(3, 20))])
    assert story.totals == {"success": 1, "skipped": 1, "expected": 2}


def test_an_overlap_is_known_after_a_restart_although_the_job_is_gone():
    story = Story().begin()
    story.look(minute(2, 45), [a_run(1, took=100)])
    assert story.status["ledger"]["busyUntil"] == "2026-11-22T10:02:41Z"
    story.look(minute(3, 20), [a_run(3)])
    assert story.totals == {"success": 2, "skipped": 1, "expected": 3}
    assert "busyUntil" not in story.status["ledger"]


def test_a_job_at_work_holds_everything_after_it_until_it_is_given_up():
    story = Story().begin()
    stuck = at_work(1, gives_up_at=minute(15))
    story.look(minute(14), live=[stuck])
    assert story.totals == {}
    story.look(minute(15, 20), live=[stuck])
    assert story.totals == {"infra": 1, "skipped": 13, "expected": 14}
    assert entries(story) == [("10:02", "skipped x13"), ("10:01", "infra")]
    story.look(minute(16, 20), [a_run(1, took=900), a_run(16)])
    assert story.totals == {"success": 1, "infra": 1, "skipped": 14, "expected": 16}


# The operator was away


def test_five_minutes_away_lose_nothing():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    story.look(minute(6, 30), [a_run(i) for i in range(1, 7)])
    assert story.totals == {"success": 6, "expected": 6}


def test_a_job_behind_the_watermark_that_still_runs_is_why_the_next_do_not_start():
    story = Story().begin()
    story.look(minute(5))
    before = story.totals
    story.look(minute(8), live=[at_work(1)])
    assert story.totals == before | {"skipped": 3, "expected": before["expected"] + 3}
    assert story.status["history"][0]["reason"] == "Overlap"


def test_two_hours_away_are_infra_but_for_the_jobs_that_are_still_kept():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    kept = story.timing.history_limit
    story.look(minute(120, 30), [a_run(i) for i in range(121 - kept, 121)])
    assert story.totals == {"success": 1 + kept, "infra": 119 - kept, "expected": 120}
    reasons = [one.get("reason") for one in story.status["history"] if one["outcome"] == "infra"]
    assert reasons == ["Lost"]


def test_a_prober_that_is_silent_for_a_quarter_of_an_hour_has_lost_nothing_yet():
    story = Story(timing=Timing.parse("5s+0s")).begin()
    story.look(minute(20))
    told = {one["reason"]: one["runs"] for one in story.status["history"]}
    assert told == {"Lost": 5 * 12, "NotStarted": 170}


def test_failed_jobs_that_outlive_the_others_are_counted_where_they_belong():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    failed = [a_run(20, "failure"), a_run(40, "error")]
    story.look(minute(120, 30), [*failed, *(a_run(i) for i in range(103, 121))])
    assert story.totals == {"success": 19, "failure": 1, "error": 1, "infra": 99, "expected": 120}
    assert story.status["consecutiveFailures"] == 0


@pytest.mark.parametrize(("text", "slots"), [("* * * * *", 43_200), ("5s+3s", 518_400)])
def test_thirty_days_away_are_counted_at_once_and_told_by_day(text, slots):
    story = Story(timing=Timing.parse(text), options={"window_days": 90}).begin()
    began = process_time()
    story.look(minute(30 * 1440) + timedelta(seconds=45))
    assert process_time() - began < 1  # about 1 ms; one by one it would be many seconds
    open_now = 1 if text[0] == "*" else 9 + 6
    assert story.accounted in range(slots - open_now, slots + 10)
    assert story.status["totals"]["infra"] == story.status["totals"]["expected"] == story.accounted
    assert len(story.status["days"]) == 31
    assert story.status["days"][1] == {
        "day": "2026-11-23",
        "infra": slots // 30,
        "expected": slots // 30,
    }
    assert sum(day["infra"] for day in story.status["days"]) == story.accounted
    assert len(story.status["history"]) == 2


# Suspension, maintenance, another schedule


def test_an_hour_of_suspension_is_skipped_and_not_expected():
    story = Story().begin()
    story.look(minute(1, 10), [a_run(1)])
    story.look(minute(2, 30), [a_run(1), a_run(2)], suspended=True)
    story.look(minute(62, 30), suspended=False)
    assert story.totals == {"success": 2, "skipped": 59, "expected": 2}
    story.look(minute(63, 20), [a_run(63)])
    assert story.totals == {"success": 3, "skipped": 60, "expected": 3}
    assert story.status["coverage"] == "100"
    assert entries(story)[:2] == [("11:03", "success"), ("10:02", "success")]


def test_a_check_that_is_paused_again_and_again_while_nothing_is_known_can_still_be_written():
    story = Story().begin()
    for number in range(2, 300):
        story.look(minute(number), suspended=number % 2 == 0, known_until=minute(0))
    assert len(story.status["ledger"]["earlier"]) == 100
    Status.model_validate(story.status)
    story.look(minute(310))
    assert story.totals["skipped"] == 50
    assert story.totals["skipped"] + story.totals["infra"] == 308


def test_suspension_holds_from_when_it_was_seen():
    story = Story().begin()
    story.look(minute(3, 30), [a_run(1)], suspended=True)
    story.look(minute(10, 15), suspended=True)
    assert story.totals == {"success": 1, "infra": 2, "skipped": 6, "expected": 3}


def test_a_run_that_started_before_the_suspension_counts():
    story = Story().begin()
    story.look(minute(1, 2), live=[at_work(1)], suspended=True)
    story.look(minute(1, 30), [a_run(1)], suspended=True)
    assert story.totals == {"success": 1, "expected": 1}


def test_a_run_that_the_end_of_a_suspension_started_late_counts():
    story = Story().begin(suspended=True)
    story.look(minute(5, 20), suspended=False)
    story.look(minute(5, 40), [a_run(5)])
    assert story.totals == {"success": 1, "skipped": 4, "expected": 1}


def test_a_suspended_check_needs_no_timer_for_every_slot():
    story = Story().begin(suspended=True)
    assert story.last.wait == timedelta(hours=1)


def test_a_switch_that_is_flipped_all_the_time_takes_no_room():
    story = Story(timing=Timing.parse("0 0 * * *")).begin()
    for number in range(1, 101):
        story.look(minute(number), suspended=number % 2 == 1)
    assert len(story.status["ledger"]["earlier"]) == 1
    story.look(minute(2000), suspended=False)
    assert story.totals == {"infra": 1, "expected": 1}
    assert "earlier" not in story.status["ledger"]


def test_a_schedule_that_changes_holds_from_when_it_was_seen():
    story = Story(timing=Timing.parse("*/5 * * * *")).begin()
    story.look(minute(5, 10), [a_run(5)])
    story.timing = Timing.parse("* * * * *")
    story.look(minute(12, 30), [a_run(5), a_run(10)])
    story.look(minute(15, 10), [a_run(i) for i in (5, 10, 13, 14, 15)])
    assert story.totals == {"success": 5, "expected": 5}


def test_slots_of_the_old_schedule_that_are_still_open_are_counted_by_it():
    story = Story(timing=Timing.parse("*/5 * * * *")).begin()
    story.look(minute(5, 10), [a_run(5)])
    story.timing = Timing.parse("* * * * *")
    story.look(minute(10, 20), [a_run(5)])
    assert story.status["ledger"]["earlier"] == [{"until": "2026-11-22T10:10:20Z", "schedule": "*/5 * * * *"}]
    story.look(minute(12, 5), [a_run(5), a_run(11), a_run(12)])
    assert story.totals == {"success": 3, "infra": 1, "expected": 4}


def test_a_run_off_the_schedule_counts_where_it_is():
    """The CronJob controller may start the last slot of a new schedule late, before the change was seen."""
    story = Story(timing=Timing.parse("*/5 * * * *")).begin()
    story.look(minute(5, 10), [a_run(5)])
    story.timing = Timing.parse("* * * * *")
    story.look(minute(8, 20), [a_run(5)])
    story.look(minute(9, 10), [a_run(8), a_run(9)])
    assert story.totals == {"success": 3, "expected": 3}


def test_maintenance_begins_with_its_first_second_and_ends_before_its_last():
    story = Story(options={"maintenance": maintenance(3, 8)}).begin()
    story.look(minute(12))
    assert story.totals == {"infra": 5, "skipped": 5, "expected": 5}


def test_maintenance_is_skipped_and_not_expected_and_its_runs_are_told():
    story = Story(options={"maintenance": maintenance(3, 6)}).begin()
    runs = [a_run(1), a_run(2, "failure"), a_run(3, "failure", message="503"), a_run(5), a_run(6)]
    story.look(minute(5, 20), runs[:-1])
    assert story.totals == {"success": 1, "failure": 1, "skipped": 3, "expected": 2}
    assert story.status["consecutiveFailures"] == 1
    assert story.status["lastScheduled"] == "2026-11-22T10:05:04Z"
    assert story.status["history"][1]["message"] == "maintenance; failure: 503"
    story.look(minute(6, 10), runs)
    assert story.totals == {"success": 2, "failure": 1, "skipped": 3, "expected": 3}


# Runs on demand


def test_runs_on_demand_are_told_and_never_counted():
    story = Story().begin()
    asked = by_hand("now-1", "failure", ended=minute(1, 40))
    story.look(minute(1, 50), [a_run(1), asked])
    story.look(minute(2, 10), [a_run(1), a_run(2), asked])
    assert story.totals == {"success": 2, "expected": 2, "manual": 1}
    assert story.status["consecutiveFailures"] == 0
    assert story.status["history"][1]["trigger"] == "Manual"
    assert [one["outcome"] for one in story.status["history"]] == ["success", "failure", "success"]


def test_a_run_on_demand_is_told_while_a_scheduled_one_is_at_work():
    story = Story().begin()
    story.look(minute(1, 20), [by_hand("now-1", ended=minute(1, 19))], [at_work(1)])
    assert story.status["lastRun"]["id"] == "now-1"
    assert story.totals == {"manual": 1}


def test_a_run_that_ended_before_the_last_one_is_not_the_last():
    story = Story().begin()
    story.look(minute(2, 10), [a_run(1), a_run(2)])
    story.look(minute(2, 20), [by_hand("now-1", "failure", ended=minute(1, 30))])
    assert story.status["lastRun"]["slot"] == "2026-11-22T10:02:00Z"
    assert story.totals == {"success": 2, "expected": 2, "manual": 1}


def test_a_hundred_runs_on_demand_are_each_told_once():
    story = Story(options={"history": 50}).begin()
    runs = [by_hand(f"now-{i}", ended=minute(0, i)) for i in range(100)]
    for number in range(0, 100, 10):
        story.look(minute(0, number + 10), runs[max(0, number - 20) : number + 10])
    story.look(minute(2), runs[60:])
    assert story.status["totals"]["manual"] == 100
    assert len(story.status["ledger"]["ingested"]) == 60


def test_all_that_are_there_are_remembered_however_many():
    story = Story().begin()
    runs = [by_hand(f"now-{i}", ended=minute(0, i)) for i in range(90)]
    story.look(minute(3), runs)
    story.look(minute(4), runs)
    assert story.status["totals"]["manual"] == 90


# Days, hours, shares


def test_a_slot_at_midnight_belongs_to_the_day_that_begins():
    story = Story(created=datetime(2026, 11, 22, 23, 57, 30, tzinfo=UTC))
    story.begin(story.created)
    slots = [datetime(2026, 11, 22, 23, 58, tzinfo=UTC) + timedelta(minutes=i) for i in range(4)]
    story.look(slots[-1] + timedelta(seconds=10), [a_run(i, slot=slot) for i, slot in enumerate(slots)])
    assert story.status["days"] == [
        {"day": "2026-11-22", "success": 2, "expected": 2},
        {"day": "2026-11-23", "success": 2, "expected": 2},
    ]
    assert story.status["hours"] == [
        {"hour": "2026-11-22T23:00:00Z", "success": 2, "expected": 2},
        {"hour": "2026-11-23T00:00:00Z", "success": 2, "expected": 2},
    ]


def test_a_missed_slot_at_midnight_belongs_to_the_day_that_begins():
    story = Story(created=datetime(2026, 11, 22, 23, 58, tzinfo=UTC))
    story.begin(story.created)
    story.look(datetime(2026, 11, 23, 0, 1, 15, tzinfo=UTC))
    assert story.status["days"] == [
        {"day": "2026-11-22", "infra": 1, "expected": 1},
        {"day": "2026-11-23", "infra": 1, "expected": 1},
    ]


def test_shares_are_over_the_last_days_today_included():
    story = Story(timing=Timing.parse("0 12 * * *"), options={"window_days": 2}).begin()
    noon = [datetime(2026, 11, 22 + i, 12, 0, tzinfo=UTC) for i in range(4)]
    for i, outcome in enumerate(["failure", "failure", "success", "success"]):
        story.look(noon[i] + timedelta(seconds=10), [a_run(i, outcome, slot=noon[i])])
    assert story.status["availability"] == {"window": "2d", "value": "100"}
    assert [day["day"] for day in story.status["days"]] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    story.look(datetime(2026, 11, 25, 0, 0, tzinfo=UTC))
    assert story.status["availability"] == {"window": "2d", "value": "100"}


def test_hours_hold_this_hour_and_two_before():
    story = Story().begin()
    for hour in range(5):
        story.look(minute(60 * hour + 30, 20), [a_run(60 * hour + 30)])
    hours = [hour["hour"][11:13] for hour in story.status["hours"]]
    assert hours == ["12", "13", "14"]
    assert story.status["hours"][1] == {
        "hour": "2026-11-22T13:00:00Z",
        "success": 1,
        "infra": 59,
        "expected": 60,
    }


# When to look again, and what is written


def test_the_next_look_is_when_the_next_slot_would_be_missed():
    story = Story(timing=Timing.parse("*/5 * * * *")).begin()
    assert story.last.wait == timedelta(minutes=5, seconds=105)
    story.look(minute(5, 10), [a_run(5)])
    assert story.last.wait == timedelta(minutes=6, seconds=35)


def test_nothing_is_waited_for_while_a_job_is_at_work():
    story = Story().begin()
    story.look(minute(1, 5), live=[at_work(1)])
    assert story.last.wait == timedelta(hours=1)
    story.look(minute(1, 5), live=[at_work(1, gives_up_at=minute(20, 5))])
    assert story.last.wait == timedelta(minutes=19)


def test_a_prober_that_cannot_be_asked_makes_nobody_count_or_spin():
    story = Story(timing=Timing.parse("5s+0s")).begin()
    story.look(minute(5), known_until=minute(0, 20))
    assert story.totals == {}
    assert story.last.wait >= timedelta(seconds=30)
    slots = [minute(0, 5 * i) for i in range(1, 60)]
    story.look(minute(5, 1), [a_run(i, slot=slot, took=0.1) for i, slot in enumerate(slots)])
    assert story.totals == {"success": 59, "expected": 59}


def test_the_status_is_one_that_the_schema_keeps():
    story = Story(options={"target": "99.9"}).begin()
    failed = a_run(3, "failure", step="login", reason="StatusMismatch", evidence="POST /login 503")
    story.look(minute(5), [a_run(1, took=100), failed, by_hand("now-1", ended=minute(4))])
    story.look(minute(5, 50), [a_run(5, took=95)], suspended=True)
    assert {"earlier", "ingested", "busyUntil"} <= story.status["ledger"].keys()
    kept = Status.model_validate(story.status).model_dump(by_alias=True, exclude_none=True)
    assert kept == story.status
    assert set(story.status) == set(KEYS)


# A clock that was wrong


def test_slots_that_a_clock_ahead_took_for_missed_do_not_keep_runs_from_being_counted():
    story = Story().begin()
    story.look(minute(2, 30), [a_run(1), a_run(2)])
    story.look(minute(2 + 2 * 24 * 60, 30), [a_run(1), a_run(2)])
    infra = story.totals["infra"]
    assert story.totals == {"success": 2, "infra": infra, "expected": 2 + infra}
    assert infra > 2000

    told = story.look(minute(3, 30), [a_run(number) for number in range(1, 4)])
    assert told["ledger"]["through"] == "2026-11-22T10:03:30Z"
    assert [day["day"] for day in told["days"]] == ["2026-11-22"]
    assert [run["slot"] for run in told["history"]] == ["2026-11-22T10:02:00Z", "2026-11-22T10:01:00Z"]
    assert told["lastRun"]["slot"] == "2026-11-22T10:02:00Z"

    story.look(minute(5, 30), [a_run(number) for number in range(1, 6)])
    assert story.totals == {"success": 4, "infra": infra, "expected": 4 + infra}


@pytest.mark.parametrize("behind", [1, 4, 600])
def test_a_leader_whose_clock_is_behind_counts_nothing_twice(behind):
    story = Story().begin()
    runs = [a_run(number) for number in range(1, 21)]
    story.look(minute(20, 10), runs)
    story.look(minute(20 - behind), runs)
    story.look(minute(20, 20), runs)
    assert story.totals == {"success": 20, "expected": 20}


def test_a_leader_whose_clock_is_a_little_behind_counts_what_was_missed_once():
    story = Story().begin()
    story.look(minute(20, 10))
    before = story.totals
    story.look(minute(16))
    story.look(minute(20, 10))
    assert story.totals == before
