"""What one prober costs without a cluster: CHECKS journeys a minute of two requests each, on loopback.

``python -m tests.bench.checks_prober --minutes 10 --checks 500``. No root needed; ``tests.bench.checks``
measures the same in real pods, with the operator. The last line says ``prober_cpu=… missed=0``: cores, and
slots that were not run or not in time; exit 1 when there was one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.report import table
from tests.unit.synthetic.prober.process import Prober, an_entry, lateness
from tests.unit.synthetic.prober.target import Target

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Cost:
    """``cpu`` in cores; ``lateness`` in seconds, sorted; ``memory`` in MiB at its highest."""

    cpu: float
    runs: int
    missed: int
    failed: int
    lateness: list[float]
    memory: float


def measure(directory: Path, *, checks: int, minutes: float) -> Cost:
    """Runs a prober for so long, read every five seconds as by the operator."""
    prober = Prober(directory)
    with Target() as target:
        prober.write(*_entries(target.url, checks))
        with prober:
            _follow(prober, _MINUTE / 2)  # starting is not what is measured
            before, began = prober.cpu_seconds(), time.time()
            _follow(prober, minutes * _MINUTE)
            cpu, ended = prober.cpu_seconds() - before, time.time()
            memory = _memory(prober)
            _follow(prober, 10)
        runs = [run for run in prober.runs if began < run["slot"] <= ended]
    return Cost(
        cpu=cpu / (ended - began),
        runs=len(runs),
        missed=_slots(began, ended, checks) - len(runs),
        failed=sum(run["result"]["outcome"] != "success" for run in runs),
        lateness=sorted(map(lateness, runs)),
        memory=memory,
    )


def _entries(url: str, checks: int) -> Iterator[dict[str, Any]]:
    """Log in, then use the token: two requests, an assertion, a capture."""
    steps = [
        {
            "name": "login",
            "http": {"url": f"{url}/login", "json": {"user": "probe"}},
            "assert": [{"status": [200]}, {"jsonPath": "$.token", "exists": True}],
            "capture": [{"variable": "session", "jsonPath": "$.token", "sensitive": True}],
        },
        {
            "name": "read",
            "http": {"url": f"{url}/read", "headers": {"Authorization": "Bearer ${session}"}},
            "assert": [{"latency": {"below": "2s", "otherwise": "Degraded"}}],
        },
    ]
    for number in range(checks):
        yield an_entry(f"c{number}", url, every=_MINUTE, offset=number % _MINUTE, steps=steps)


def _slots(began: float, ended: float, checks: int) -> int:
    """How many there were in that time."""
    seconds = range(int(began) + 1, int(ended) + 1)
    return sum(len(range(second % _MINUTE, checks, _MINUTE)) for second in seconds)


def _follow(prober: Prober, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        prober.read()
        time.sleep(min(5.0, max(0.0, end - time.monotonic())))


def _memory(prober: Prober) -> float:
    for line in Path(f"/proc/{prober.server.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("no VmHWM")


def main() -> int:
    """The exit code: 1 when a slot was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=500, help="how many, each once a minute")
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cost = measure(Path(directory), checks=given.checks, minutes=given.minutes)
    late = cost.lateness or [0.0]
    rows = [
        ("runs", str(cost.runs)),
        ("not successful", str(cost.failed)),
        ("started late by, median", f"{late[len(late) // 2] * 1000:.0f} ms"),
        ("started late by, worst", f"{late[-1] * 1000:.0f} ms"),
        ("CPU of a run", f"{cost.cpu * given.minutes * _MINUTE / max(1, cost.runs) * 1000:.1f} ms"),
        ("memory at its highest", f"{cost.memory:.0f} MiB"),
    ]
    table("One prober", ("", "figure"), rows)
    print(f"prober_cpu={cost.cpu:.3f} missed={cost.missed}")
    return int(cost.missed > 0)


if __name__ == "__main__":
    sys.exit(main())
