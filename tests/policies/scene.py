"""What the tests of this folder do in the bed: apply policies, let alerts fire, look who was told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY
from tests.bed.alertmanager import base_config
from tests.bed.bed import Bed
from tests.bed.kubeclient import ALERTMANAGER
from tests.bed.operator import Operator
from tests.bed.promoperator import NAME, NAMESPACE, RULE_LABELS
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for

MERGED = "fireline-merged"


class Scene:
    """A bed, the proxy before its API server, and the operator behind both."""

    def __init__(self, bed: Bed, proxy: FaultProxy) -> None:
        self.bed = bed
        self.proxy = proxy
        self.client = bed.client
        self.webhook = bed.webhook
        self.operator = Operator(
            bed.directory,
            kubeconfig=proxy.kubeconfig,
            prometheus=[bed.prometheus.url],
            settings={
                "alertmanagers": {
                    "default": {
                        "urls": [bed.alertmanager.url],
                        "namespace": NAMESPACE,
                        "name": NAME,
                        "merged_secret": MERGED,
                        "base": self._base(),
                    }
                },
                "refresh_seconds": 1,
                "secrets_seconds": 5,
            },
        )

    def _base(self) -> Manifest:
        """What the bed starts with; the settings take credentials, such as URLs, as files only."""
        file = self.bed.directory / "base-url"
        config = base_config(self.bed.webhook.url)
        (hook,) = config["receivers"][0]["webhook_configs"]
        file.write_text(hook.pop("url"))
        hook["url_file"] = str(file)
        return config

    def begin(self) -> None:
        """Start the operator, and let the Alertmanager use what it merges."""
        self.operator.start()
        self.settle()
        self.alertmanager_spec(configSecret=MERGED)

    def close(self) -> None:
        """End the operator."""
        self.operator.stop()

    def alertmanager_spec(self, **fields: Any) -> None:
        """Change the Alertmanager object, as the cluster's owner would."""
        self.client.patch(ALERTMANAGER, NAME, NAMESPACE, {"spec": fields})

    def metric(self, name: str) -> float:
        """The sum of a metric of the operator."""
        text = requests.get(f"{self.operator.url}/metrics", timeout=30).text
        return sum(float(one) for one in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def settle(self) -> None:
        """Wait until the operator leads and has nothing to do."""

        def idle() -> bool:
            figures = ("fireline_queue_depth", "fireline_queue_longest_running_seconds")
            return self.metric("fireline_leader") == 1 and not any(map(self.metric, figures))

        wait_for(idle, what="the operator is idle")

    def secret(self, namespace: str, name: str, **values: str) -> None:
        """Write a Secret."""
        self.client.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": namespace},
                "stringData": values,
            }
        )

    def status(self, namespace: str, name: str) -> Manifest:
        """A policy's status, empty before it has one."""
        found: Manifest = self.client.get(ALERT_POLICY, name, namespace).get("status", {})
        return found

    def condition(self, namespace: str, name: str, type_: str) -> Manifest:
        """One condition about the present spec. Raises LookupError while there is none."""
        policy = self.client.get(ALERT_POLICY, name, namespace)
        for one in policy.get("status", {}).get("conditions", ()):
            if one["type"] == type_ and one["observedGeneration"] == policy["metadata"]["generation"]:
                found: Manifest = one
                return found
        raise LookupError(f"{namespace}/{name} has no condition {type_} yet")

    def await_condition(
        self, namespace: str, name: str, type_: str, status: str, reason: str = ""
    ) -> Manifest:
        """Wait until a condition of the present spec has this status, and reason where given."""

        def found() -> Manifest | None:
            one = self.condition(namespace, name, type_)
            return one if one["status"] == status and reason in {"", one["reason"]} else None

        wait_for(
            lambda: found() or _raise(self.status(namespace, name)),
            what=f"{type_} of {name} is {status} {reason}",
        )
        return self.condition(namespace, name, type_)

    def loaded(self) -> str:
        """The configuration Alertmanager runs on, by its own word."""
        text: str = requests.get(f"{self.bed.alertmanager.url}/api/v2/status", timeout=30).json()["config"][
            "original"
        ]
        return text

    def outage(self, alert: str, policy: str, *, on: bool, sev: str = "sev0", **labels: str) -> None:
        """Let an alert of ``namespace/policy`` fire, or resolve it.

        It has the labels Fireline writes, and is looked at every second: Fireline's own are every 30 s.
        """
        name, namespace = alert.lower(), policy.partition("/")[0]
        own = {"namespace": namespace, "alert_policy": policy, "sev": sev, "severity": "critical", **labels}
        value = {"record": f"bed:{name}", "expr": f"vector({int(on)})"}
        rule = {"alert": alert, "expr": f"bed:{name} > 0", "labels": own}
        self.client.apply(
            {
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PrometheusRule",
                "metadata": {"name": f"outage-{name}", "namespace": NAMESPACE, "labels": RULE_LABELS},
                "spec": {
                    "groups": [  # two: a change of the value must not make Prometheus forget the alert
                        {"name": f"{name}-value", "interval": "1s", "rules": [value]},
                        {"name": name, "interval": "1s", "rules": [rule]},
                    ]
                },
            }
        )

    def told(self, path: str, status: str = "firing", **labels: str) -> list[Manifest]:
        """Alerts with these labels that came to this path of the webhook, one entry per notification."""
        return [
            alert
            for delivery in self.webhook.received()
            if delivery["path"] == path
            for alert in delivery["body"].get("alerts", ())
            if alert["status"] == status and labels.items() <= alert["labels"].items()
        ]

    def writes(self) -> list[str]:
        """The writes since the log was cleared, as ``apply secrets/monitoring/fireline-merged``."""
        return [
            " ".join(
                (
                    call.verb,
                    "/".join(
                        part
                        for part in (
                            call.resource.partition(".")[0],
                            call.subresource,
                            call.namespace,
                            call.name,
                        )
                        if part
                    ),
                )
            )
            for call in self.proxy.log.writes()
        ]


def _raise(status: Manifest) -> None:
    raise LookupError(str(status.get("conditions", status)))


def policy(namespace: str, name: str, receivers: Sequence[Mapping[str, Any]] = (), **spec: Any) -> Manifest:
    """A policy that tells its first receiver of everything that pages."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"team": name}},
            "severities": [{"name": "sev0", "page": True, "receivers": [receivers[0]["name"]]}],
            "receivers": list(receivers),
            **spec,
        },
    }
