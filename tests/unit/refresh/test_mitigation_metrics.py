"""The series of mitigations on /metrics: the persisted status as numbers, and every end counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fireline.mitigation import names
from fireline.refresh.mitigation_metrics import MitigationMetrics

NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
SPEC = {"action": {"scale": {"replicas": 5}}, "mode": "Auto", "trigger": {"slo": "checkout"}}
OWN = {"namespace": "shop", "mitigation": "more", "slo": "checkout"}


def at(minutes: float) -> str:
    """So many minutes after the operator began."""
    return (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_mitigation(status: dict[str, Any] | None = None, *, name: str = "more", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "name": name, "uid": f"uid-of-{name}"},
        "spec": {**SPEC, **spec},
        **({} if status is None else {"status": status}),
    }


def an_end(seq: int, result: str = "Reverted", minutes: float = 1) -> dict[str, Any]:
    return {
        "seq": seq,
        "time": at(minutes),
        "actor": "operator",
        "phase": "Ended",
        "reason": result,
        "result": result,
    }


def a_step(seq: int, minutes: float = 1) -> dict[str, Any]:
    return {"seq": seq, "time": at(minutes), "actor": "operator", "phase": "Active", "reason": "Verified"}


class Page:
    """What one replica shows, from when it was started."""

    def __init__(self, *mitigations: dict[str, Any]):
        self.mitigations, self.now = list(mitigations), NOW.timestamp()
        self._registry = CollectorRegistry()
        self.paused: str | None = None
        metrics = MitigationMetrics(
            lambda: self.mitigations, now=lambda: self.now, paused=lambda: self.paused
        )
        self._registry.register(metrics)

    def scrape(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        text = generate_latest(self._registry).decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self.scrape().get((name, tuple(sorted((OWN | labels).items()))))

    def ended(self, result: str) -> float | None:
        return self.scrape().get((names.ENDED, (("result", result),)))


def test_a_mitigation_that_nobody_looked_at_is_there_and_idle():
    page = Page(a_mitigation())

    assert page.value(names.INFO, action="scale", mode="Auto") == 1
    assert page.value(names.PHASE, phase="Idle") == 1
    assert page.value(names.ACTIVE) == 0
    assert page.value(names.OVERDUE) == 0
    assert not any(name == names.NEEDS_HUMAN for name, _ in page.scrape())


@pytest.mark.parametrize(
    ("phase", "active"),
    [
        ("Idle", 0),
        ("Proposed", 0),
        ("Approved", 0),
        ("Applying", 1),
        ("Verifying", 1),
        ("Active", 1),
        ("Reverting", 1),
        ("Ended", 0),
    ],
)
def test_it_is_active_while_its_target_may_be_changed(phase: str, active: int):
    page = Page(a_mitigation({"phase": phase}))

    assert page.value(names.ACTIVE) == active
    assert [dict(labels)["phase"] for name, labels in page.scrape() if name == names.PHASE] == [phase]


def test_what_needs_a_person_says_why_and_ends_without_a_trace():
    page = Page(a_mitigation({"needsHuman": {"reason": "Contested", "message": "m", "since": at(0)}}))
    assert page.value(names.NEEDS_HUMAN, reason="Contested") == 1

    page.mitigations = [a_mitigation({})]
    assert not any(name == names.NEEDS_HUMAN for name, _ in page.scrape())


@pytest.mark.parametrize(
    ("status", "overdue"),
    [
        ({"phase": "Active", "expiresAt": at(-10)}, 600),
        ({"phase": "Reverting", "expiresAt": at(-1)}, 60),
        ({"phase": "Active", "expiresAt": at(10)}, 0),
        ({"phase": "Active"}, 0),
        ({"phase": "Proposed", "expiresAt": at(-10)}, 0),
        ({"phase": "Ended", "expiresAt": at(-10)}, 0),
    ],
)
def test_only_what_is_in_place_is_overdue(status: dict[str, Any], overdue: float):
    assert Page(a_mitigation(status)).value(names.OVERDUE) == overdue


def test_no_slo_is_no_label():
    labels = {name for _, found in Page(a_mitigation(trigger=None)).scrape() for name, _ in found}
    assert labels == {"namespace", "mitigation", "action", "mode", "phase", "result"}


def test_the_slo_it_belongs_to_comes_before_that_of_its_trigger():
    page = Page(a_mitigation(slo="pay"))
    assert page.value(names.ACTIVE, slo="pay") == 0


def test_every_result_begins_with_zero_so_that_its_first_is_seen():
    ends = {labels: value for (name, labels), value in Page().scrape().items() if name == names.ENDED}
    assert set(ends.values()) == {0.0}
    assert len(ends) == 12


def test_an_end_is_counted_once_however_often_it_is_looked_at():
    page = Page(a_mitigation({"history": [a_step(1, -60)]}))
    page.scrape()
    page.mitigations = [a_mitigation({"history": [a_step(1, -60), an_end(2), a_step(3)]})]

    assert [page.ended("Reverted") for _ in range(3)] == [1, 1, 1]
    assert page.ended("Contested") == 0


def test_ends_from_before_the_leader_began_are_not_its_own():
    assert Page(a_mitigation({"history": [an_end(1, minutes=-5)]})).ended("Reverted") == 0


def test_a_standby_does_not_count_what_another_leader_has_counted():
    page = Page()
    page.now += 600
    page.scrape()
    page.mitigations = [a_mitigation({"history": [an_end(1, minutes=5)]})]
    assert page.ended("Reverted") == 0

    page.mitigations = [a_mitigation({"history": [an_end(1, minutes=5), an_end(2, minutes=11)]})]
    assert page.ended("Reverted") == 1


def test_one_that_was_made_and_ended_between_two_looks_is_counted():
    assert Page(a_mitigation({"history": [a_step(1), an_end(2, minutes=1)]})).ended("Reverted") == 1


def test_a_history_that_forgets_its_beginning_forgets_no_end():
    page = Page(a_mitigation({"history": [a_step(1, -9)]}))
    page.scrape()
    page.mitigations = [a_mitigation({"history": [an_end(60, "Expired"), an_end(62, "Expired")]})]
    assert page.ended("Expired") == 2


def test_another_one_of_the_same_name_is_counted_anew():
    page = Page(a_mitigation({"history": [a_step(40, -9)]}))
    page.scrape()
    again = a_mitigation({"history": [an_end(1)]})
    again["metadata"]["uid"] = "another"
    page.mitigations = [again]
    assert page.ended("Reverted") == 1


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Active", "expiresAt": "soon"},
        {"needsHuman": {"message": "no reason"}},
        {"history": [{"phase": "Ended"}]},
    ],
)
def test_a_status_that_makes_no_sense_hides_no_other_mitigation(status: dict[str, Any]):
    broken = a_mitigation(status, name="broken")
    page = Page(broken, a_mitigation())
    assert page.value(names.PHASE, phase="Idle") == 1
    assert {dict(labels).get("mitigation", "more") for _, labels in page.scrape()} == {"more"}

    page.mitigations = [a_mitigation(name="broken")]
    assert page.value(names.PHASE, phase="Idle", mitigation="broken") == 1


def test_a_pause_is_told_by_the_leader_alone():
    page = Page(a_mitigation())
    assert page.scrape()[names.PAUSED, ()] == 0
    page.paused = "migration"
    assert page.scrape()[names.PAUSED, ()] == 1
    page.mitigations = []
    assert (names.PAUSED, ()) not in page.scrape()


def test_a_replica_that_does_not_lead_shows_no_mitigation():
    assert {name for name, _ in Page().scrape()} == {names.ENDED}


@given(st.lists(st.sampled_from(("end", "step", "scrape")), max_size=40))
def test_every_end_is_counted_exactly_once(steps: list[str]):
    history, page = [a_step(1, -60)], Page(a_mitigation({"history": [a_step(1, -60)]}))
    page.scrape()
    for step in [*steps, "scrape"]:
        if step == "scrape":
            page.scrape()
        else:
            number = history[-1]["seq"] + 1
            history.append(an_end(number) if step == "end" else a_step(number))
            page.mitigations = [a_mitigation({"history": history[-50:]})]
    assert page.ended("Reverted") == steps.count("end")
