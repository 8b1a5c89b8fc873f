"""The operator with the rights and under the policies of examples/install, from proposal to taking back.

Nothing here is granted but what the manifests, and ``fireline rbac``, say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.bed.kubeclient import CONFIG_MAP
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.guarded import INSTALL, Guarded, Place, refusal
from tests.mitigations.scene import QUICK

from fireline.api.conditions import found as condition
from fireline.api.labels import APPROVE, APPROVED_BY, HOLD, PROPOSE, REVERT
from fireline.api.mitigation import Mitigation
from fireline.api.plan import Manifest
from fireline.api.resources import MITIGATION, Resource
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.policies import APPROVALS, BINDING, SERVICE_ACCOUNTS

pytestmark = pytest.mark.bed
BINDINGS = Resource(
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", BINDING, namespaced=False
)
SETTINGS = {**QUICK, "require_approval_guard": True}


@pytest.fixture(scope="module")
def operated(guarded: Guarded, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """With the operator at work in the whole cluster, and a Prometheus that it may ask."""
    folder = tmp_path_factory.mktemp("guarded-operator")
    with Prometheus(tools, folder) as prometheus:
        operator = Operator(
            folder,
            kubeconfig=guarded.operator_kubeconfig,
            settings={
                "lease": {**SHORT_LEASE, "namespace": "fireline"},
                "mitigations": SETTINGS,
                "sources": {"default": {"urls": [prometheus.url]}},
            },
        )
        try:
            operator.start()
            yield guarded
        finally:
            operator.stop()


def captcha(place: Place, name: str = "captcha", **spec: object) -> Manifest:
    """A Mitigation that turns a flag in ConfigMap flags on."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "Mitigation",
        "metadata": {"name": name, "namespace": place.name},
        "spec": {
            "target": {"apiVersion": "v1", "kind": "ConfigMap", "name": "flags"},
            "action": {"configMapKey": {"key": "captcha", "value": "on"}},
            "serviceAccountName": "mitigator",
            **spec,
        },
    }


def prepared(place: Place, *, granted: bool = True) -> Manifest:
    """A ConfigMap, and the Mitigation of an author who may act as its ServiceAccount."""
    place.config_map("flags")
    made = place.author(f"author@{place.name}").create(captcha(place))
    if granted:
        spec = Mitigation.of(made).spec
        place.grant("captcha", action_of(spec).permissions(spec))
    return made


def status(place: Place) -> Manifest:
    """Of the Mitigation."""
    found: Manifest = place.get("captcha").get("status", {})
    return found


def await_reason(place: Place, *reasons: str) -> Manifest:
    """Wait until the status says one of these; the status."""

    def there() -> Manifest | None:
        now = status(place)
        if now.get("reason") in reasons or now.get("phase") in reasons or now.get("result") in reasons:
            return now
        raise LookupError({key: now.get(key) for key in ("phase", "reason", "message", "result")})

    return wait_for(there, what=f"{' or '.join(reasons)}")


def proposed(place: Place) -> str:
    """Ask for a proposal; its hash."""
    place.annotate(place.admin, "captcha", {PROPOSE: "1"})
    plan_hash: str = await_reason(place, "Proposed")["planHash"]
    return plan_hash


def flags(place: Place) -> Manifest:
    """The data of the target."""
    found: Manifest = place.admin.get(CONFIG_MAP, "flags", place.name)["data"]
    return found


def test_from_proposal_to_approval_to_taking_back_with_the_rights_that_are_shipped(operated: Guarded) -> None:
    place = operated.place()
    prepared(place)
    plan = proposed(place)
    author, name = f"author@{place.name}", f"on-call@{place.name}"
    on_call = place.is_a(name, "fireline-approve")

    forged = {APPROVE: plan, APPROVED_BY: author}
    assert APPROVALS in refusal(lambda: place.annotate(operated.user(author), "captcha", forged))
    stale = {APPROVE: f"{plan[:-4]}beef", APPROVED_BY: name}
    place.annotate(on_call, "captcha", stale)
    refused = await_reason(place, "StalePlanHash")
    assert refused["phase"] == "Proposed"
    assert plan in refused["message"]
    assert flags(place) == {"count": "0"}

    place.annotate(on_call, "captcha", {APPROVE: plan, APPROVED_BY: name})
    active = await_reason(place, "Active")
    assert active["approvedBy"] == name
    assert flags(place) == {"count": "0", "captcha": "on"}
    assert condition(active, "Permitted") is not None

    place.annotate(on_call, "captcha", {REVERT: "1"})
    await_reason(place, "Reverted")
    assert flags(place) == {"count": "0"}


