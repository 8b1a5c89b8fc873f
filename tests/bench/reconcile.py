"""``make bench-reconcile N=2000``: the operator against N waiting SLOs, beside a bare client.

Both make the same writes to the same API server in the same run. The bare client does one half before
the operator and one half after it, so that a growing database or a busy computer favours neither.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fireline.api.plan import Key, Manifest
from fireline.api.resources import PROMETHEUS_RULE, SLO
from fireline.api.stamp import stamp
from fireline.kube.cache import Cache
from fireline.settings import Settings
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.plan import SLOPlanner
from tests.bed.cluster import Cluster
from tests.bed.operator import Operator
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.bench.bareclient import Writes, send
from tests.bench.report import Bound, finish, table

RATIO, RATIO_WITH_START, RSS_MB = 1.5, 1.8, 150.0
_SECONDS = 600.0


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, metavar="N", help="SLOs waiting (default 2000)")
    count: int = parser.parse_args().count
    with workdir("bench-reconcile") as directory, Cluster(Tools(), directory / "cluster") as cluster:
        print(f"creating {2 * count} SLOs", flush=True)
        before, after = (create(cluster, name, count // 2) for name in ("bare-1", "bare-2"))
        create(cluster, "operated", count)
        bare = send(cluster, before)
        run = operate(cluster, directory, count)
        bare += send(cluster, after)
    report(count, bare, *run)


def create(cluster: Cluster, namespace: str, count: int) -> Sequence[Writes]:
    """Create the SLOs of a namespace; what a bare client has to write for them."""
    client = cluster.client()
    client.namespace(namespace)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(client.create, [an_slo(namespace, number) for number in range(count)]))
    settings = Settings()
    planner = SLOPlanner(settings, Unasked())
    return [writes_for(planner, settings, slo) for slo in made]


def an_slo(namespace: str, number: int) -> Manifest:
    """One of many SLOs, each of a service of its own."""
    job = f"service-{number}"
    return {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "metadata": {"name": job, "namespace": namespace, "labels": {"team": f"team-{number % 20}"}},
        "spec": {
            "service": job,
            "description": f"Customers of {job} get an answer",
            "objective": "99.9",
            "window": {"rolling": "30d"},
            "indicator": {
                "ratio": {
                    "bad": {"metric": f'http_requests_total{{job="{job}",code=~"5.."}}'},
                    "total": {"metric": f'http_requests_total{{job="{job}"}}'},
                }
            },
        },
    }


class Unasked:
    """Like the operator of this bench: there is no Prometheus."""

    def observe(self, objective: Objective) -> Observation:
        del objective
        return Observation(configured=False)


def writes_for(planner: SLOPlanner, settings: Settings, slo: Manifest) -> Writes:
    """The very bytes the operator would send."""
    key = Key(SLO.kind, slo["metadata"]["namespace"], slo["metadata"]["name"])
    seen = Cache(child_resources=[PROMETHEUS_RULE])
    plan = planner.plan(key, parent=slo, seen=seen, now=datetime.now(UTC), problem=None)
    assert plan is not None
    assert isinstance(plan.children, tuple)
    assert plan.status is not None
    rule = stamp(plan.children[0], key=key, parent=slo, instance=settings.instance)
    return Writes.of(slo, rule, plan.status)


def operate(cluster: Cluster, directory: Path, count: int) -> tuple[float, float, float]:
    """Seconds from caches synced and from process start to the last write, and peak memory in MiB."""
    settings = {"watch_namespaces": ["operated"], "sources": {"default": {}}}
    operator = Operator(directory, kubeconfig=cluster.kubeconfig, settings=settings)
    started = time.time()
    operator.launch()
    try:
        wait_for(
            lambda: operator.log.read_text().count('"conditions changed"') >= count,
            what=f"{count} statuses",
            seconds=_SECONDS,
            every=1.0,
        )
        verify(cluster, count)
        memory = operator.peak_rss_mb()
        print(f"the operator used {_cpu_seconds(operator):.1f} s of CPU", flush=True)
        (synced,) = _times(operator, "caches synced")
        last = max(_times(operator, "conditions changed") + _times(operator, "child created"))
    finally:
        operator.stop()
    return last - synced, last - started, memory


def verify(cluster: Cluster, count: int) -> None:
    """Every rule, the shared windows and every status are really there."""
    client = cluster.client()
    wait_for(lambda: len(client.list(PROMETHEUS_RULE, "operated")) == count + 1, what=f"{count} + 1 rules")
    slos = client.list(SLO, "operated")
    ready = [one for slo in slos for one in slo["status"]["conditions"] if one["type"] == "Ready"]
    assert [one["status"] for one in ready] == ["True"] * count


def _times(operator: Operator, event: str) -> list[float]:
    return [_seconds(line) for line in operator.logs() if line["event"] == event]


def _seconds(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["timestamp"]).timestamp()


def _cpu_seconds(operator: Operator) -> float:
    """User and system time of the process so far."""
    fields = Path(f"/proc/{operator.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(count: int, bare: float, synced: float, started: float, memory: float) -> None:
    """The table, the verdicts and the last line."""
    table(
        f"{count} waiting SLOs: every rule and status written",
        ("", "seconds", "objects a second", "times the bare client"),
        [
            (name, f"{seconds:.1f}", f"{count / seconds:.0f}", f"{seconds / bare:.2f}")
            for name, seconds in (
                ("bare client, same writes", bare),
                ("operator, from caches synced", synced),
                ("operator, from process start", started),
            )
        ],
    )
    figures = {"ratio": synced / bare, "ratio_with_start": started / bare, "rss_mb": memory}
    limits = {"ratio": RATIO, "ratio_with_start": RATIO_WITH_START, "rss_mb": RSS_MB}
    finish([Bound(name, figures[name], limits[name]) for name in figures], figures)


if __name__ == "__main__":
    main()
