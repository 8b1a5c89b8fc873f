"""One namespace, a fault proxy and an operator that watches only that namespace: a test's own world.

The API server is shared by the whole test run; namespaces, leases and proxies are not.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from tests.bed.calls import Call
from tests.bed.cluster import Cluster
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE, PROMETHEUS_RULE, SLO

_numbers = itertools.count(1)


class Rig:
    """See the module. ``toy`` runs the small kind of :mod:`tests.cluster.toy` instead of the real one."""

    def __init__(
        self,
        cluster: Cluster,
        directory: Path,
        *,
        toy: bool,
        module: str = "tests.cluster.toy",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.cluster = cluster
        self.client = cluster.client()
        self.namespace = self.client.namespace(f"rig-{next(_numbers)}")
        self.directory = directory
        self._module = module if toy else None
        self._stack = contextlib.ExitStack()
        self.proxy = self._stack.enter_context(FaultProxy.before(cluster))
        self.operator = self.make_operator(settings=settings)

    def make_operator(
        self,
        name: str = "operator",
        *,
        kubeconfig: Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Operator:
        """An operator for this namespace, not started; ended with the rig."""
        operator = Operator(
            self.directory,
            kubeconfig=kubeconfig or self.proxy.kubeconfig,
            name=name,
            settings={
                "watch_namespaces": [self.namespace],
                "lease": {**SHORT_LEASE, "namespace": self.namespace},
                **(settings or {}),
            },
        )
        if "lease" not in (settings or {}):
            operator.killed = lambda: self.client.delete(LEASE, "fireline", self.namespace)
        if self._module:
            operator.command = [sys.executable, "-m", self._module]
        self._stack.callback(operator.stop)
        return operator

    def close(self) -> None:
        """End the operators and the proxy."""
        self._stack.close()

    def apply(self, name: str, **wishes: str) -> Manifest:
        """Apply a toy SLO."""
        return self.client.apply(an_slo(self.namespace, name, **wishes))

    def slo(self, name: str) -> Manifest:
        """The SLO as the server holds it."""
        return self.client.get(SLO, name, self.namespace)

    def rule(self, name: str) -> Manifest:
        """A PrometheusRule as the server holds it."""
        return self.client.get(PROMETHEUS_RULE, name, self.namespace)

    def find_rule(self, name: str) -> Manifest | None:
        """A PrometheusRule, or None."""
        return self.client.find(PROMETHEUS_RULE, name, self.namespace)

    def ready(self, name: str) -> Manifest:
        """The Ready condition of an SLO; LookupError while there is none."""
        conditions = self.slo(name).get("status", {}).get("conditions", ())
        found: list[Manifest] = [one for one in conditions if one["type"] == "Ready"]
        return found[0]

    def await_reason(self, name: str, reason: str) -> Manifest:
        """Wait until Ready has this reason for the current generation; returns the condition."""

        def found() -> Manifest | None:
            slo = self.slo(name)
            for one in slo.get("status", {}).get("conditions", ()):
                fresh = one["observedGeneration"] == slo["metadata"]["generation"]
                if one["type"] == "Ready" and one["reason"] == reason and fresh:
                    return one
            return None

        return wait_for(found, what=f"{name} is Ready with reason {reason}")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels; 0 when there are none."""
        text = requests.get(f"{self.operator.url}/metrics", timeout=30).text
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for found, value in lines if all(one in found for one in wanted))

    def await_idle(self) -> None:
        """Wait until the operator leads, and nothing is queued or in hand."""

        def idle() -> bool:
            figures = ("fireline_queue_depth", "fireline_queue_longest_running_seconds")
            return self.metric("fireline_leader") == 1 and not any(map(self.metric, figures))

        wait_for(idle, what="the operator is idle")

    def writes(self) -> list[str]:
        """The writes so far, as ``apply prometheusrules/slo-a``."""
        return [short(call) for call in self.proxy.log.writes()]


def short(call: Call) -> str:
    """A write in a few words."""
    plural = call.resource.partition(".")[0]
    return f"{call.verb} {'/'.join(part for part in (plural, call.subresource, call.name) if part)}"


@contextlib.contextmanager
def a_rig(
    cluster: Cluster,
    directory: Path,
    *,
    toy: bool = True,
    module: str = "tests.cluster.toy",
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Rig]:
    """A rig with its operator running and leading; a failed operator's log is in the error."""
    rig = Rig(cluster, directory, toy=toy, module=module, settings=settings)
    try:
        rig.operator.start()
        rig.await_idle()
        yield rig
    finally:
        rig.close()
