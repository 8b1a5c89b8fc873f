"""Who may approve a Mitigation, on a real API server; and that the operator knows whether that is guarded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.guarded import INSTALL, PLAN, Guarded, Place, refusal

from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE, REJECT, REVERT
from fireline.api.plan import Answer, Key, Manifest
from fireline.api.resources import MITIGATION, Resource
from fireline.mitigation.approval import Approved, judge
from fireline.mitigation.approval import guarded as counted
from fireline.mitigation.guard import PROBE, Guard, guard_calls, guard_state
from fireline.mitigation.model import Refusal
from fireline.mitigation.policies import APPROVALS, BINDING, POLICY

pytestmark = pytest.mark.bed
OTHER = "sha256:" + "b" * 32
_API = "admissionregistration.k8s.io"
POLICIES = Resource(_API, "v1", "validatingadmissionpolicies", POLICY, namespaced=False)
BINDINGS = Resource(_API, "v1", "validatingadmissionpolicybindings", BINDING, namespaced=False)
_users = itertools.count(1)


def named(what: str) -> str:
    """A user nobody has heard of."""
    return f"{what}-{next(_users)}@example.com"


def approver(place: Place) -> tuple[KubeClient, str]:
    """Somebody who may approve, and their name."""
    name = named("approver")
    return place.is_a(name, "fireline-approve"), name


def editor(place: Place) -> KubeClient:
    """Somebody who may do everything with Mitigations and act as their account, but not approve."""
    return place.author(named("author"))


def approval(by: str, plan: str = PLAN) -> dict[str, str | None]:
    """The two annotations."""
    return {APPROVE: plan, APPROVED_BY: by}


def annotations(place: Place) -> Manifest:
    """As they are on the Mitigation."""
    found: Manifest = place.get()["metadata"].get("annotations", {})
    return found


def test_who_may_approve_approves_in_their_own_name(place: Place) -> None:
    place.admin_makes()
    client, name = approver(place)

    place.annotate(client, "a", approval(name))
    assert annotations(place) == approval(name)


def test_who_may_not_approve_does_not_whatever_else_they_may(place: Place) -> None:
    place.admin_makes()
    name = named("author")
    client = place.author(name)

    said = refusal(lambda: place.annotate(client, "a", approval(name)))

    assert f"ValidatingAdmissionPolicy '{APPROVALS}'" in said
    assert f"{name} may not approve Mitigation {place.name}/a" in said
    assert annotations(place) == {}


@pytest.mark.parametrize("role", ["edit", "admin"])
def test_no_role_of_kubernetes_below_cluster_admin_approves(place: Place, role: str) -> None:
    place.admin_makes()
    name = named(role)
    client = place.is_a(name, role)

    assert APPROVALS in refusal(lambda: place.annotate(client, "a", approval(name)))


def test_nobody_approves_under_another_name(place: Place) -> None:
    place.admin_makes()
    client, name = approver(place)
    _, other = approver(place)

    for wrong in (other, name.upper(), f" {name}", f"{name} ", "system:serviceaccount:fireline:fireline", ""):
        said = refusal(lambda wrong=wrong: place.annotate(client, "a", approval(wrong)))
        assert APPROVALS in said
        assert name in said
    assert annotations(place) == {}


def test_not_even_an_administrator_approves_under_another_name(place: Place) -> None:
    place.admin_makes()
    _, other = approver(place)

    assert APPROVALS in refusal(lambda: place.annotate(place.admin, "a", approval(other)))


@pytest.mark.parametrize("given", [{APPROVE: PLAN}, {APPROVED_BY: "NAME"}])
def test_half_an_approval_is_refused(place: Place, given: dict[str, str]) -> None:
    place.admin_makes()
    client, name = approver(place)
    half: dict[str, str | None] = {key: name if value == "NAME" else value for key, value in given.items()}

    assert APPROVALS in refusal(lambda: place.annotate(client, "a", half))


@pytest.mark.parametrize("key", ["approve", "approved_by", "revert"])
@pytest.mark.parametrize("value", [PLAN, ""])
def test_nothing_is_approved_at_creation_by_anybody(place: Place, key: str, value: str) -> None:
    everything = place.is_a(named("everything"), "cluster-admin")

    for client in (everything, place.admin):
        assert APPROVALS in refusal(lambda client=client: client.create(place.mitigation(**{key: value})))
        assert APPROVALS in refusal(lambda client=client: client.apply(place.mitigation(**{key: value})))
    assert place.admin.list(MITIGATION, place.name) == []


def test_what_somebody_approved_is_not_turned_into_the_approval_of_something_else(place: Place) -> None:
    place.admin_makes()
    (client, name), (other, other_name) = approver(place), approver(place)
    place.annotate(client, "a", approval(name))

    for change in ({APPROVE: OTHER}, {APPROVED_BY: other_name}, {APPROVED_BY: None}, {APPROVE: None}):
        assert APPROVALS in refusal(lambda change=change: place.annotate(editor(place), "a", change))
    assert APPROVALS in refusal(lambda: place.annotate(other, "a", {APPROVE: OTHER}))
    assert annotations(place) == approval(name)
    place.annotate(other, "a", approval(other_name, OTHER))
    assert annotations(place) == approval(other_name, OTHER)


def test_everybody_else_goes_on_beside_an_approval_and_may_take_it_off(place: Place) -> None:
    place.admin_makes()
    client, name = approver(place)
    place.annotate(client, "a", approval(name))
    other = editor(place)

    other.patch(MITIGATION, "a", place.name, {"metadata": {"labels": {"team": "shop"}}})
    other.patch(MITIGATION, "a", place.name, {"spec": {"description": "more"}})
    place.guarded.operator.patch(
        MITIGATION, "a", place.name, {"metadata": {"finalizers": ["fireline.dev/x"]}}
    )
    assert annotations(place) == approval(name)
    place.annotate(other, "a", {APPROVE: None, APPROVED_BY: None})
    assert annotations(place) == {}
    place.admin.patch(MITIGATION, "a", place.name, {"metadata": {"finalizers": None}})


def test_the_operator_approves_nothing(place: Place) -> None:
    place.admin_makes()
    name = "system:serviceaccount:fireline:fireline"

    assert APPROVALS in refusal(lambda: place.annotate(place.guarded.operator, "a", approval(name)))


def test_an_approval_does_not_come_in_by_the_way_of_the_status(place: Place) -> None:
    place.admin_makes()
    sly = {"metadata": {"annotations": approval("eve")}, "status": {"phase": "Idle"}}

    place.guarded.operator.patch(MITIGATION, "a", place.name, sly, subresource="status")
    assert annotations(place) == {}


def test_to_have_a_change_taken_back_takes_the_same_right(place: Place) -> None:
    place.admin_makes()
    client, _ = approver(place)

    assert APPROVALS in refusal(lambda: place.annotate(editor(place), "a", {REVERT: "1"}))
    place.annotate(client, "a", {REVERT: "1"})
    assert APPROVALS in refusal(lambda: place.annotate(editor(place), "a", {REVERT: "2"}))
    assert annotations(place) == {REVERT: "1"}


def test_to_say_no_and_to_ask_for_a_proposal_takes_no_more_than_to_edit(place: Place) -> None:
    place.admin_makes()

    place.annotate(editor(place), "a", {REJECT: PLAN, PROPOSE: "1"})
    assert annotations(place) == {REJECT: PLAN, PROPOSE: "1"}


def test_the_right_to_approve_one_mitigation_is_not_that_to_approve_another(place: Place) -> None:
    for name in ("a", "b"):
        place.admin_makes(name)
    user = named("one")
    place.may(user, "mitigations", verbs=("patch", "get"))
    client = place.may(user, "mitigations", verbs=("approve",), names=("a",))

    place.annotate(client, "a", approval(user))
    assert APPROVALS in refusal(lambda: place.annotate(client, "b", approval(user)))


def test_the_right_to_approve_is_that_of_one_namespace(guarded: Guarded, place: Place) -> None:
    other = guarded.place()
    other.admin_makes()
    user = named("here")
    place.is_a(user, "fireline-approve")
    client = other.is_a(user, "fireline-edit")

    assert APPROVALS in refusal(lambda: other.annotate(client, "a", approval(user)))


@pytest.mark.parametrize("way", ["replace", "apply", "json"])
def test_whichever_way_it_is_written(place: Place, way: str) -> None:
    made = place.admin_makes()
    wanted = {**made, "metadata": {**made["metadata"], "annotations": approval("eve")}}
    apply = place.mitigation(approve=PLAN, approved_by="eve")
    body = b'[{"op": "add", "path": "/metadata/annotations", "value": {"fireline.dev/approve": "sha256:0"}}]'
    client = editor(place)
    write = {
        "replace": lambda: client.replace(wanted),
        "apply": lambda: client.apply(apply),
        "json": lambda: client.request(
            "PATCH",
            f"/apis/fireline.dev/v1alpha1/namespaces/{place.name}/mitigations/a",
            body=body,
            content_type="application/json-patch+json",
        ),
    }[way]

    assert APPROVALS in refusal(write)
    assert annotations(place) == {}


def verdict(place: Place, plan: str) -> Approved | Refusal | None:
    """What the operator makes of the annotations as they are, about a proposal of now."""
    now = datetime.now(UTC)
    found = judge(
        annotations(place), plan_hash=plan, expires_at=now + timedelta(minutes=1), now=now, within="30m"
    )
    if not isinstance(found, Approved):
        return found
    return counted(found, state(place), proposed_at=now)


def state(place: Place) -> Guard:
    """Whether the operator finds its approvals guarded."""
    return guard_state(answers(place).get)


def answers(place: Place) -> dict[str, Answer]:
    """What the API server says to its questions."""
    return place.guarded.answers(guard_calls(Key("Mitigation", place.name, "a"), annotations(place)))


def test_an_approval_counts_for_the_plan_it_names_and_for_no_other(place: Place) -> None:
    place.admin_makes()
    client, name = approver(place)
    place.annotate(client, "a", approval(name))

    assert verdict(place, PLAN) == Approved(name)
    stale = verdict(place, OTHER)
    assert isinstance(stale, Refusal)
    assert stale.reason == "StalePlanHash"


def test_the_operator_finds_the_guard_in_force_and_writes_nothing_to_find_out(place: Place) -> None:
    before = place.admin_makes()

    found = state(place)

    assert (found.state, found.message) == ("InForce", "")
    assert found.since is not None
    assert found.since <= datetime.now(UTC)
    assert place.get() == before


def test_the_probe_is_refused_whether_or_not_there_are_annotations_already(place: Place) -> None:
    place.admin_makes()
    client, name = approver(place)
    place.annotate(client, "a", approval(name))

    found = answers(place)[PROBE]
    assert found.status == 403
    assert APPROVALS in found.message


@pytest.fixture(scope="module")
def weak(tools: Tools, bed_directory: Path) -> Iterator[Guarded]:
    """A guarded cluster whose guard may be tampered with."""
    with Cluster(tools, bed_directory / "weak") as running:
        yield Guarded(running)


@contextmanager
def tampered(weak: Guarded, kind: Resource, change: Manifest | None) -> Iterator[Place]:
    """With one of the guard's objects changed, or (None) gone; a place with a Mitigation."""
    place = weak.place()
    place.admin_makes()
    if change is None:
        weak.admin.delete(kind, APPROVALS)
    else:
        weak.admin.patch(kind, APPROVALS, None, change)
    try:
        yield place
    finally:
        weak.cluster.kubectl("apply" if change is None else "replace", "-f", str(POLICY_FILE))
        wait_for(lambda: state(place).state == "InForce", what="the guard is in force again")


