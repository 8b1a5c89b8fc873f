"""Whose rights a Mitigation may use, who may write its status, and what the operator may write at all.

On a real API server with the policies and roles of examples/install, as users without further rights.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from tests.bed.kubeclient import ApiError, KubeClient, path_of
from tests.cluster.guarded import DRY_RUN, Guarded, Place, refusal

from fireline.api.plan import Manifest
from fireline.api.resources import CONFIG_MAP, CRON_JOB, DEPLOYMENT, JOB, MITIGATION
from fireline.mitigation.policies import RECORDS, SERVICE_ACCOUNTS
from fireline.mitigation.policies_operator import OWN_OBJECTS

pytestmark = pytest.mark.bed
OURS = {"app.kubernetes.io/managed-by": "fireline"}
_users = itertools.count(1)


def someone() -> str:
    """A user nobody has heard of."""
    return f"user-{next(_users)}"


def editor(place: Place) -> KubeClient:
    """May do everything with Mitigations that fireline-edit says, and act as no ServiceAccount."""
    return place.is_a(someone(), "fireline-edit", "fireline-view")


def replaced(client: KubeClient, place: Place, changed: Manifest) -> Manifest:
    """By PUT."""
    version = place.get()["metadata"]["resourceVersion"]
    return client.replace({**changed, "metadata": {**changed["metadata"], "resourceVersion": version}})


def merged(client: KubeClient, place: Place, changed: Manifest) -> Manifest:
    """By a merge patch."""
    return client.patch(MITIGATION, "a", place.name, {"spec": changed["spec"]})


def applied(client: KubeClient, place: Place, changed: Manifest) -> Manifest:
    """By server-side apply."""
    assert place.name == changed["metadata"]["namespace"]
    return client.apply(changed)


def patched(client: KubeClient, place: Place, changed: Manifest) -> Manifest:
    """By a JSON patch."""
    path = path_of(MITIGATION, place.name, "a")
    body: Any = b'[{"op": "replace", "path": "/spec/action/scale/replicas", "value": 7}]'
    assert changed["spec"]["action"] == {"scale": {"replicas": 7}}
    return client.request("PATCH", path, body=body, content_type="application/json-patch+json")


WAYS = [replaced, merged, applied, patched]
Way = Callable[[KubeClient, Place, Manifest], Manifest]


def test_who_may_act_as_the_account_makes_a_mitigation_and_changes_it(place: Place) -> None:
    author = place.author(someone())
    made = author.create(place.mitigation())

    made["spec"]["action"]["scale"]["replicas"] = 7
    assert author.replace(made)["spec"]["action"] == {"scale": {"replicas": 7}}


def test_nobody_points_a_new_mitigation_at_an_account_they_may_not_act_as(place: Place) -> None:
    said = refusal(lambda: editor(place).create(place.mitigation()))

    assert f"ValidatingAdmissionPolicy '{SERVICE_ACCOUNTS}'" in said
    assert f"may not impersonate ServiceAccount {place.name}/mitigator" in said
    assert "User " not in said  # not RBAC: making Mitigations as such is allowed


def test_nor_by_a_generated_name_nor_by_apply(place: Place) -> None:
    client = editor(place)
    nameless = place.mitigation()
    nameless["metadata"] = {"generateName": "a-", "namespace": place.name}

    assert SERVICE_ACCOUNTS in refusal(lambda: client.create(nameless))
    assert SERVICE_ACCOUNTS in refusal(lambda: client.apply(place.mitigation()))
    assert place.admin.list(MITIGATION, place.name) == []


def test_the_right_to_act_as_one_account_is_not_that_to_act_as_another(place: Place) -> None:
    author = place.author(someone(), account="mine")

    author.create(place.mitigation("mine", account="mine"))
    assert SERVICE_ACCOUNTS in refusal(lambda: author.create(place.mitigation("yours", account="yours")))


def test_the_right_in_one_namespace_is_none_in_another(guarded: Guarded, place: Place) -> None:
    other, user = guarded.place(), someone()
    author = place.author(user)
    other.is_a(user, "fireline-edit")

    assert SERVICE_ACCOUNTS in refusal(lambda: author.create(other.mitigation()))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nobody_changes_a_mitigation_of_an_account_they_may_not_act_as(place: Place, way: Way) -> None:
    before = place.admin_makes()
    changed = place.mitigation()
    changed["spec"]["action"] = {"scale": {"replicas": 7}}
    stranger, author = editor(place), place.author(someone())

    assert SERVICE_ACCOUNTS in refusal(lambda: way(stranger, place, changed))
    assert place.get()["spec"] == before["spec"]
    assert way(author, place, changed)["spec"]["action"] == {"scale": {"replicas": 7}}


@pytest.mark.parametrize(
    "spec",
    [
        {"mode": "Auto"},
        {"suspend": True},
        {"release": True},
        {"description": "harmless?"},
        {"revert": {"ttl": "99h"}},
        {"target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "payment"}},
        {"trigger": None},
    ],
    ids=lambda spec: next(iter(spec)),
)
def test_not_a_single_field_of_it(place: Place, spec: Manifest) -> None:
    place.admin_makes()
    stranger = editor(place)

    assert SERVICE_ACCOUNTS in refusal(lambda: stranger.patch(MITIGATION, "a", place.name, {"spec": spec}))


@pytest.mark.parametrize("rights", [("mine",), ("mitigator",), ()], ids=["new", "old", "none"])
def test_another_account_takes_the_right_to_act_as_both(place: Place, rights: tuple[str, ...]) -> None:
    place.admin_makes()
    user = someone()
    for account in rights:
        place.author(user, account)
    client = place.is_a(user, "fireline-edit")
    change = {"spec": {"serviceAccountName": "mine"}}

    assert SERVICE_ACCOUNTS in refusal(lambda: client.patch(MITIGATION, "a", place.name, change))
    for account in ("mine", "mitigator"):
        place.author(user, account)
    assert client.patch(MITIGATION, "a", place.name, change)["spec"]["serviceAccountName"] == "mine"


def test_what_is_not_the_spec_may_be_changed_by_every_editor(place: Place) -> None:
    place.admin_makes()
    client = editor(place)

    client.patch(MITIGATION, "a", place.name, {"metadata": {"labels": {"team": "shop"}}})
    place.annotate(client, "a", {"fireline.dev/propose": "1", "fireline.dev/reject": "sha256:0"})
    client.delete(MITIGATION, "a", place.name)
    assert place.admin.list(MITIGATION, place.name) == []


def test_the_edit_role_of_kubernetes_is_enough_for_it_acts_as_every_account_already(place: Place) -> None:
    made = place.is_a(someone(), "edit").create(place.mitigation())

    assert made["spec"]["serviceAccountName"] == "mitigator"


def test_the_view_role_of_kubernetes_reads_and_does_nothing_else(place: Place) -> None:
    place.admin_makes()
    viewer = place.is_a(someone(), "view")

    assert viewer.get(MITIGATION, "a", place.name)["spec"]["serviceAccountName"] == "mitigator"
    for write in (
        lambda: viewer.create(place.mitigation("b")),
        lambda: viewer.patch(MITIGATION, "a", place.name, {"metadata": {"labels": {"team": "shop"}}}),
        lambda: viewer.delete(MITIGATION, "a", place.name),
    ):
        assert "cannot" in refusal(write)


FORGED = {"phase": "Approved", "planHash": "sha256:0", "approvedBy": "eve"}


@pytest.mark.parametrize("role", ["edit", "admin", "fireline-edit", "fireline-approve", "fireline-view"])
def test_no_role_for_people_writes_a_status(place: Place, role: str) -> None:
    place.admin_makes()
    client = place.is_a(someone(), role)

    assert "cannot patch resource" in refusal(lambda: place.write_status(client, "a", FORGED))


def test_not_even_a_role_for_everything_writes_a_status(place: Place) -> None:
    """Such as many clusters have for developers: every verb they know, on every resource."""
    place.admin_makes()
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete")
    developer = place.may(someone(), "*", verbs=verbs, group="*")

    said = refusal(lambda: place.write_status(developer, "a", FORGED))
    forged = {**place.get(), "status": FORGED}

    assert f"ValidatingAdmissionPolicy '{RECORDS}'" in said
    assert RECORDS in refusal(lambda: developer.replace(forged, subresource="status"))
    assert RECORDS in refusal(lambda: developer.apply(forged_apply(place), subresource="status"))
    assert "status" not in place.get()


def forged_apply(place: Place) -> Manifest:
    """A status for server-side apply."""
    metadata = {"name": "a", "namespace": place.name}
    return {
        "apiVersion": MITIGATION.api_version,
        "kind": MITIGATION.kind,
        "metadata": metadata,
        "status": FORGED,
    }


def test_a_status_is_not_written_by_the_way_of_the_object(place: Place) -> None:
    author = place.author(someone())
    made = author.create({**place.mitigation(), "status": FORGED})
    author.replace({**made, "status": FORGED, "metadata": {**made["metadata"], "labels": {"a": "b"}}})

    assert "status" not in place.get()


def test_the_operator_writes_the_status_and_the_finalizer_and_no_spec(place: Place) -> None:
    place.admin_makes()
    operator = place.guarded.operator
    finalizers = {"metadata": {"finalizers": ["fireline.dev/mitigation"]}}

    place.write_status(operator, "a", {"phase": "Idle"})
    operator.patch(MITIGATION, "a", place.name, finalizers)
    assert (place.get()["status"], place.get()["metadata"]["finalizers"]) == (
        {"phase": "Idle"},
        finalizers["metadata"]["finalizers"],
    )
    change = {"spec": {"mode": "Auto"}}
    assert SERVICE_ACCOUNTS in refusal(lambda: operator.patch(MITIGATION, "a", place.name, change))
    operator.patch(MITIGATION, "a", place.name, {"metadata": {"finalizers": []}})


BOUNDED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
CONTAINER = {"name": "a", "image": "registry.example/a:1", "securityContext": BOUNDED}


def with_security(**given: Any) -> Manifest:
    """A pod with one container whose security context is another."""
    return {"containers": [{**CONTAINER, "securityContext": BOUNDED | given}]}


def with_volume(**source: Any) -> Manifest:
    """A pod with a volume."""
    return {"volumes": [{"name": "a", **source}]}


def pods(**spec: Any) -> Manifest:
    """A pod template that the operator may use."""
    pod = {
        "automountServiceAccountToken": False,
        "containers": [CONTAINER],
        **spec,
    }
    return {"metadata": {"labels": {"app": "a"}}, "spec": pod}


def workload(kind: str, place: Place, *, labels: Manifest, **spec: Any) -> Manifest:
    """A workload of a kind."""
    never = pods(restartPolicy="Never", **spec)
    api, body = {
        "ConfigMap": ("v1", {"data": {"count": "0"}}),
        "Deployment": (
            "apps/v1",
            {"spec": {"selector": {"matchLabels": {"app": "a"}}, "template": pods(**spec)}},
        ),
        "Job": ("batch/v1", {"spec": {"template": never}}),
        "CronJob": (
            "batch/v1",
            {"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": never}}}},
        ),
    }[kind]
    metadata = {"name": "a", "namespace": place.name, "labels": labels}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}


KINDS = {"ConfigMap": CONFIG_MAP, "Deployment": DEPLOYMENT, "Job": JOB, "CronJob": CRON_JOB}
PODS = ["Deployment", "Job", "CronJob"]
CHANGED = {"metadata": {"annotations": {"touched": "yes"}}}
ADOPTED = {"metadata": {"labels": OURS}}


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_itself_touches_no_workload_of_anybody_else(place: Place, kind: str) -> None:
    operator, resource = place.guarded.operator, KINDS[kind]
    before = place.admin.apply(workload(kind, place, labels={"team": "shop"}), manager="kubectl")
    writes = [
        lambda: operator.patch(resource, "a", place.name, CHANGED),
        lambda: operator.patch(resource, "a", place.name, ADOPTED),
        lambda: operator.apply(workload(kind, place, labels=OURS), manager="fireline"),
        lambda: operator.delete(resource, "a", place.name),
    ]

    for write in writes:
        said = refusal(write)
        assert OWN_OBJECTS in said or (kind == "Job" and "cannot" in said), said
    assert (
        place.admin.get(resource, "a", place.name)["metadata"]["resourceVersion"]
        == (before["metadata"]["resourceVersion"])
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_makes_only_what_carries_its_label(place: Place, kind: str) -> None:
    operator = place.guarded.operator

    assert OWN_OBJECTS in refusal(lambda: operator.create(workload(kind, place, labels={})))
    assert operator.create(workload(kind, place, labels=OURS))["metadata"]["labels"] == OURS


@pytest.mark.parametrize("kind", PODS)
@pytest.mark.parametrize(
    "spec",
    [
        {"serviceAccountName": "cluster-admin-of-sorts"},
        {"serviceAccount": "cluster-admin-of-sorts"},
        {"automountServiceAccountToken": True},
        {"automountServiceAccountToken": None},
    ],
    ids=str,
)
def test_the_operator_runs_no_pod_with_the_rights_of_an_account(
    place: Place, kind: str, spec: Manifest
) -> None:
    wanted = workload(kind, place, labels=OURS, **spec)

    assert OWN_OBJECTS in refusal(lambda: place.guarded.operator.create(wanted, params=DRY_RUN))


TOKEN = {"sources": [{"serviceAccountToken": {"path": "token"}}]}


@pytest.mark.parametrize("kind", PODS)
@pytest.mark.parametrize(
    "spec",
    [
        {"hostNetwork": True},
        {"hostPID": True},
        {"hostIPC": True},
        {"initContainers": [CONTAINER | {"name": "b"}]},
        with_volume(hostPath={"path": "/"}),
        with_volume(secret={"secretName": "of-somebody"}),
        with_volume(projected=TOKEN),
        with_security(allowPrivilegeEscalation=None),
        with_security(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        with_security(capabilities=None),
        {"containers": [CONTAINER, {**CONTAINER, "name": "b", "securityContext": None}]},
    ],
    ids=str,
)
def test_the_operator_runs_no_pod_that_could_take_its_node(place: Place, kind: str, spec: Manifest) -> None:
    wanted = workload(kind, place, labels=OURS, **spec)

    assert OWN_OBJECTS in refusal(lambda: place.guarded.operator.create(wanted, params=DRY_RUN))


@pytest.mark.parametrize("kind", PODS)
def test_the_operator_runs_pods_with_the_volumes_of_checks(place: Place, kind: str) -> None:
    sources = [{"secret": {"name": "a", "items": [{"key": "a", "path": "a"}]}}]
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "secrets", "projected": {"sources": sources}}]
    wanted = workload(kind, place, labels=OURS, volumes=volumes)

    assert place.guarded.operator.create(wanted, params=DRY_RUN)["kind"] == kind


@pytest.mark.parametrize("kind", ["ConfigMap", "Deployment", "CronJob"])
def test_the_operator_puts_right_what_it_applied_also_without_its_label(place: Place, kind: str) -> None:
    operator, wanted = place.guarded.operator, workload(kind, place, labels=OURS)
    operator.apply(wanted, manager="fireline")
    place.admin.patch(KINDS[kind], "a", place.name, {"metadata": {"labels": None}})

    assert operator.apply(wanted, manager="fireline")["metadata"]["labels"] == OURS
    operator.delete(KINDS[kind], "a", place.name)
    assert place.admin.find(KINDS[kind], "a", place.name) is None


def test_everybody_else_writes_workloads_as_before(place: Place) -> None:
    client = place.is_a(someone(), "edit")

    made = client.create(workload("Deployment", place, labels={}, serviceAccountName="own"))
    assert made["spec"]["template"]["spec"]["serviceAccountName"] == "own"
    with pytest.raises(ApiError):
        client.create(workload("Deployment", place, labels={}))  # it is there: no policy stood in between
