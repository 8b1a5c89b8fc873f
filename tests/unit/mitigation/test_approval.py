"""Whether a proposal is approved: the very plan, in time, by somebody the API server has checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.mitigation_cases import a_mitigation
from tests.unit.mitigation.test_guard import REFUSED, SHIPPED, in_force, live

from fireline.api.conditions import timestamp
from fireline.api.labels import APPROVE, APPROVED_BY
from fireline.api.mitigation import Mitigation
from fireline.api.plan import Answer, Key
from fireline.mitigation.approval import Approved, approval_of, guarded, judge, unguarded
from fireline.mitigation.guard import Guard
from fireline.mitigation.model import Refusal
from fireline.mitigation.sight import Book, Next, Sight
from fireline.settings import MitigationSettings

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PLAN = "sha256:" + "a" * 32
OTHER = "sha256:" + "b" * 32
SAID = {APPROVE: PLAN, APPROVED_BY: "alice@example.com"}
IN_FORCE = Guard("InForce", since=NOW - timedelta(days=3))


def verdict(
    annotations: dict[str, str], *, plan: str | None = PLAN, left: float = 60
) -> Approved | Refusal | None:
    """What the annotations say about a proposal that has ``left`` seconds."""
    return judge(annotations, plan_hash=plan, expires_at=NOW + timedelta(seconds=left), now=NOW, within="30m")


def reason(found: Approved | Refusal | None) -> str:
    """Of a refusal."""
    assert isinstance(found, Refusal)
    return found.reason


def test_the_very_plan_is_approved_by_whom_it_says() -> None:
    assert verdict(SAID) == Approved("alice@example.com")


@pytest.mark.parametrize("annotations", [{}, {APPROVE: ""}, {APPROVED_BY: "alice"}, {"team": "shop"}])
def test_nobody_said_anything(annotations: dict[str, str]) -> None:
    assert verdict(annotations) is None


def test_nothing_is_approved_that_was_not_proposed() -> None:
    assert verdict(SAID, plan=None) is None


def test_another_plan_than_the_proposed_one_is_stale_and_both_are_named() -> None:
    found = verdict({**SAID, APPROVE: OTHER})

    assert reason(found) == "StalePlanHash"
    assert isinstance(found, Refusal)
    assert OTHER in found.message
    assert PLAN in found.message


@pytest.mark.parametrize("wrong", [PLAN[:-1], PLAN.upper(), f"{PLAN} ", PLAN.removeprefix("sha256:"), "*"])
def test_a_hash_is_the_same_only_if_every_character_is(wrong: str) -> None:
    assert reason(verdict({**SAID, APPROVE: wrong})) == "StalePlanHash"


@pytest.mark.parametrize(("left", "counts"), [(1, True), (0, False), (-1, False)])
def test_an_approval_comes_in_time_or_not_at_all(left: float, counts: bool) -> None:
    found = verdict(SAID, left=left)

    assert isinstance(found, Approved) is counts
    assert counts or reason(found) == "ApprovalExpired"


@pytest.mark.parametrize("by", [{}, {APPROVED_BY: ""}])
def test_an_approval_without_a_name_does_not_count(by: dict[str, str]) -> None:
    assert reason(verdict({APPROVE: PLAN, **by})) == "ApprovalIncomplete"


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from([PLAN, OTHER, None]))
def test_only_the_exact_hash_with_a_name_is_ever_an_approval(said: str, by: str, plan: str | None) -> None:
    found = verdict({APPROVE: said, APPROVED_BY: by}, plan=plan)

    assert isinstance(found, Approved) == (bool(by) and bool(said) and said == plan)


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (Guard("Missing", "not there"), "ApprovalGuardMissing"),
        (Guard("Changed", "differs"), "ApprovalGuardChanged"),
        (Guard("Unknown", "no answer"), "ApprovalGuardUnknown"),
        (replace(IN_FORCE, since=NOW + timedelta(seconds=1)), "ApprovalGuardTooNew"),
    ],
)
def test_an_approval_does_not_count_unless_the_api_server_checks_who_writes_it(
    guard: Guard, expected: str
) -> None:
    found = guarded(Approved("alice"), guard, proposed_at=NOW)

    assert reason(found) == expected
    assert isinstance(found, Refusal)
    assert guard.message in found.message


@pytest.mark.parametrize("since", [NOW, NOW - timedelta(days=1)])
def test_a_guarded_approval_counts(since: datetime) -> None:
    approved = Approved("alice")

    assert guarded(approved, replace(IN_FORCE, since=since), proposed_at=NOW) is approved


MITIGATION = a_mitigation(namespace="shop")
SPEC = Mitigation.of(MITIGATION).spec


def sight(
    annotations: Mapping[str, str],
    answers: Mapping[str, Answer] = MappingProxyType({}),
    *,
    guard: bool = True,
) -> Sight:
    """What the phase Proposed sees of a proposal that is a minute old."""
    at, until = (timestamp(NOW + timedelta(minutes=minutes)) for minutes in (-1, 29))
    status = {"phase": "Proposed", "planHash": PLAN, "plan": {"at": at}, "expiresAt": until}
    return Sight(
        key=Key("Mitigation", "shop", "more-replicas"),
        metadata={**MITIGATION["metadata"], "uid": "u", "annotations": dict(annotations)},
        spec=SPEC,
        raw=MITIGATION["spec"],
        book=Book(status, NOW),
        now=NOW,
        settings=MitigationSettings(require_approval_guard=guard),
        place="fireline",
        signal=None,
        verification=None,
        storm=(False, ""),
        paused=None,
        others=(),
        going=False,
        namespace_going=False,
        incident=None,
        answer=answers.get,
    )


def asked(found: object) -> set[str]:
    """The names of what must be asked first."""
    assert isinstance(found, Next)
    assert found.action is None
    return {call.name for call in found.reads}


def test_the_guard_is_looked_at_only_when_somebody_approved() -> None:
    assert approval_of(sight({}), SPEC) is None
    assert reason(_settled(approval_of(sight({**SAID, APPROVE: OTHER}), SPEC))) == "StalePlanHash"
    assert asked(approval_of(sight(SAID), SPEC)) == {*SHIPPED, "guard:probe"}


def _settled(found: Next | Approved | Refusal | None) -> Approved | Refusal | None:
    assert not isinstance(found, Next)
    return found


def test_only_what_was_not_asked_yet_is_asked() -> None:
    answers = in_force()
    del answers["guard:probe"]

    assert asked(approval_of(sight(SAID, answers), SPEC)) == {"guard:probe"}


def test_with_the_guard_in_force_it_is_approved() -> None:
    assert approval_of(sight(SAID, in_force()), SPEC) == Approved("alice@example.com")


def test_without_it_it_is_not_and_the_command_that_helps_is_named() -> None:
    missing = {name: Answer(404) for name in SHIPPED} | {"guard:probe": Answer(200, {})}

    found = approval_of(sight(SAID, missing), SPEC)

    assert isinstance(found, Refusal)
    assert found.reason == "ApprovalGuardMissing"
    assert "fireline rbac --policies" in found.message


def test_a_guard_that_was_made_after_the_proposal_is_too_new() -> None:
    late = {name: Answer(200, live(one, made=timestamp(NOW))) for name, one in SHIPPED.items()}

    found = approval_of(sight(SAID, late | {"guard:probe": REFUSED}), SPEC)

    assert reason(_settled(found)) == "ApprovalGuardTooNew"


def test_where_the_settings_say_that_something_else_guards_nothing_is_asked() -> None:
    assert approval_of(sight(SAID, guard=False), SPEC) == Approved("alice@example.com")
    assert unguarded(sight({}, guard=False)) is None


def test_nothing_is_done_without_a_person_while_nobody_checks_whose_rights_are_used() -> None:
    missing = in_force() | {next(iter(SHIPPED)): Answer(404)}

    assert asked(unguarded(sight({}))) == {*SHIPPED, "guard:probe"}
    assert unguarded(sight({}, in_force())) is None
    found = unguarded(sight({}, missing))
    assert isinstance(found, Refusal)
    assert found.reason == "ApprovalGuardMissing"
    assert found.message.startswith("mode Auto only proposes: ")