POLICY_FILE = INSTALL / "mitigation-policies.yaml"


@pytest.mark.parametrize("kind", [POLICIES, BINDINGS], ids=lambda kind: kind.kind)
def test_without_a_policy_or_its_binding_approvals_do_not_count(weak: Guarded, kind: Resource) -> None:
    with tampered(weak, kind, None) as place:
        name = named("anybody")
        client = place.is_a(name, "fireline-edit")
        # Now nobody checks who writes it: exactly what must not count.
        wait_for(lambda: not refusal(lambda: place.annotate(client, "a", approval(name))), what="a forgery")

        found = verdict(place, PLAN)

    assert isinstance(found, Refusal)
    assert found.reason == "ApprovalGuardMissing"
    assert f"{kind.kind}/{APPROVALS} is not there" in found.message
    assert "fireline rbac --policies" in found.message


@pytest.mark.parametrize(
    ("kind", "spec", "at"),
    [
        (POLICIES, {"failurePolicy": "Ignore"}, "spec.failurePolicy"),
        (
            POLICIES,
            {"matchConditions": [{"name": "but-me", "expression": "request.userInfo.username != 'eve'"}]},
            "spec.matchConditions",
        ),
        (BINDINGS, {"validationActions": ["Audit"]}, "spec.validationActions[0]"),
        (
            BINDINGS,
            {"matchResources": {"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}},
            "spec.matchResources",
        ),
    ],
)
def test_a_weakened_guard_is_noticed(weak: Guarded, kind: Resource, spec: Manifest, at: str) -> None:
    with tampered(weak, kind, {"spec": spec}) as place:
        found = state(place)

    assert found.state == "Changed"
    assert at in found.message


def test_an_operator_that_may_not_look_does_not_take_it_for_guarded(weak: Guarded) -> None:
    place = weak.place()
    place.admin_makes()
    weak.admin.delete(ROLE_BINDINGS, "fireline")
    try:

        def unknown() -> Guard | None:
            found = state(place)
            return found if found.state == "Unknown" else None

        found = wait_for(unknown, what="the rights are gone")
        assert "validatingadmissionpolicies" in found.message
    finally:
        weak.cluster.kubectl("apply", "-f", str(INSTALL / "rbac.yaml"))


ROLE_BINDINGS = Resource(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