def test_a_yes_of_the_last_time_is_none_to_the_same_change_the_next_time(operated: Guarded) -> None:
    place = operated.place()
    place.admin.create(captcha(place, limits={"cooldown": "0m"}))
    place.config_map("flags")
    spec = Mitigation.of(place.get("captcha")).spec
    place.grant("captcha", action_of(spec).permissions(spec))
    name = f"on-call@{place.name}"
    on_call = place.is_a(name, "fireline-approve")
    first = proposed(place)
    place.annotate(on_call, "captcha", {APPROVE: first, APPROVED_BY: name})
    await_reason(place, "Active")
    place.annotate(on_call, "captcha", {REVERT: "1"})
    await_reason(place, "Reverted")

    place.annotate(place.admin, "captcha", {PROPOSE: "2"})
    refused = await_reason(place, "StalePlanHash")

    assert refused["planHash"] != first
    assert flags(place) == {"count": "0"}


def test_a_yes_is_none_to_what_its_author_makes_of_the_mitigation_afterwards(operated: Guarded) -> None:
    """The hold of the target only holds the moment still between the yes and the change."""
    place = operated.place()
    prepared(place)
    plan = proposed(place)
    name = f"on-call@{place.name}"
    author, on_call = operated.user(f"author@{place.name}"), place.is_a(name, "fireline-approve")

    held(place, "one moment")
    place.annotate(on_call, "captcha", {APPROVE: plan, APPROVED_BY: name})
    change = {"spec": {"action": {"configMapKey": {"value": "another"}}}}
    author.patch(MITIGATION, "captcha", place.name, change)
    await_reason(place, "OnHold")
    held(place, None)

    refused = await_reason(place, "StalePlanHash")
    assert (refused["phase"], refused.get("approvedBy")) == ("Proposed", None)
    assert refused["planHash"] != plan
    assert flags(place) == {"count": "0"}


def held(place: Place, reason: str | None) -> None:
    """With a hold on the target; None takes it off."""
    annotations = {"metadata": {"annotations": {HOLD: reason}}}
    place.admin.patch(CONFIG_MAP, "flags", place.name, annotations)


def test_mode_auto_asks_nobody_only_while_it_is_guarded_whose_rights_are_used(operated: Guarded) -> None:
    operated.admin.delete(BINDINGS, SERVICE_ACCOUNTS)
    try:
        place = operated.place()
        place.config_map("flags")
        made = place.admin.create(captcha(place, mode="Auto", trigger={"query": "vector(1)", "forTicks": 1}))
        spec = Mitigation.of(made).spec
        place.grant("captcha", action_of(spec).permissions(spec))
        held = await_reason(place, "ApprovalGuardMissing")
        assert held["phase"] == "Proposed"
        assert held["message"].startswith("mode Auto only proposes: ")
        assert flags(place) == {"count": "0"}
    finally:
        operated.cluster.kubectl("apply", "-f", str(INSTALL / "mitigation-policies.yaml"))
        operated.await_in_force()

    made = await_reason(place, "Verifying")
    assert made["approvedBy"] == "operator (mode Auto)"
    assert flags(place) == {"count": "0", "captcha": "on"}


def test_without_the_rights_that_rbac_prints_nothing_is_proposed_and_the_command_is_named(
    operated: Guarded,
) -> None:
    place = operated.place()
    prepared(place, granted=False)

    def denied() -> Manifest | None:
        found = condition(status(place), "Permitted")
        return found if found is not None and found["status"] == "False" else None

    found = wait_for(denied, what="Permitted is False")
    assert found["reason"] == "ImpersonationDenied"
    assert f"fireline rbac captcha -n {place.name}" in found["message"]
    place.annotate(place.admin, "captcha", {PROPOSE: "1"})
    await_reason(place, "Forbidden", "ImpersonationDenied")
    assert flags(place) == {"count": "0"}


def test_an_object_that_is_nested_as_deep_as_the_api_server_takes_stops_nobody_else(
    operated: Guarded,
) -> None:
    """An API server reads JSON of ten thousand levels; whoever may write one Mitigation may write that."""
    hostile, place = operated.place(), operated.place()
    deep = '{"a": ' * 9900 + "1" + "}" * 9900
    whole = json.dumps(captcha(hostile, action={"patch": {"ops": [{"op": "add", "path": "/data/a"}]}}))
    kubectl, about = operated.cluster.kubectl, ("mitigations", "captcha", "-n", hostile.name)
    kubectl("create", "-f", "-", stdin=whole.replace('"/data/a"', f'"/data/a", "value": {deep}'))
    try:
        prepared(place)
        proposed(place)
        look = ("get", *about, "-o", "jsonpath={.status.conditions}")
        wait_for(lambda: "is nested deeper than 64 levels" in kubectl(*look), what="a word for its author")
    finally:
        kubectl("delete", *about)
