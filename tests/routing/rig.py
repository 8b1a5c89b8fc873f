"""prometheus-operator and Alertmanager for real, and every kind of receiver at the end.

Policies become AlertmanagerConfigs in a real API server; prometheus-operator validates and merges them;
Alertmanager loads the result and tells a webhook and a mailbox.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import requests
from tests.bed.alertmanager import Alertmanager, base_config
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ALERTMANAGER_CONFIG, Manifest, path_of
from tests.bed.mirror import Mirror
from tests.bed.operator import Operator
from tests.bed.promoperator import NAME, NAMESPACE, PrometheusOperator, create_monitoring
from tests.bed.smtp import Mailbox
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.webhook import Webhook

from fireline.api.resources import Resource

EVENT = Resource("", "v1", "events", "Event")


class Routing:
    """Use in a ``with``. What no policy takes goes to the path ``/alerts`` of the webhook."""

    def __init__(self, tools: Tools, directory: Path) -> None:
        self._tools = tools
        self._directory = directory
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        enter = self._stack.enter_context
        self.cluster = enter(Cluster(self._tools, self._directory / "cluster"))
        self.client = self.cluster.client()
        self.webhook = enter(Webhook())
        self.mailbox = enter(Mailbox())
        config = base_config(self.webhook.url)
        self.alertmanager = enter(Alertmanager(self._tools, self._directory / "alertmanager", config=config))
        self.operator = PrometheusOperator(self.cluster, self._directory)
        create_monitoring(self.client, config)
        enter(self.operator)
        enter(Mirror(self.cluster.client(timeout=5.0), None, self.alertmanager))

    @contextlib.contextmanager
    def fireline(self) -> Iterator[Operator]:
        """Our own operator, on the same servers. Its lease is in namespace ``fireline-system``."""
        self.client.namespace("fireline-system")
        entry = {"urls": [self.alertmanager.url], "namespace": NAMESPACE, "name": NAME}
        with Operator(
            self._directory,
            kubeconfig=self.cluster.kubeconfig,
            settings={"alertmanagers": {"default": entry}},
        ) as running:
            yield running

    def deliver(self, configs: Iterable[Manifest]) -> None:
        """Apply AlertmanagerConfigs; returns when Alertmanager has loaded every receiver of theirs."""
        wanted: set[str] = set()
        for config in configs:
            self.client.apply(config)
            wanted |= receivers_in(config)
        self.loads(wanted)

    def loads(self, receivers: Iterable[str]) -> None:
        """Returns when Alertmanager has loaded these."""
        wanted = set(receivers)
        wait_for(
            lambda: wanted <= self.receivers(),
            what=f"Alertmanager knows {len(wanted)} receivers",
        )

    def receivers(self) -> set[str]:
        """Names of all receivers that Alertmanager has loaded."""
        found = requests.get(f"{self.alertmanager.url}/api/v2/receivers", timeout=30).json()
        return {one["name"] for one in found}

    def loaded(self) -> str:
        """The configuration Alertmanager works with, as it says itself."""
        found = requests.get(f"{self.alertmanager.url}/api/v2/status", timeout=30).json()
        text: str = found["config"]["original"]
        return text

    def rejections(self) -> list[str]:
        """What prometheus-operator refused, by its events."""
        return [
            f"{event['involvedObject']['namespace']}/{event['involvedObject']['name']}: {event['message']}"
            for event in self.client.list(EVENT)
            if event["type"] == "Warning" and event["involvedObject"]["kind"] == "AlertmanagerConfig"
        ]

    def counted(self, state: str) -> int:
        """How many AlertmanagerConfigs are ``selected`` or ``rejected``, by prometheus-operator's metric."""
        lines = requests.get(f"http://{self.operator.address}/metrics", timeout=30).text.splitlines()
        wanted = "managed_resources{", 'resource="AlertmanagerConfig"', f'state="{state}"'
        found = [line for line in lines if all(part in line for part in wanted)]
        return int(sum(float(line.rpartition(" ")[2]) for line in found))

    def withdraw(self, namespaces: Iterable[str]) -> None:
        """Delete all AlertmanagerConfigs of namespaces; returns when Alertmanager has forgotten them."""
        for namespace in namespaces:
            self.client.request("DELETE", path_of(ALERTMANAGER_CONFIG, namespace))
        prefixes = tuple(f"{namespace}/" for namespace in namespaces)
        wait_for(
            lambda: not any(name.startswith(prefixes) for name in self.receivers()),
            what="Alertmanager has forgotten the receivers",
        )

    def post(self, *alerts: Mapping[str, str], began: datetime | None = None, over: bool = False) -> None:
        """What Prometheus sends: alerts by their labels, firing since ``began``, or over now."""
        now = datetime.now(UTC)
        times = {
            "startsAt": (began or now).isoformat(),
            "endsAt": (now if over else now + timedelta(minutes=5)).isoformat(),
        }
        requests.post(
            f"{self.alertmanager.url}/api/v2/alerts",
            json=[{"labels": dict(labels), **times} for labels in alerts],
            timeout=10,
        ).raise_for_status()

    def silence(self, labels: Mapping[str, str]) -> tuple[str, datetime]:
        """Acknowledge one alert; the silence's id, and a time at which it held already."""
        now = datetime.now(UTC)
        answer = requests.post(
            f"{self.alertmanager.url}/api/v2/silences",
            json={
                "matchers": [
                    {"name": name, "value": value, "isRegex": False} for name, value in labels.items()
                ],
                "startsAt": now.isoformat(),
                "endsAt": (now + timedelta(hours=1)).isoformat(),
                "createdBy": "on-call",
                "comment": "ACK!",
            },
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()["silenceID"], datetime.now(UTC)

    def unsilence(self, number: str) -> None:
        """End a silence now."""
        requests.delete(f"{self.alertmanager.url}/api/v2/silence/{number}", timeout=30).raise_for_status()

    def messages(self) -> list[tuple[datetime, str, str]]:
        """Everything that was told, in order: when, to whom (path of the webhook, or address), what."""
        hooks = [
            (datetime.fromisoformat(one["time"]), one["path"], json.dumps(one["body"]))
            for one in self.webhook.received()
        ]
        mails = [(at, mail["To"], mail.as_string()) for at, mail in self.mailbox.received()]
        return sorted([*hooks, *mails])


def receivers_in(config: Manifest) -> set[str]:
    """Full names of an AlertmanagerConfig's receivers, as prometheus-operator makes them."""
    prefix = f"{config['metadata']['namespace']}/{config['metadata']['name']}"
    return {f"{prefix}/{one['name']}" for one in config["spec"]["receivers"]}


def secret(namespace: str, name: str, **values: str) -> Manifest:
    """A Secret manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {key.replace("_", "-"): value for key, value in values.items()},
    }


def as_json(value: Any) -> str:
    """For messages of failed assertions."""
    return json.dumps(value, indent=1, default=str)
