"""What checks cost: 50 a minute as Jobs, and 500 a minute by the prober, for ten minutes in real pods.

``python -m tests.bench.checks --minutes 10``. Both ask the same shop the same question, side by side in
one cluster. CPU is what the kernel counted in the cgroups of the pods: ``jobs_cpu`` and ``prober_cpu`` are
cores. The last line says ``jobs_cpu=… prober_cpu=… missed=0``; exit 1 when a run was missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fireline.api.resources import POD, SYNTHETIC_CHECK
from fireline.synthetic.coverage import MEASURED
from tests.bed.errors import BedError
from tests.bed.kubeclient import Manifest
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bench.report import table

COUNTS = (*MEASURED, "infra", "skipped", "expected")
_CGROUPS = Path("/sys/fs/cgroup")
_OPEN_SECONDS = 120.0
"""A slot of an every-minute check without a run is closed as missed after 75 s, and told within 30 more."""


@dataclass(frozen=True, slots=True)
class Phase:
    """``checks`` checks that run ``every`` so often, by one runner, in a namespace of their own."""

    runner: str
    checks: int
    every: str = "1m"

    @property
    def namespace(self) -> str:
        """Where they are."""
        return f"bench-{self.runner.lower()}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a phase came to. CPU in cores; counts of all of its checks."""

    checks_cpu: float
    operator_cpu: float
    counts: dict[str, int]
    seconds: float

    @property
    def measured(self) -> int:
        """Runs that measured something."""
        return sum(self.counts[one] for one in MEASURED)

    @property
    def missed(self) -> int:
        """Expected runs that measured nothing."""
        return self.counts["expected"] - self.measured


class Meter:
    """CPU seconds of pods, from the cgroups of the bed."""

    def __init__(self, bed: PodBed) -> None:
        self._name = bed.space.site.name

    def all_pods(self) -> float:
        """Of all pods there were so far: a cgroup keeps what its children used."""
        return self._seconds("kubepods")

    def of(self, pod: Manifest) -> float:
        """Of one pod that runs."""
        quality = {"Guaranteed": "", "Burstable": "burstable/", "BestEffort": "besteffort/"}
        return self._seconds(f"kubepods/{quality[pod['status']['qosClass']]}pod{pod['metadata']['uid']}")

    def _seconds(self, place: str) -> float:
        old = _CGROUPS / "cpuacct" / self._name / place / "cpuacct.usage"
        if old.exists():
            return int(old.read_text()) / 1e9
        for line in (_CGROUPS / self._name / place / "cpu.stat").read_text().splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1]) / 1e6
        raise BedError(f"no CPU time for {place}")


