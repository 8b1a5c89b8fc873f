"""The preflight: which rights are asked about, in whose name, and what the answers come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.api.plan import Answer
from fireline.mitigation.model import Permission
from fireline.mitigation.permissions import Asker, permitted, review_calls, rights_of

ASKER = Asker("shop", "checkout-undo", "mitigator")
REMEDY = "fireline rbac checkout-undo -n shop | kubectl apply -f -"
UNDO = (
    Permission("apps", "deployments", ("get", "patch"), ("checkout",)),
    Permission("apps", "replicasets", ("list",)),
)
YES = Answer(201, {"status": {"allowed": True}})
NO = Answer(201, {"status": {"allowed": False}})
CANNOT_ACT = Answer(
    403,
    {"code": 403, "details": {"kind": "serviceaccounts", "name": "mitigator"}},
    'serviceaccounts "mitigator" is forbidden: User "x" cannot impersonate resource "serviceaccounts"',
)


def answers(*given: Answer | None) -> Mapping[str, Answer | None]:
    """Answers to the questions about UNDO, in their order."""
    calls = review_calls(ASKER, UNDO)
    return {call.name: one for call, one in zip(calls, given, strict=True)}


def judged(*given: Answer | None) -> tuple[str, str, str]:
    """Status, reason and message of the condition."""
    found = permitted(ASKER, UNDO, answers(*given).get)
    assert found.type == "Permitted"
    return found.status, found.reason, found.message


def test_each_right_is_asked_about_in_the_name_of_the_service_account() -> None:
    calls = review_calls(ASKER, UNDO)

    assert {call.user for call in calls} == {"system:serviceaccount:shop:mitigator"}
    assert {(call.verb, call.kind, call.namespace) for call in calls} == {
        ("create", "SelfSubjectAccessReview", "")
    }
    assert [call.body["spec"]["resourceAttributes"] for call in calls] == [
        {"namespace": "shop", "verb": "get", "group": "apps", "resource": "deployments", "name": "checkout"},
        {
            "namespace": "shop",
            "verb": "patch",
            "group": "apps",
            "resource": "deployments",
            "name": "checkout",
        },
        {"namespace": "shop", "verb": "list", "group": "apps", "resource": "replicasets"},
    ]


def test_a_subresource_is_asked_about_as_one() -> None:
    (call,) = review_calls(ASKER, [Permission("apps", "deployments/scale", ("patch",), ("checkout",))])

    attributes = call.body["spec"]["resourceAttributes"]
    assert (attributes["resource"], attributes["subresource"]) == ("deployments", "scale")


PERMISSIONS = st.lists(
    st.builds(
        Permission,
        st.sampled_from(["", "apps"]),
        st.sampled_from(["deployments", "configmaps", "deployments/scale"]),
        st.lists(st.sampled_from(["get", "list", "patch"]), min_size=1, max_size=3).map(tuple),
        st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    ),
    max_size=4,
)


@given(PERMISSIONS)
def test_no_right_is_asked_about_twice_and_none_is_left_out(permissions: list[Permission]) -> None:
    calls = review_calls(ASKER, permissions)

    assert len({call.name for call in calls}) == len(calls) == len(rights_of(permissions))
    assert {(right.verb, right.resource, right.name) for right in rights_of(permissions)} == {
        (verb, one.resource, name) for one in permissions for verb in one.verbs for name in one.names or ("",)
    }


@given(PERMISSIONS, st.data())
def test_it_is_permitted_only_when_every_single_answer_is_yes(
    permissions: list[Permission], data: st.DataObject
) -> None:
    calls = review_calls(ASKER, permissions)
    drawn = {call.name: data.draw(st.sampled_from([YES, NO, Answer(0), None])) for call in calls}

    found = permitted(ASKER, permissions, drawn.get)

    assert (found.status == "True") == all(one is YES for one in drawn.values())
    assert (found.status == "False") == (NO in drawn.values())


def test_all_rights_are_there() -> None:
    assert judged(YES, YES, YES) == (
        "True",
        "Permitted",
        "ServiceAccount shop/mitigator may do all that is needed",
    )


def test_a_missing_right_is_named_with_the_command_that_grants_it() -> None:
    missing = 'patch deployments.apps "checkout" and list replicasets.apps'
    words = f"ServiceAccount shop/mitigator may not {missing}; grant it: {REMEDY}"

    assert judged(YES, NO, NO) == ("False", "RightsMissing", words)


def test_an_operator_that_may_not_act_as_the_account_says_so_and_nothing_else() -> None:
    assert judged(CANNOT_ACT, CANNOT_ACT, CANNOT_ACT) == (
        "False",
        "ImpersonationDenied",
        f"the operator may not act as ServiceAccount shop/mitigator; grant it: {REMEDY}",
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(0, message="timed out after 10 s"), "timed out after 10 s"),
        (Answer(0), "no answer"),
        (Answer(503), "HTTP 503"),
        (Answer(403, {"details": {"kind": "selfsubjectaccessreviews"}}, "may not create"), "may not create"),
        (
            Answer(201, {"status": {"allowed": False, "evaluationError": "webhook is down"}}),
            "webhook is down",
        ),
        (None, "not asked yet"),
    ],
)
def test_what_is_not_answered_is_unknown_and_no_refusal(answer: Answer | None, why: str) -> None:
    status, reason, message = judged(YES, answer, YES)

    assert (status, reason) == ("Unknown", "NotAnswered")
    assert message.endswith(f'may patch deployments.apps "checkout": {why}')


def test_a_right_that_is_certainly_missing_counts_more_than_one_that_is_not_known() -> None:
    status, reason, message = judged(Answer(0), NO, YES)

    assert (status, reason) == ("False", "RightsMissing")
    assert "get deployments" not in message


def test_an_action_that_needs_nothing_is_permitted() -> None:
    nothing: Any = {}
    assert permitted(ASKER, (), nothing.get).status == "True"
