"""Whether approvals are guarded: what is asked, and what the answers come to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Answer, Key, Manifest
from fireline.mitigation.guard import PROBE, Guard, guard_calls, guard_state
from fireline.mitigation.policies import APPROVALS, RECORDS, SERVICE_ACCOUNTS, policies

KEY = Key("Mitigation", "shop", "checkout-undo")
SHIPPED = {f"guard:{one['kind']}/{one['metadata']['name']}": one for one in policies()}
REFUSED = Answer(
    403, {}, f"ValidatingAdmissionPolicy '{APPROVALS}' with binding '{APPROVALS}' denied request: x"
)
Answers = dict[str, Answer]


def live(shipped: Manifest, *, made: str = "2026-11-01T08:00:00Z") -> Manifest:
    """An object as the API server gives it back."""
    metadata = {**shipped["metadata"], "uid": "u", "resourceVersion": "7", "creationTimestamp": made}
    return copy.deepcopy({**shipped, "metadata": metadata, "status": {"observedGeneration": 1}})


def in_force() -> Answers:
    """Everything as it should be."""
    return {name: Answer(200, live(one)) for name, one in SHIPPED.items()} | {PROBE: REFUSED}


def name_of(kind: str, name: str = APPROVALS) -> str:
    """Name of the answer about an object."""
    return f"guard:ValidatingAdmissionPolicy{kind}/{name}"


def with_spec(change: Callable[[Manifest], object], kind: str = "", name: str = APPROVALS) -> Guard:
    """The verdict when one of the objects has another spec."""
    given = in_force()
    change(given[name_of(kind, name)].body["spec"])
    return guard_state(given.get)


def test_every_policy_and_its_binding_is_read_by_the_operator_itself() -> None:
    calls = guard_calls(KEY, {})

    names = {SERVICE_ACCOUNTS, APPROVALS, RECORDS}
    assert {(call.kind, call.object) for call in calls if call.verb == "get"} == {
        (kind, name)
        for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
        for name in names
    }
    assert {call.user for call in calls} == {""}
    assert {call.verb for call in calls if not call.dry_run} == {"get"}


@pytest.mark.parametrize("annotations", [{}, {"fireline.dev/approve": "sha256:0"}, {"a/b": "c"}])
def test_the_probe_is_a_dry_run_of_an_approval_nobody_may_give(annotations: dict[str, str]) -> None:
    probe = guard_calls(KEY, annotations)[-1]

    assert (probe.name, probe.dry_run, probe.verb) == (PROBE, True, "patch")
    assert (probe.namespace, probe.object) == ("shop", "checkout-undo")
    written = {op["path"]: op["value"] for op in probe.body}
    assert written["/metadata/annotations/fireline.dev~1approve"] == "forged"
    assert " " in written["/metadata/annotations/fireline.dev~1approved-by"]  # no user's name has blanks
    assert ("/metadata/annotations" in written) is not annotations


def test_it_is_in_force_since_its_newest_object_was_made() -> None:
    given = in_force()
    given[name_of("Binding", RECORDS)] = Answer(
        200, live(SHIPPED[name_of("Binding", RECORDS)], made="2026-11-02T09:00:00Z")
    )

    assert guard_state(given.get) == Guard("InForce", "", parse_timestamp("2026-11-02T09:00:00Z"))


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("going", [True, False])
def test_without_any_one_of_its_objects_it_is_missing(name: str, going: bool) -> None:
    given = in_force()
    body = live(SHIPPED[name])
    body["metadata"]["deletionTimestamp"] = "2026-11-02T09:00:00Z"
    given[name] = Answer(200, body) if going else Answer(404)

    verdict = guard_state(given.get)

    assert verdict.state == "Missing"
    assert name.removeprefix("guard:") in verdict.message
    assert "fireline rbac --policies" in verdict.message


WEAKENED: dict[str, tuple[Callable[[Manifest], object], str]] = {
    "a failing policy lets pass": (lambda spec: spec.update(failurePolicy="Ignore"), "spec.failurePolicy"),
    "a validation less": (lambda spec: spec["validations"].pop(), "spec.validations[2]"),
    "a back door": (
        lambda spec: spec["validations"][1].update(expression="request.userInfo.username == 'eve' || true"),
        "spec.validations[1].expression",
    ),
    "a condition more": (
        lambda spec: spec.update(matchConditions=[{"name": "not-me", "expression": "false"}]),
        "spec.matchConditions",
    ),
    "only some namespaces": (
        lambda spec: spec["matchConstraints"].update(namespaceSelector={"matchLabels": {"guarded": "yes"}}),
        "spec.matchConstraints.namespaceSelector.matchLabels",
    ),
    "an exception": (
        lambda spec: spec["matchConstraints"].update(excludeResourceRules=[{"apiGroups": ["*"]}]),
        "spec.matchConstraints.excludeResourceRules",
    ),
    "only creations": (
        lambda spec: spec["matchConstraints"]["resourceRules"][0].update(operations=["CREATE"]),
        "spec.matchConstraints.resourceRules[0].operations[1]",
    ),
    "another variable": (
        lambda spec: spec["variables"][4].update(expression="false"),
        "spec.variables[4].expression",
    ),
    "parameters": (
        lambda spec: spec.update(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}),
        "spec.paramKind",
    ),
}


@pytest.mark.parametrize(("change", "at"), WEAKENED.values(), ids=WEAKENED.keys())
def test_a_policy_that_was_weakened_is_noticed_and_where(
    change: Callable[[Manifest], object], at: str
) -> None:
    verdict = with_spec(change)

    assert verdict.state == "Changed"
    assert f"ValidatingAdmissionPolicy/{APPROVALS} is not the one of this release: it differs in {at};" in (
        verdict.message
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.update(validationActions=["Audit"]),
        lambda spec: spec.update(validationActions=["Warn", "Audit"]),
        lambda spec: spec.update(policyName="another"),
        lambda spec: spec.update(matchResources={"namespaceSelector": {"matchLabels": {"a": "b"}}}),
        lambda spec: spec.update(paramRef={"name": "x", "parameterNotFoundAction": "Allow"}),
    ],
)
def test_a_binding_that_does_not_refuse_everywhere_is_noticed(change: Callable[[Manifest], object]) -> None:
    assert with_spec(change, "Binding").state == "Changed"


def test_refusals_may_be_audited_too() -> None:
    found = with_spec(lambda spec: spec.update(validationActions=["Deny", "Audit"]), "Binding")

    assert found.state == "InForce"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*path, key))
    else:
        yield path


LEAVES = [(name, path) for name, one in SHIPPED.items() for path in _places(one["spec"])]


@given(st.sampled_from(LEAVES), st.sampled_from(["", "x", None, [], {}, ["*"], False]))
def test_no_change_of_any_field_passes_unnoticed(leaf: tuple[str, tuple[Any, ...]], value: Any) -> None:
    name, (*parents, last) = leaf
    given = in_force()
    node = given[name].body["spec"]
    for part in parents:
        node = node[part]
    before, node[last] = node[last], value

    assert (guard_state(given.get).state == "InForce") is (before == value)


def test_policies_that_refuse_nothing_are_as_good_as_none() -> None:
    given = in_force() | {PROBE: Answer(200, {})}

    verdict = guard_state(given.get)

    assert verdict.state == "Missing"
    assert "would let a forged approval through" in verdict.message


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        (name_of(""), Answer(403, {}, "may not get it"), "may not get it"),
        (name_of("Binding"), Answer(0), "no answer"),
        (name_of("", RECORDS), Answer(500), "HTTP 500"),
        (PROBE, Answer(403, {}, "may not patch mitigations"), "may not patch mitigations"),
        (PROBE, Answer(403, {}, "ValidatingAdmissionPolicy 'another' denied request"), "another"),
        (
            PROBE,
            Answer(403, {}, f'mitigations "{APPROVALS}" is forbidden: User x cannot patch'),
            "cannot patch",
        ),
        (PROBE, Answer(404), "HTTP 404"),
        (PROBE, Answer(0, message="timed out"), "timed out"),
        (PROBE, None, "not asked yet"),
    ],
)
def test_what_could_not_be_looked_at_is_unknown_and_not_in_force(
    name: str, answer: Answer | None, why: str
) -> None:
    given: dict[str, Answer | None] = {**in_force(), name: answer}

    verdict = guard_state(given.get)

    assert verdict.state == "Unknown"
    assert why in verdict.message


def test_what_is_certainly_missing_counts_more_than_what_is_not_known() -> None:
    given = in_force() | {name_of(""): Answer(0), name_of("Binding"): Answer(404)}

    assert guard_state(given.get).state == "Missing"
