"""Monitoring for a cluster that runs pods: operator → rules → Prometheus → Alertmanager → webhook, for real.

prometheus-operator, Prometheus and Alertmanager run on the host, at an address that pods reach; what
prometheus-operator would mount into their pods, mirrors copy to files. In the cluster they have the names
that examples/install uses: ``prometheus-operated`` and ``alertmanager-operated`` in ``monitoring``. Pods are
scraped as ServiceMonitors say.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import threading
from pathlib import Path
from typing import Any, Self

import yaml

from fireline.api.resources import ALERTMANAGER, PROMETHEUS, SECRET
from tests.bed.alertmanager import Alertmanager, base_config
from tests.bed.cluster import Cluster
from tests.bed.errors import BedError
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.mirror import Mirror
from tests.bed.prometheus import Prometheus
from tests.bed.promoperator import NAME, NAMESPACE, PrometheusOperator, create_monitoring
from tests.bed.webhook import Webhook

_PORTS = {"prometheus": 9090, "alertmanager": 9093}


class Monitoring:
    """Use in a ``with``. ``host``: this computer's address as pods see it. Short intervals, for tests."""

    prometheus: Prometheus
    alertmanager: Alertmanager
    webhook: Webhook

    def __init__(self, cluster: Cluster, directory: Path, host: str, *, interval: str = "1s") -> None:
        self._cluster = cluster
        self._directory = directory
        self._host = host
        self._interval = interval
        self._stack = contextlib.ExitStack()

    def start(self) -> None:
        """Start everything; returns when all of it answers."""
        enter, tools = self._stack.enter_context, self._cluster.tools
        client = self._cluster.client()
        self.webhook = enter(Webhook(host=self._host))
        config = base_config(self.webhook.url)
        self.alertmanager = enter(
            Alertmanager(
                tools,
                self._directory / "alertmanager",
                config=config,
                address=f"{self._host}:{_PORTS['alertmanager']}",
            )
        )
        self.prometheus = enter(
            Prometheus(
                tools,
                self._directory / "prometheus",
                alertmanager=self.alertmanager.url,
                scrape_interval=self._interval,
                evaluation_interval=self._interval,
                address=f"{self._host}:{_PORTS['prometheus']}",
            )
        )
        self._create(client, config)
        enter(PrometheusOperator(self._cluster, self._directory / "prometheus-operator"))
        enter(Mirror(self._cluster.client(timeout=5.0), self.prometheus, self.alertmanager))
        enter(ScrapeMirror(self._cluster.client(timeout=5.0), self.prometheus, self._cluster.kubeconfig))

    def stop(self) -> None:
        """End everything, in the opposite order."""
        self._stack.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _create(self, client: KubeClient, config: dict[str, Any]) -> None:
        """The objects of a cluster's owner, without pods: the servers behind them run here."""
        create_monitoring(client, config)
        for resource in (PROMETHEUS, ALERTMANAGER):
            client.patch(resource, NAME, NAMESPACE, {"spec": {"replicas": 0}})
        for product, port in _PORTS.items():
            client.apply(_slice(product, self._host, port))


class ScrapeMirror:
    """A thread that gives Prometheus the scrape jobs prometheus-operator made of ServiceMonitors.

    A pod of Prometheus would find its targets with its own rights; this one uses ``kubeconfig``.
    """

    def __init__(self, client: KubeClient, prometheus: Prometheus, kubeconfig: Path) -> None:
        self._client = client
        self._prometheus = prometheus
        self._kubeconfig = kubeconfig
        self._seen = ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scrape-mirror")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.5):
            # What is not there yet, or down on purpose: the next look tries again.
            with contextlib.suppress(OSError, ApiError, BedError):
                self._look()

    def _look(self) -> None:
        packed = self._client.get(SECRET, f"prometheus-{NAME}", NAMESPACE)["data"]["prometheus.yaml.gz"]
        if packed != self._seen:
            # A config-reloader would put the number of its shard there.
            text = gzip.decompress(base64.b64decode(packed)).decode().replace("$(SHARD)", "0")
            config = yaml.safe_load(text)
            self._prometheus.scrape_also([self._own(job) for job in config.get("scrape_configs") or ()])
            self._seen = packed

    def _own(self, job: dict[str, Any]) -> dict[str, Any]:
        for discovery in job.get("kubernetes_sd_configs", ()):
            discovery["kubeconfig_file"] = str(self._kubeconfig)
        return job


def _slice(product: str, host: str, port: int) -> dict[str, Any]:
    """Puts the server on the host behind the Service that prometheus-operator makes for its pods."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{product}-on-host",
            "namespace": NAMESPACE,
            "labels": {"kubernetes.io/service-name": f"{product}-operated"},
        },
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": [host], "hostname": f"{product}-{NAME}-0", "conditions": {"ready": True}}
        ],
        "ports": [{"name": "http-web" if product == "alertmanager" else "web", "port": port}],
    }
