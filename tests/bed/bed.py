"""The whole bed in one ``with``: control plane, prometheus-operator, Prometheus, Alertmanager, shop.

A test drives the true path: custom resource → operator → PrometheusRule → prometheus-operator's own
validation and selection → Prometheus → Alertmanager → webhook. Parts that need less are used alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.bed.alertmanager import Alertmanager, base_config
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.bed.mirror import Mirror
from tests.bed.prometheus import Prometheus, Scrape, shop_jobs
from tests.bed.promoperator import PrometheusOperator, create_monitoring
from tests.bed.shopserver import ShopServer
from tests.bed.toolchain import Tools
from tests.bed.webhook import Webhook
from tests.bed.workdir import workdir


class Bed:
    """Everything, started on entering and gone on leaving. Several at once are fine.

    ``directory``: where files go (default: a temporary directory). ``prepare`` gets the directory for
    Prometheus' data before Prometheus starts, to backfill history. Intervals are Prometheus durations.
    ``rate`` and ``error_rate`` are the shop's.
    """

    cluster: Cluster
    client: KubeClient
    prometheus: Prometheus
    alertmanager: Alertmanager
    prometheus_operator: PrometheusOperator
    webhook: Webhook
    shop: ShopServer
    directory: Path

    def __init__(
        self,
        tools: Tools | None = None,
        *,
        directory: Path | None = None,
        controllers: bool = True,
        scrape_interval: str = "5s",
        evaluation_interval: str = "30s",
        rate: float = 20.0,
        error_rate: float = 0.0002,
        prepare: Callable[[Path], None] = lambda _: None,
        scrapes: tuple[Scrape, ...] = (),
    ) -> None:
        self.tools = tools or Tools()
        self._directory = directory
        self._controllers = controllers
        self._scrape_interval = scrape_interval
        self._evaluation_interval = evaluation_interval
        self._rate = rate
        self._error_rate = error_rate
        self._prepare = prepare
        self._scrapes = scrapes
        self._stack = contextlib.ExitStack()

    def environment(self) -> dict[str, str]:
        """What a person or a script needs to use the bed, as environment variables."""
        return {
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "PROMETHEUS_URL": self.prometheus.url,
            "ALERTMANAGER_URL": self.alertmanager.url,
            "WEBHOOK_URL": self.webhook.url,
            "APP_URL": self.shop.url,
        }

    def start(self) -> None:
        """Start every part; returns when all of them answer."""
        enter = self._stack.enter_context
        self.directory = self._directory or enter(workdir())
        self.cluster = enter(Cluster(self.tools, self.directory, controllers=self._controllers))
        self.client = self.cluster.client()
        self.webhook = enter(Webhook())
        self.shop = enter(ShopServer(self.directory, rate=self._rate, error_rate=self._error_rate))
        config = base_config(self.webhook.url)
        self.alertmanager = enter(Alertmanager(self.tools, self.directory / "alertmanager", config=config))
        self.prometheus_operator = PrometheusOperator(self.cluster, self.directory)
        self.prometheus = enter(self._make_prometheus())
        create_monitoring(self.client, config)
        enter(self.prometheus_operator)
        self.mirror = enter(Mirror(self.cluster.client(timeout=5.0), self.prometheus, self.alertmanager))

    def stop(self) -> None:
        """End every part, in the opposite order."""
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

    def _make_prometheus(self) -> Prometheus:
        directory = self.directory / "prometheus"
        data = directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._prepare(data)
        return Prometheus(
            self.tools,
            directory,
            scrapes=(
                *shop_jobs(self.shop.address),
                Scrape("prometheus-operator", self.prometheus_operator.address),
                *self._scrapes,
            ),
            alertmanager=self.alertmanager.url,
            scrape_interval=self._scrape_interval,
            evaluation_interval=self._evaluation_interval,
            data=data,
        )
