"""The whole path over the scenarios: a bed whose past they are, the running operator, and the truth.

Every scenario ends as the bed starts. From there on its counters stand still until a test moves them,
so that the truth is known to the event at any time.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings, Source
from fireline.slo.compile import compile_slo
from tests.bed.bed import Bed
from tests.bed.kubeclient import Manifest
from tests.bed.operator import Operator
from tests.bed.prometheus import Prometheus
from tests.bed.promoperator import RULE_LABELS
from tests.bed.toolchain import Tools
from tests.truth.exporter import Exporter
from tests.truth.recorded import backfill_rules
from tests.truth.slos import condition, status_of
from tests.truth.store import write_blocks
from tests.truth.traffic import Service

DAY = 86_400
OPERATOR = {
    "refresh_seconds": 2.0,
    "status_interval_seconds": 1.0,
    "exact_today_seconds": 4.0,
    "exact_core_share": 1.0,
    "exact_audit_share": 0.5,
}
"""All figures anew every few seconds instead of minutes, so that a test sees a change soon."""


class Live:
    """A bed over ``services``, all moved in time so that they end now, and an operator. Use in a ``with``.

    ``recorded``: SLOs whose rules were at work for as long as there is history. ``settings``: those of
    the operator.
    """

    bed: Bed
    operator: Operator

    def __init__(
        self,
        tools: Tools,
        directory: Path,
        services: Mapping[str, Service],
        *,
        recorded: Iterable[Manifest] = (),
        settings: Mapping[str, Any] = OPERATOR,
    ) -> None:
        self.tools = tools
        self.directory = directory
        self.end = int(time.time())
        self.services = {name: _ending(service, self.end) for name, service in services.items()}
        self.exporter = Exporter(self.services.values())
        self.recorded = list(recorded)
        self._settings = settings
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.exporter)
            self.bed = stack.enter_context(
                Bed(
                    self.tools,
                    directory=self.directory,
                    scrape_interval="1s",
                    rate=0.001,  # the shop's traffic is what a test sends itself
                    prepare=self._past,
                    scrapes=(self.exporter.scrape(),),
                )
            )
            self.operator = stack.enter_context(
                Operator(
                    self.directory,
                    kubeconfig=self.bed.cluster.kubeconfig,
                    prometheus=[self.bed.prometheus.url],
                    settings=self._settings,
                )
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def apply(self, slos: Iterable[Manifest]) -> None:
        """One ``kubectl apply`` of all of them, their namespaces made before."""
        wanted = list(slos)
        for namespace in {slo["metadata"]["namespace"] for slo in wanted}:
            self.bed.client.namespace(namespace)
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted})
        self.bed.cluster.kubectl("apply", "-f", "-", stdin=document)

    def status(self, namespace: str, name: str) -> Manifest:
        """See ``status_of``."""
        return status_of(self.bed.client, namespace, name)

    def figures(self, namespace: str, name: str, source: str = "Exact") -> Manifest:
        """The status once it has a budget from this source. Raises LookupError before."""
        status = self.status(namespace, name)
        condition(status, "BudgetHealthy")
        if status["budget"]["source"] != source or "consumed" not in status["budget"]:
            raise LookupError(f"{namespace}/{name}: {status['budget']}")
        return status

    def events(self, service: str, status: Manifest, *, window: int = 30) -> tuple[float, float]:
        """All events and bad ones that truly happened in the window as of the status."""
        as_of = datetime.fromisoformat(status["budget"]["asOf"]).timestamp()
        total, bad = self.services[service].events(as_of - window * DAY, as_of)
        more = self.exporter.added(service)
        return total + more[0], bad + more[1]

    def truth(self, service: str, status: Manifest, *, objective: float = 99.9, window: int = 30) -> float:
        """Percent of the budget that was truly consumed as of the status; LookupError without traffic."""
        as_of = datetime.fromisoformat(status["budget"]["asOf"]).timestamp()
        total, bad = self.events(service, status, window=window)
        if total == 0:
            raise LookupError(f"{service} had no traffic at all")
        age = self.services[service].age(as_of - window * DAY, as_of) / (window * DAY)
        return 100 * bad / total / (1 - objective / 100) * min(1.0, age)

    def _past(self, data: Path) -> None:
        write_blocks(self.tools, self.services.values(), data.parent)
        if not self.recorded:
            return
        settings = Settings(sources={"default": Source(rule_labels=RULE_LABELS)})
        objectives = [compile_slo(ServiceLevelObjective.of(slo), settings=settings) for slo in self.recorded]
        longest = max(round(one.window.nominal.seconds) for one in objectives)
        with Prometheus(self.tools, self.directory / "backfill", data=data) as reader:
            backfill_rules(
                self.tools, reader, data, objectives, start=self.end - longest - 3600, end=self.end
            )


def _ending(service: Service, end: int) -> Service:
    """The same events, as if the scenario's last step ended at ``end``."""
    steps = len(service.total[0].events)
    return replace(service, start=end - steps * service.step)


def tolerance(service: Service, truth: float) -> float:
    """In points of the budget: a share of what is consumed, or 0.1 points, whichever is larger."""
    return max(0.1, service.tolerance * truth)
