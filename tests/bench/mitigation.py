"""``make bench-mitigation``: from an alert's startsAt in Prometheus to the automatic change being in place.

Twenty Mitigations of mode Auto with ``forTicks: 1``, each with an alert and a ConfigMap of its own, and the
operator with the settings it has by default. The alerts fire one after the other, at odd moments of the
operator's tick. The end is what the API server shows to somebody else, not what the status says.
The last line says ``p95_s=…``; exit 1 when that is 15 s or more.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import yaml

from fireline.api.resources import CONFIG_MAP
from tests.bed.cluster import Cluster
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.bench.report import Bound, finish, table
from tests.cluster.rig import Rig
from tests.mitigations.scene import CONFIG_MAPS, Aid

POLICIES = Path(__file__).parents[2] / "examples" / "install" / "mitigation-policies.yaml"
LIMIT_SECONDS = 15.0
_APART_SECONDS = 3.3
"""Between two alerts: no multiple of a tick."""
_READY_SECONDS = 30
"""Before the first alert fires every trigger must have been seen to be false."""


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="alerts (default 20)")
    runs: int = parser.parse_args().runs
    names = [f"run-{number:02}" for number in range(1, runs + 1)]
    tools = Tools()
    with workdir("bench-mitigation") as directory, contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(tools, directory / "cluster"))
        prometheus = stack.enter_context(
            Prometheus(tools, directory / "prometheus", evaluation_interval="1s", scrape_interval="5s")
        )
        # Without the policies of the installation, mode Auto only proposes.
        cluster.kubectl("apply", "-f", str(POLICIES))
        aid = an_operator(stack, cluster, directory, prometheus, runs)
        for name in names:
            mitigate(aid, name)
        began, applied = measure(aid, prometheus, names)
    report(names, [applied[name] - began[name] for name in names])


def an_operator(
    stack: contextlib.ExitStack, cluster: Cluster, directory: Path, prometheus: Prometheus, runs: int
) -> Aid:
    """Running, with default settings but for what so many mitigations at a time need."""
    limits = {"auto_namespaces": ["*"], "max_active": runs, "max_active_per_namespace": runs}
    settings = {"mitigations": limits, "sources": {"default": {"urls": [prometheus.url]}}}
    rig = Rig(cluster, directory, toy=False, settings=settings)
    stack.callback(rig.close)
    rig.operator.start()
    rig.await_idle()
    aid = Aid(rig)
    aid.may(CONFIG_MAPS)
    return aid


def mitigate(aid: Aid, name: str) -> None:
    """A ConfigMap, and the Mitigation that changes it when its alert fires."""
    aid.config_map(name, mode="fast")
    aid.apply(
        name,
        mode="Auto",
        trigger={"alert": {"name": alert_of(name)}, "forTicks": 1},
        target={"apiVersion": "v1", "kind": "ConfigMap", "name": name},
    )


def measure(
    aid: Aid, prometheus: Prometheus, names: Sequence[str]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """When each alert began, as Prometheus tells it, and when its change was seen; Unix seconds."""
    first = time.time() + _READY_SECONDS
    load(prometheus, {name: first + number * _APART_SECONDS for number, name in enumerate(names)})
    for name in names:
        wait_for(
            lambda name=name: aid.status(name).get("signal") == "False",
            what=f"the trigger of {name} is seen to be false",
            seconds=_READY_SECONDS,
        )
    if time.time() > first:
        raise SystemExit("the operator took so long to look at every trigger that the first alert has fired")
    applied: dict[str, float] = {}

    def all_applied() -> bool:
        for found in aid.client.list(CONFIG_MAP, aid.namespace):
            if found.get("data", {}).get("mode") == "safe":
                applied.setdefault(found["metadata"]["name"], time.time())
        return len(applied) == len(names)

    seconds = _READY_SECONDS + len(names) * _APART_SECONDS + 4 * LIMIT_SECONDS
    wait_for(all_applied, what="every change is in place", seconds=seconds, every=0.05)
    return {name: began(prometheus, name) for name in names}, applied


def load(prometheus: Prometheus, times: Mapping[str, float]) -> None:
    """An alert for each name, which fires from its time on."""
    rules = [{"alert": alert_of(name), "expr": f"vector(time()) > {at:.3f}"} for name, at in times.items()]
    group = {"name": "bench", "interval": "1s", "rules": rules}
    (prometheus.rules / "bench.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    prometheus.reload()


def began(prometheus: Prometheus, name: str) -> float:
    """An alert without ``for`` starts when it becomes active."""
    (found,) = prometheus.alerts(alertname=alert_of(name))
    return datetime.fromisoformat(found["activeAt"]).timestamp()


def alert_of(name: str) -> str:
    """The name of its alert."""
    return "Bench_" + name.replace("-", "_")


def report(names: Sequence[str], seconds: Sequence[float]) -> None:
    """Print what was measured, and end."""
    table(
        "From startsAt to applied",
        ("run", "seconds"),
        [(name, f"{took:.2f}") for name, took in zip(names, seconds, strict=True)],
    )
    ranked = sorted(seconds)
    p95 = ranked[math.ceil(0.95 * len(ranked)) - 1]
    print(f"median {ranked[len(ranked) // 2]:.2f} s, longest {ranked[-1]:.2f} s")
    finish([Bound("p95 of seconds from startsAt to applied", p95, LIMIT_SECONDS)], {"p95_s": p95})


if __name__ == "__main__":
    main()
