"""Whatever needs a person reaches one: from the state machine to the webhook of the AlertPolicy.

The whole way on real servers: operator → status → /metrics → Prometheus, which evaluates the rule that the
operator wrote → Alertmanager, with the routes of the AlertPolicy that selects the Mitigation → webhook.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed import demopolicy
from tests.bed.bed import Bed
from tests.bed.kubeclient import Manifest
from tests.bed.operator import Operator
from tests.bed.ports import free_port
from tests.bed.prometheus import Scrape
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for

from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE
from fireline.api.resources import CONFIG_MAP, MITIGATION
from fireline.mitigation import names
from fireline.slo.names import ALERT_PAGE

pytestmark = pytest.mark.bed

NAMESPACE = "shop"
QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"
RBAC = "rbac.authorization.k8s.io"
SETTINGS: dict[str, Any] = {
    "refresh_seconds": 1.0,
    "status_interval_seconds": 1.0,
    "mitigations": {
        # Here the test itself says yes; who may is proven in test_mitigation_approval.
        "require_approval_guard": False,
        "auto_namespaces": [NAMESPACE],
        "tick_seconds": 1.0,
        "max_active_per_namespace": 100,
        "max_active": 100,
    },
}


@dataclass
class World:
    """The bed, with an operator whose /metrics are scraped, a policy, and a ServiceAccount with rights."""

    bed: Bed

    def make(self, name: str, **spec: Any) -> None:
        """A Mitigation of a ConfigMap of its own name, and that ConfigMap."""
        metadata = {"name": name, "namespace": NAMESPACE}
        self.bed.client.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"mode": "fast"}}
        )
        self.bed.client.apply(
            {
                "apiVersion": "fireline.dev/v1alpha1",
                "kind": "Mitigation",
                "metadata": {**metadata, "labels": {"team": "shop"}},
                "spec": {
                    "target": {"apiVersion": "v1", "kind": "ConfigMap", "name": name},
                    "action": {"configMapKey": {"key": "mode", "value": "safe"}},
                    "serviceAccountName": "mitigator",
                    **spec,
                },
            }
        )

    def status(self, name: str) -> Manifest:
        found: Manifest = self.bed.client.get(MITIGATION, name, NAMESPACE).get("status", {})
        return found

    def annotate(self, name: str, annotations: dict[str, str]) -> None:
        self.bed.client.patch(MITIGATION, name, NAMESPACE, {"metadata": {"annotations": annotations}})

    def propose(self, name: str) -> str:
        """The hash of its plan."""
        self.annotate(name, {PROPOSE: "1"})
        return str(self.reaches(name, "Proposed")["planHash"])

    def approve(self, name: str) -> None:
        self.annotate(name, {APPROVE: self.propose(name), APPROVED_BY: "fireline-bed-admin"})

    def reaches(self, name: str, phase: str) -> Manifest:
        """Its status when it is there."""

        def there() -> Manifest | None:
            status = self.status(name)
            return status if status.get("phase") == phase else None

        return wait_for(there, what=f"{name} is {phase}")

    def mode(self, name: str) -> str:
        return str(self.bed.client.get(CONFIG_MAP, name, NAMESPACE)["data"]["mode"])

    def paging(self) -> set[str]:
        """The SLOs that page, as Prometheus says."""
        alerts = self.bed.prometheus.alerts(alertname=ALERT_PAGE)
        return {alert["labels"]["slo"] for alert in alerts if alert["state"] == "firing"}

    def told(self, name: str, reason: str, status: str = "firing") -> Manifest:
        """The alert as on-call got it, through the policy."""

        def found() -> list[Manifest]:
            labels = {"alertname": names.ALERT_NEEDS_HUMAN, "mitigation": name, "reason": reason}
            received = demopolicy.delivered(self.bed.webhook.received(), "oncall", status, **labels)
            if not received:
                seen = {key: one for key, one in self.status(name).items() if key != "conditions"}
                raise LookupError(json.dumps(seen)[:1500])
            return received

        return wait_for(found, what=f"{name}: {reason} is {status} at on-call")[0]


@pytest.fixture(scope="module")
def world(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory, port = tmp_path_factory.mktemp("needs-human"), free_port()
    scrapes = (Scrape("fireline", f"127.0.0.1:{port}"),)
    with Bed(
        tools, directory=directory, scrape_interval="1s", evaluation_interval="1s", scrapes=scrapes
    ) as bed:
        alertmanagers = {"default": {"urls": [bed.alertmanager.url]}}
        settings = {**SETTINGS, "alertmanagers": alertmanagers}
        prometheus = [bed.prometheus.url]
        with Operator(
            directory, kubeconfig=bed.cluster.kubeconfig, prometheus=prometheus, port=port, settings=settings
        ):
            bed.client.namespace(NAMESPACE)
            for one in (_policy(bed), *_account()):
                bed.client.apply(one)
            yield World(bed)


def _policy(bed: Bed) -> Manifest:
    policy = demopolicy.policy(bed.webhook.url)
    policy["metadata"]["namespace"] = NAMESPACE
    policy["spec"]["selector"] = {"matchLabels": {"team": "shop"}}
    return policy


def _account() -> Iterator[Manifest]:
    """The ServiceAccount that is impersonated, with rights on ConfigMaps."""
    metadata = {"name": "mitigator", "namespace": NAMESPACE}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}]
    yield {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "mitigator"},
        "subjects": [{"kind": "ServiceAccount", **metadata}],
    }


def test_a_failed_verification_is_taken_back_and_wakes_somebody(world: World) -> None:
    world.make("failed", verify={"query": "vector(0)", "within": "3s"})
    world.approve("failed")
    alert = world.told("failed", "VerificationFailed")

    assert alert["labels"]["alert_policy"] == f"{NAMESPACE}/{demopolicy.NAME}"
    assert (alert["labels"]["severity"], alert["labels"]["sev"]) == ("critical", "sev1")
    assert alert["annotations"]["summary"] == "Mitigation shop/failed needs a person: VerificationFailed"
    assert world.reaches("failed", "Ended")["result"] == "Reverted"
    assert world.mode("failed") == "fast"


def test_a_verification_that_nobody_can_answer_leaves_it_in_place_and_asks(world: World) -> None:
    world.make("unknown", verify={"query": "series_that_nobody_has", "within": "3s"})
    world.approve("unknown")
    world.told("unknown", "VerificationUnknown")

    assert world.reaches("unknown", "Active")["needsHuman"]["reason"] == "VerificationUnknown"
    assert world.mode("unknown") == "safe"


def test_a_change_that_somebody_takes_over_is_let_go_and_told(world: World) -> None:
    world.make("contested")
    world.approve("contested")
    world.reaches("contested", "Active")
    world.bed.client.patch(CONFIG_MAP, "contested", NAMESPACE, {"data": {"mode": "mine"}})
    world.told("contested", "Contested")

    assert world.reaches("contested", "Ended")["result"] == "Contested"
    assert world.mode("contested") == "mine"


def test_a_proposal_that_nobody_answers_is_told_until_somebody_does(world: World) -> None:
    trigger = {"query": "vector(1)", "forTicks": 1}
    world.make("expired", trigger=trigger, approval={"expiresAfter": "3s"})
    world.told("expired", "ApprovalExpired")
    assert world.reaches("expired", "Ended")["result"] == "Expired"
    assert world.mode("expired") == "fast"

    world.bed.client.patch(MITIGATION, "expired", NAMESPACE, {"spec": {"approval": {"expiresAfter": "1h"}}})
    world.approve("expired")
    world.told("expired", "ApprovalExpired", status="resolved")
    assert world.mode("expired") == "safe"


def test_while_everything_burns_nothing_is_made_automatically_and_somebody_is_told(world: World) -> None:
    world.bed.shop.faults(errors=1.0)
    (slo,) = [
        one
        for file in QUICKSTART.glob("*.yaml")
        for one in yaml.safe_load_all(file.read_text())
        if one
        and one["kind"] == "ServiceLevelObjective"
        and one["metadata"]["name"] == "checkout-availability"
    ]
    for number in range(4):
        metadata = {"name": f"burning-{number}", "namespace": NAMESPACE, "labels": {"team": "shop"}}
        world.bed.client.apply({**slo, "metadata": metadata})
    # The first that pages is no storm yet: it would be treated.
    wait_for(lambda: len(world.paging()) == 4, what="all four page")
    world.make("storm", mode="Auto", trigger={"slo": "burning-0", "forTicks": 5})
    world.told("storm", "BreakerOpen")

    assert world.status("storm")["phase"] == "Proposed"
    assert world.mode("storm") == "fast"