def check(phase: Phase, number: int, base: str) -> Manifest:
    """One of the checks: the shop's health, as in examples/synthetic."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": f"health-{number:03}", "namespace": phase.namespace},
        "spec": {
            "schedule": {"every": phase.every},
            "runner": phase.runner,
            "timeout": "15s",
            "steps": [
                {
                    "name": "health",
                    "http": {"url": f"{base}/health"},
                    "assert": [{"jsonPath": "$.status", "equals": "ok"}, {"status": [200]}],
                }
            ],
        },
    }


def totals(world: World, phase: Phase) -> dict[str, int]:
    """The counts of all checks of a phase, added up."""
    found = world.client.list(SYNTHETIC_CHECK, phase.namespace)
    return {
        name: sum(one.get("status", {}).get("totals", {}).get(name, 0) for one in found) for name in COUNTS
    }


def measure(world: World, meter: Meter, phases: Sequence[Phase], base: str, *, minutes: float) -> list[Cost]:
    """Run all phases side by side, from the first result of every check on."""
    for phase in phases:
        world.client.namespace(phase.namespace)
        for number in range(phase.checks):
            world.client.create(check(phase, number, base))
    for phase in phases:
        wait_for(
            lambda one=phase: _all_ran(world, one), what=f"every {phase.runner} check has run", seconds=300
        )
    before = [totals(world, phase) for phase in phases]
    started, used = time.monotonic(), _used(world, meter)
    while (left := started + 60 * minutes - time.monotonic()) > 0:
        time.sleep(min(left, 30))
        for phase, then in zip(phases, before, strict=True):
            _tell(phase, totals(world, phase), then)
    seconds, after = time.monotonic() - started, _used(world, meter)
    for phase in phases:
        _suspend(world, phase)
    counted = [_settled(world, phase) for phase in phases]
    return [
        Cost(
            checks_cpu=(after[phase.runner] - used[phase.runner]) / seconds,
            operator_cpu=(after["operator"] - used["operator"]) / seconds,
            counts={name: now[name] - then[name] for name in COUNTS},
            seconds=seconds,
        )
        for phase, then, now in zip(phases, before, counted, strict=True)
    ]


def _all_ran(world: World, phase: Phase) -> bool:
    """Whether each was measured once: so that the counts that follow begin at a slot for all."""
    found = world.client.list(SYNTHETIC_CHECK, phase.namespace)
    return all(any(one.get("status", {}).get("totals", {}).get(name) for name in MEASURED) for one in found)


def _used(world: World, meter: Meter) -> dict[str, float]:
    """CPU seconds of the operator's pod, of the prober, and of all pods of Jobs, which come and go."""
    lasting: dict[str, float] = {}
    for pod in world.client.list(POD):
        place, owners = pod["metadata"]["namespace"], pod["metadata"].get("ownerReferences", [])
        if pod["status"].get("phase") == "Running" and not any(one["kind"] == "Job" for one in owners):
            lasting[place] = lasting.get(place, 0.0) + meter.of(pod)
    return {
        "operator": lasting.get("fireline", 0.0),
        "Prober": lasting.get(Phase("Prober", 0).namespace, 0.0),
        "Job": meter.all_pods() - sum(lasting.values()),
    }


def _suspend(world: World, phase: Phase) -> None:
    for one in world.client.list(SYNTHETIC_CHECK, phase.namespace):
        world.client.patch(
            SYNTHETIC_CHECK, one["metadata"]["name"], phase.namespace, {"spec": {"suspend": True}}
        )


def _settled(world: World, phase: Phase) -> dict[str, int]:
    """The counts once nothing was added for as long as a slot may stay open."""
    found, since = totals(world, phase), time.monotonic()
    while time.monotonic() - since < _OPEN_SECONDS:
        time.sleep(2)
        now = totals(world, phase)
        if now["expected"] != found["expected"]:
            found, since = now, time.monotonic()
    return found


def _tell(phase: Phase, now: dict[str, int], before: dict[str, int]) -> None:
    done = ", ".join(f"{now[name] - before[name]} {name}" for name in COUNTS if now[name] - before[name])
    print(f"{phase.runner}: {done}", file=sys.stderr, flush=True)


def main() -> int:
    """Run both phases as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=50, help="checks a minute as Jobs")
    parser.add_argument("--prober", type=int, default=500, help="checks a minute by the prober")
    given = parser.parse_args()
    phases = (Phase("Job", given.jobs), Phase("Prober", given.prober))
    with tempfile.TemporaryDirectory() as directory, World(Tools(), Path(directory) / "world") as world:
        if not isinstance(world.platform, PodBed):
            raise BedError("CPU is measured in the pod bed only: it needs root on Linux")
        shop = world.shop("bench-shop")
        meter = Meter(world.platform)
        found = measure(world, meter, phases, shop.inside, minutes=given.minutes)
        costs = {phase.runner: cost for phase, cost in zip(phases, found, strict=True)}
    rows = [
        [
            f"{phase.checks} a minute, {phase.runner}",
            str(cost.measured),
            str(cost.missed),
            f"{cost.checks_cpu:.3f}",
            f"{cost.operator_cpu:.3f}",
            f"{1000 * cost.checks_cpu * cost.seconds / max(1, cost.counts['expected']):.0f}",
        ]
        for phase in phases
        for cost in [costs[phase.runner]]
    ]
    columns = ["checks", "measured", "missed", "cores of checks", "cores of operator", "CPU ms a run"]
    table(f"Checks over {given.minutes:g} minutes", columns, rows)
    missed = sum(cost.missed for cost in costs.values())
    jobs, prober = costs["Job"].checks_cpu, costs["Prober"].checks_cpu
    print(f"jobs_cpu={jobs:.3f} prober_cpu={prober:.3f} missed={missed}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
