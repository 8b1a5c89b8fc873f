"""An operator with a real Alertmanager, for faults in the life of policies.

The Alertmanager has the receivers of all policies from the start, as if prometheus-operator had merged
them: here it is about the operator.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bed.alertmanager import Alertmanager
from tests.bed.cluster import Cluster
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.webhook import Webhook
from tests.cluster.rig import Rig

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE, SLO

KINDS = (ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE, SLO)


@dataclass(frozen=True)
class Told:
    """A rig, and whom its Alertmanager tells."""

    rig: Rig
    alertmanager: Alertmanager
    asked: FaultProxy
    """Before the Alertmanager."""
    webhook: Webhook

    def put(self, manifest: Manifest) -> Manifest:
        """Apply a policy and wait until its status is about it, and nothing is left to do."""
        generation = self.rig.client.apply(manifest)["metadata"]["generation"]
        name = manifest["metadata"]["name"]
        wait_for(
            lambda: self.policy(name).get("status", {}).get("observedGeneration") == generation,
            what=f"policy {name} is planned",
        )
        self.rig.await_idle()
        return self.policy(name)

    def policy(self, name: str) -> Manifest:
        """A policy as the server holds it."""
        found: Manifest = self.rig.client.get(ALERT_POLICY, name, self.rig.namespace)
        return found

    def condition(self, name: str, type_: str) -> Manifest:
        """One condition of a policy. Raises LookupError while there is none."""
        found: list[Manifest] = [
            one for one in self.policy(name).get("status", {}).get("conditions", ()) if one["type"] == type_
        ]
        return found[0]

    def clear(self) -> None:
        """Delete everything, and wait for the garbage collector and the operator."""
        for resource in (SLO, ALERT_POLICY):
            for one in self.rig.client.list(resource, self.rig.namespace):
                self.rig.client.delete(resource, one["metadata"]["name"], self.rig.namespace)
        wait_for(
            lambda: not any(self.rig.client.list(kind, self.rig.namespace) for kind in KINDS),
            what="nothing is left",
        )
        self.rig.await_idle()


@contextlib.contextmanager
def told(cluster: Cluster, tools: Tools, directory: Path, *policies: str) -> Iterator[Told]:
    """The operator leads; the Alertmanager knows receiver ``hook`` of each of the policies."""
    with contextlib.ExitStack() as stack:
        rig = stack.enter_context(contextlib.closing(Rig(cluster, directory, toy=False)))
        webhook = stack.enter_context(Webhook())
        config = _config(rig.namespace, webhook.url, policies)
        alertmanager = stack.enter_context(Alertmanager(tools, directory / "alertmanager", config=config))
        asked = stack.enter_context(FaultProxy(alertmanager.url))
        rig.operator = rig.make_operator(
            "quick",
            settings={
                "alertmanagers": {"default": {"urls": [asked.url], "timeout_seconds": 1.0}},
                "refresh_seconds": 1,
            },
        )
        rig.operator.start()
        rig.await_idle()
        yield Told(rig, alertmanager, asked, webhook)


def a_policy(rig: Rig, name: str, **spec: Any) -> Manifest:
    """A policy with a rule of its own, which tells ``hook``."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": name, "namespace": rig.namespace},
        "spec": {
            "selector": {"matchLabels": {"team": "shop"}},
            "severities": [{"name": "sev0", "page": True, "receivers": ["hook"]}],
            "receivers": [{"name": "hook", "webhook": {"url": "http://hook.example:8080/"}}],
            "rules": [{"name": "Down", "expression": {"query": "up == 0"}}],
            **spec,
        },
    }


def _config(namespace: str, url: str, policies: tuple[str, ...]) -> dict[str, Any]:
    routes = [
        {
            "receiver": f"{namespace}/alertpolicy-{name}/hook",
            "matchers": [f'alert_policy="{namespace}/{name}"'],
            "group_by": ["..."],
            "group_wait": "1s",
        }
        for name in policies
    ]
    receivers = [
        {"name": route["receiver"], "webhook_configs": [{"url": f"{url}/{name}"}]}
        for name, route in zip(policies, routes, strict=True)
    ]
    return {
        "route": {"receiver": "null", "routes": routes},
        "receivers": [{"name": "null"}, *receivers],
    }
