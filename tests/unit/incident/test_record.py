"""When an incident opens, what belongs to it, when it is over, and that not knowing changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.incident.story import (
    ROLLED_BACK,
    SEEN,
    SETTLE,
    a_check,
    a_mitigation,
    alert,
    at,
    sight,
    text,
    told,
    types,
    unknown,
    whole_story,
)

from fireline.incident.identity import find, incident_id, open_incident
from fireline.incident.limits import BYTES, FACTS, RESOLVED
from fireline.incident.record import AFTERMATH, advance, needs_looking


def test_a_burn_rate_alert_opens_one_incident():
    (incident,) = told(sight(0.5, "PageFast"))
    assert (incident["state"], incident["tier"], incident["startedAt"]) == ("Open", "PageFast", text(0))
    assert types(incident) == ["incident.detected", "alert.fired"]


def test_its_name_is_short_and_follows_from_what_began_it_and_nothing_else():
    (incident,) = told(sight(0.5, "PageFast"))
    (later,) = told(sight(3, "PageFast", consumed=0.5))
    assert incident["id"] == later["id"] == incident_id("uid-1", "SLOErrorBudgetBurnPage", at(0))
    assert len({incident["id"], *(one["id"] for one in told(sight(9, alert(since=8))))}) == 2
    assert len(incident["id"]) == len("inc-1234567890")


@pytest.mark.parametrize("other", ["Budget50", "Exhausted", "NoData", "Ineffective"])
def test_an_alert_that_says_nothing_about_the_burn_rate_opens_none(other):
    assert told(sight(0.5, other)) == []


def test_the_same_sight_again_adds_nothing():
    once = told(sight(20, "PageFast", mitigations=(ROLLED_BACK,), checks=(a_check((1, "failure")),)))
    again = advance(
        once, sight(21, "PageFast", mitigations=(ROLLED_BACK,), checks=(a_check((1, "failure")),))
    )
    assert (again.incidents, again.events) == (once, ())


def test_later_alerts_belong_to_the_incident_and_may_make_it_more_severe():
    first = told(sight(0.5, "TicketFast"))
    both = told(sight(9, "TicketFast", alert("PageFast", 8)), old=first)
    assert len(both) == 1
    assert (first[0]["severity"], both[0]["severity"]) == ("sev2", "sev1")
    assert both[0]["id"] == first[0]["id"]


def test_an_incident_is_over_once_no_page_fired_for_the_settle_time():
    begun = told(sight(0.5, "PageFast"))
    quiet = advance(begun, sight(10))
    assert (quiet.incidents[0]["state"], quiet.wait) == ("Open", SETTLE)
    assert advance(quiet.incidents, sight(14.9)).incidents[0]["state"] == "Open"
    (over,) = told(sight(15), old=quiet.incidents)
    assert (over["state"], over["phases"]["resolve"]) == ("Resolved", text(10))


def test_a_page_that_comes_back_before_that_starts_the_settle_time_again():
    (incident,) = told(sight(0.5, "PageFast"), sight(10), sight(12, alert(since=11)), sight(14), sight(18))
    assert (incident["state"], incident["quietSince"]) == ("Open", text(14))
    assert types(incident).count("alert.fired") == 2


def test_tickets_that_look_back_for_days_do_not_hold_open_what_a_page_opened():
    (incident,) = told(sight(0.5, "PageFast", "TicketFast"), sight(10, "TicketFast"), sight(15, "TicketFast"))
    assert (incident["state"], incident["firing"]) == ("Resolved", ["TicketFast"])
    assert "TicketFast still fires" in incident["facts"][-1]["summary"]


def test_an_incident_that_only_tickets_opened_is_over_with_them():
    incidents = told(sight(0.5, "TicketSlow"), sight(10, "TicketSlow"), sight(30, "TicketSlow"))
    assert incidents[0]["state"] == "Open"
    assert told(sight(40), sight(45), old=incidents)[0]["state"] == "Resolved"


def test_a_ticket_that_still_fires_afterwards_opens_no_other_incident():
    over = told(sight(0.5, "PageFast", "TicketFast"), sight(10, "TicketFast"), sight(15, "TicketFast"))
    assert told(sight(16, "TicketFast"), sight(90, "TicketFast"), old=over) == over
    (ended,) = told(sight(120), old=over)
    assert (ended["facts"][-1]["type"], "firing" in ended) == ("alert.resolved", False)


def test_the_next_page_opens_the_next_incident_and_takes_along_what_still_fires():
    over = told(sight(0.5, "PageFast", "TicketFast"), sight(10, "TicketFast"), sight(15, "TicketFast"))
    new, before = told(sight(31, "TicketFast", alert(since=30)), old=over)
    assert (new["state"], new["startedAt"], before["state"]) == ("Open", text(30), "Resolved")
    assert (new["firing"], "firing" in before) == (["PageFast", "TicketFast"], False)
    assert new["phases"]["detect"] == text(30)


@pytest.mark.parametrize("what", [unknown(10), sight(10, measured=False), sight(10, "NoData")])
def test_not_knowing_and_missing_data_close_nothing(what):
    begun = told(sight(0.5, "PageFast"))
    later = told(what, *(type(what)(**{**_fields(what), "now": at(m)}) for m in (20, 60, 600)), old=begun)
    assert later[0]["state"] == "Open"


def _fields(one):
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}


def test_not_knowing_opens_nothing():
    assert told(unknown(5)) == []


def test_quiet_before_an_outage_of_prometheus_is_not_counted_on_after_it():
    incidents = told(sight(0.5, "PageFast"), sight(10), unknown(11), sight(60))
    assert (incidents[0]["state"], incidents[0]["quietSince"]) == ("Open", text(60))


def test_an_operator_that_has_just_started_changes_nothing():
    quiet = told(sight(0.5, "PageFast"), sight(10))
    just_started = unknown(11, lost=False)
    assert told(just_started, old=quiet) == quiet


def test_an_alert_without_a_beginning_began_when_it_was_seen():
    (incident,) = told(sight(2, alert(since=None)))
    assert incident["startedAt"] == text(2)
    assert told(sight(3, alert(since=None)), old=[incident]) == [incident]


def test_severity_scope_and_owner_are_told():
    (incident,) = told(sight(1, alert(sev="sev0"), "TicketFast"))
    assert (incident["severity"], incident["scope"], incident["owner"]) == (
        "sev0",
        "the whole service",
        "team shop",
    )


def test_the_worst_groups_are_the_scope_until_those_that_fire_are_known():
    from dataclasses import replace

    grouped = sight(1, "PageFast", worst=(("region=eu", 0.63), ("region=us", 0.01)))
    grouped = replace(grouped, subject=replace(grouped.subject, grouped=True))
    (incident,) = told(grouped)
    assert incident["scope"] == (
        "worst groups: region=eu (63.0 % of its budget spent); region=us (1.0 % of its budget spent)"
    )
    found = replace(SEEN, document={**SEEN.document, "groups": ["region=eu"]})
    (known,) = told(replace(grouped, gathered={incident["id"]: found}), old=[incident])
    assert known["scope"] == "groups region=eu"


def test_the_whole_story_is_in_order_and_has_every_phase():
    (incident,) = whole_story()
    assert incident["phases"] == {
        "detect": text(-0.5),
        "triage": text(1),
        "mitigate": text(4),
        "resolve": text(10),
        "verify": text(8),
        "postmortem": text(60),
    }
    assert [fact["seq"] for fact in incident["facts"]] == list(range(1, len(incident["facts"]) + 1))


def test_times_and_spending_are_what_was_counted_by_hand():
    """Impact at -2, detected by a check at -0.5, mitigated at 4, over at 10; 10 % before, 31 % after."""
    (incident,) = whole_story()
    assert {name: incident[name] for name in ("timeToDetect", "timeToMitigate", "timeToResolve")} == {
        "timeToDetect": "1m30s",
        "timeToMitigate": "4m30s",
        "timeToResolve": "12m",
    }
    assert incident["budget"] == {
        "atImpact": "10.0",
        "atDetection": "12.0",
        "atResolution": "31.0",
        "spent": "21.0",
    }


def test_without_a_known_start_of_impact_nothing_is_guessed():
    (incident,) = told(
        sight(0.5, "PageFast", consumed=0.12), sight(10, consumed=0.2), sight(15, consumed=0.2)
    )
    assert not {"impactStart", "timeToDetect", "timeToResolve", "timeToMitigate"} & incident.keys()
    assert incident["budget"] == {"atDetection": "12.0", "atResolution": "20.0", "spent": "8.0"}


def test_a_budget_that_came_back_meanwhile_tells_nothing_about_the_cost():
    (incident,) = told(sight(0.5, "PageFast", consumed=0.12), sight(10), sight(15, consumed=0.1))
    assert incident["budget"] == {"atDetection": "12.0", "atResolution": "10.0"}


def test_a_rollout_before_it_is_a_fact_and_who_made_it_is_not_known():
    (incident,) = whole_story()
    (rollout,) = [fact for fact in incident["facts"] if fact["type"] == "rollout.started"]
    assert (rollout["eventTime"], rollout["actor"], rollout["source"]) == (
        text(-4),
        "unknown",
        "Deployment/shop/checkout",
    )


def test_who_approved_is_in_the_record():
    (incident,) = whole_story()
    (approved,) = [fact for fact in incident["facts"] if fact["type"] == "mitigation.approved"]
    assert (approved["actor"], approved["phase"]) == ("alice", "Triage")


def test_nothing_is_said_twice_in_the_words_of_a_mitigation():
    asked = "a person asked for it (fireline.dev/revert: 1)"
    one = a_mitigation(
        {"minute": 1, "phase": "Approved", "reason": "Auto", "message": "mode Auto: nobody is asked"},
        {"minute": 2, "phase": "Verifying", "reason": "Applied", "message": "it is in place, 4 s after"},
        {"minute": 3, "phase": "Reverting", "reason": "AskedTo", "message": f"is taken back: {asked}"},
        {
            "minute": 4,
            "phase": "Ended",
            "reason": "Reverted",
            "result": "Reverted",
            "message": f"what was there is back: {asked}",
        },
    )
    (incident,) = told(sight(5, "PageFast", mitigations=(one,)))
    said = [fact["summary"] for fact in incident["facts"] if fact["type"].startswith("mitigation.")]
    assert said == [
        "rollback is approved: mode Auto: nobody is asked",
        "rollback is in place, 4 s after",
        f"rollback is being taken back: {asked}",
        f"rollback is taken back: what was there is back: {asked}",
    ]


def test_a_mitigation_in_place_is_one_fact_though_its_status_says_so_twice():
    (incident,) = whole_story()
    assert types(incident).count("mitigation.applied") == 1
    assert types(incident).count("mitigation.verified") == 1


@pytest.mark.parametrize(
    ("result", "type_"),
    [
        ("Reverted", "mitigation.reverted"),
        ("RevertedByOther", "mitigation.reverted-by-other"),
        ("Contested", "mitigation.contested"),
        ("Rejected", "mitigation.rejected"),
        ("Unknown", "mitigation.unknown"),
    ],
)
def test_every_end_of_a_mitigation_has_its_word(result, type_):
    ended = a_mitigation({"minute": 3, "phase": "Ended", "reason": result, "result": result})
    (incident,) = told(sight(4, "PageFast", mitigations=(ended,)))
    assert type_ in types(incident)
    assert "mitigate" not in incident["phases"]


def test_a_person_who_is_asked_is_in_the_record():
    asked = a_mitigation(needsHuman={"reason": "Contested", "message": "look", "since": text(2)})
    (incident,) = told(sight(4, "PageFast", mitigations=(asked,)))
    assert "mitigation.needs-human" in types(incident)


def test_what_was_done_long_before_belongs_to_something_else():
    before = a_mitigation({"minute": -6, "phase": "Proposed", "reason": "Proposed"})
    (incident,) = told(sight(1, "PageFast", mitigations=(before,)))
    assert types(incident) == ["incident.detected", "alert.fired"]


def test_what_is_taken_back_within_a_day_still_belongs_to_it():
    over = told(sight(0.5, "PageFast"), sight(10), sight(15))
    day = AFTERMATH.total_seconds() / 60
    for minutes, counted in ((10 + day, True), (10 + day + 1, False)):
        back = a_mitigation({"minute": minutes, "phase": "Ended", "reason": "Reverted", "result": "Reverted"})
        (incident,) = told(sight(10 + day + 2, mitigations=(back,)), old=over)
        assert ("mitigation.reverted" in types(incident)) is counted
    assert needs_looking(over, at(10 + day))
    assert not needs_looking(over, at(10 + day + 1))


def test_people_say_things_once_by_annotation():
    (begun,) = told(sight(0.5, "PageFast"))
    name = begun["id"]
    notes = {
        f"incidents.fireline.dev/{name}.acknowledged": "bob",
        f"incidents.fireline.dev/{name}.ticket": "https://tickets/7",
        "incidents.fireline.dev/inc-0000000000.ticket": "https://tickets/8",
    }
    incidents = told(sight(2, "PageFast", notes=notes), sight(3, "PageFast", notes=notes), old=[begun])
    said = [fact for fact in incidents[0]["facts"] if fact["source"].startswith("Annotation/")]
    assert [(fact["type"], fact["actor"], fact["eventTime"]) for fact in said] == [
        ("incident.acknowledged", "unknown", text(2)),
        ("incident.reported", "unknown", text(2)),
    ]
    assert said[1]["data"] == {"ticketURI": "https://tickets/7"}
    assert incidents[0]["phases"]["triage"] == text(2)


def test_a_postmortem_may_be_named_when_the_incident_is_long_over():
    over = told(sight(0.5, "PageFast"), sight(10), sight(15))
    notes = {f"incidents.fireline.dev/{over[0]['id']}.postmortem": "https://wiki/1"}
    (incident,) = told(sight(9000, notes=notes), old=over)
    assert incident["phases"]["postmortem"] == text(9000)


def test_the_open_one_and_the_last_ten_are_kept():
    incidents = []
    for number in range(RESOLVED + 5):
        start = 100.0 * number
        incidents = told(
            sight(start + 1, alert(since=start)), sight(start + 10), sight(start + 20), old=incidents
        )
    assert len(incidents) == RESOLVED
    with_open = told(sight(5000, alert(since=4999)), old=incidents)
    assert (len(with_open), with_open[0]["state"]) == (RESOLVED + 1, "Open")
    begun = [one["startedAt"] for one in with_open]
    assert begun == sorted(begun, reverse=True)


def test_alerts_that_come_and_go_leave_room_for_what_people_do():
    incidents = told(sight(0.5, "PageFast"))
    for minute in range(1, 200):
        tiers = [alert("TicketFast", minute)] if minute % 2 else []
        incidents = told(sight(minute, "PageFast", *tiers), old=incidents)
    (incident,) = told(sight(200, "PageFast", mitigations=(ROLLED_BACK,)), old=incidents)
    assert incident["truncated"]
    assert len(incident["facts"]) <= FACTS
    assert {"mitigation.approved", "mitigation.applied", "mitigation.verified"} <= set(types(incident))


def test_all_incidents_together_have_a_size():
    incidents = told(sight(0.5, "PageFast"))
    for number in range(12):
        start = 1000.0 * (number + 1)
        long = a_mitigation(
            *(
                {
                    "minute": start + 2 + n / 10,
                    "phase": "Proposed",
                    "reason": "Proposed",
                    "message": "x" * 500,
                }
                for n in range(50)
            ),
            name="m" * 60,
        )
        incidents = told(
            sight(start - 800), sight(start - 700),
            sight(start + 60, alert(since=start), mitigations=(long,)),
            old=incidents,
        )  # fmt: skip
    assert 1 < len(incidents) < RESOLVED
    assert len(json.dumps(incidents, separators=(",", ":")).encode()) <= BYTES + 2 * len(incidents)


def test_what_the_sink_has_taken_is_remembered_and_never_forgotten():
    (incident,) = told(sight(0.5, "PageFast"))
    exported = told(sight(1, "PageFast", exported={incident["id"]: 2}), sight(2, "PageFast"), old=[incident])
    assert exported[0]["exported"] == 2
    assert told(sight(3, "PageFast", exported={incident["id"]: 1}), old=exported)[0]["exported"] == 2


def test_an_incident_is_found_by_the_beginning_of_its_name():
    (incident,) = told(sight(0.5, "PageFast"))
    assert find([incident], incident["id"][:8]) == incident
    assert find([incident], "inc-") is None
    assert open_incident({"incidents": [incident]}) == incident["id"]
    assert open_incident({}) is None


def test_an_alert_that_comes_back_with_its_old_beginning_is_another_incident():
    over = told(sight(0.5, "PageFast"), sight(10), sight(15))
    again = told(sight(30, "PageFast"), sight(31, "PageFast"), old=over)
    assert [one["state"] for one in again] == ["Open", "Resolved"]
    assert again[0]["id"] != again[1]["id"]
    assert again[0]["startedAt"] == text(30)


def test_a_second_of_two_replicas_that_sees_it_later_opens_no_second_one():
    begun = told(sight(0.5, alert(since=0)))
    (one,) = told(sight(1, alert(since=0.1)), old=begun)
    assert one["id"] == begun[0]["id"]


TIERS = st.sampled_from(["PageFast", "PageSlow", "TicketFast", "NoData", "Budget50"])
MINUTES = st.lists(
    st.tuples(st.sets(TIERS), st.booleans(), st.booleans(), st.integers(1, 20)), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(MINUTES)
def test_whatever_is_seen_facts_stay_as_they_were_written_and_twice_is_once(minutes):
    incidents, now, since = [], 0.0, {}
    for tiers, known, measured, pause in minutes:
        now += pause
        since = {tier: since.get(tier, now) for tier in tiers}
        seen = (
            sight(now, *(alert(tier, since[tier]) for tier in sorted(tiers)), measured=measured)
            if known
            else unknown(now)
        )
        record = advance(incidents, seen)
        before = {one["id"]: one.get("facts", []) for one in incidents}
        for one in record.incidents:
            kept = before.get(one["id"], [])
            assert one["facts"][: len(kept)] == kept
        assert sum(one["state"] == "Open" for one in record.incidents) <= 1
        if not known:
            assert [one["id"] for one in record.incidents] == [one["id"] for one in incidents]
        again = advance(record.incidents, seen)
        assert (again.incidents, again.events) == (record.incidents, ())
        incidents = record.incidents


def test_the_wait_is_over_when_the_settle_time_is():
    quiet = advance(told(sight(0.5, "PageFast")), sight(10))
    almost = advance(quiet.incidents, sight(13))
    assert almost.wait == timedelta(minutes=2)
