"""A day of traffic with known shares, backfilled, and what the rules of two SLOs recorded of it.

Everything ends "now", because the gate asks about now; all counters grow evenly, so every window has
the same shares whenever the tests run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.truth.recorded import backfill_rules

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings
from fireline.slo.compile import compile_slo

STEP = 30
HOURS = 26
LOOKBACK = "--query.lookback-delta=2h"
"""Recorded series end with the history; the tests take a while."""

BOUNDS = (0.1, 0.2, 0.4, 0.5, 1.0)


@dataclass(frozen=True)
class Requests:
    """Requests per step of one series set, and how many of them fail."""

    labels: str
    good: int
    bad: int


REQUESTS = (
    # An objective of 99.9 over a day: 0.02 % bad leave 80 % of the budget, 0.2 % overspend it twice.
    Requests('service="healthy"', 9_998, 2),
    Requests('service="exhausted"', 9_980, 20),
    Requests('service="cart",track="stable"', 990, 10),
    Requests('service="cart",track="same"', 99, 1),
    Requests('service="cart",track="worse"', 95, 5),
    Requests('service="cart",track="tiny"', 1, 0),
)
DURATIONS: Mapping[str, tuple[int, ...]] = {
    # Requests per step up to each bound, then all of them: cumulative, as a histogram has them.
    "createEvent": (300, 600, 900, 960, 992, 1000),
    "listEvents": (500, 700, 930, 980, 999, 1000),
    "rare": (1, 1, 1, 1, 1, 1),
}


def an_objective(service: str, *, window: str = "1d") -> dict[str, Any]:
    """An availability SLO of 99.9 % for one of the services."""
    selector = f'http_requests_total{{service="{service}"'
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": service, "namespace": "shop"},
        "spec": {
            "service": service,
            "objective": "99.9",
            "window": {"rolling": window},
            "indicator": {
                "ratio": {
                    "bad": {"metric": f'{selector},code="500"}}'},
                    "total": {"metric": f"{selector}}}"},
                }
            },
        },
    }


def write(tools: Tools, directory: Path) -> tuple[Path, int]:
    """The data directory with raw history, and when it ends (Unix seconds)."""
    end = int(time.time()) // STEP * STEP
    times = range(end - HOURS * 3600, end + 1, STEP)
    file, data = directory / "history.om", directory / "data"
    with file.open("w") as out:
        out.writelines(_counters(times))
        out.writelines(_histograms(times))
        out.write("# EOF\n")
    backfill(tools, file, data)
    return data, end


def record(tools: Tools, prometheus: Prometheus, data: Path, end: int) -> None:
    """Adds what the rules of the two SLOs recorded."""
    objectives = [
        compile_slo(ServiceLevelObjective.of(an_objective(service)), settings=Settings())
        for service in ("healthy", "exhausted")
    ]
    backfill_rules(tools, prometheus, data, objectives, start=end - HOURS * 3600, end=end)


def _counters(times: range) -> Iterator[str]:
    yield "# TYPE http_requests counter\n"
    for one in REQUESTS:
        for code, each in (("200", one.good), ("500", one.bad)):
            for number, at in enumerate(times):
                yield f'http_requests_total{{{one.labels},code="{code}"}} {number * each} {at}\n'


def _histograms(times: range) -> Iterator[str]:
    yield "# TYPE http_request_duration_seconds histogram\n"
    for operation, cumulative in DURATIONS.items():
        where = f'job="shop",operation="{operation}"'
        for bound, each in zip((*map(str, BOUNDS), "+Inf"), cumulative, strict=True):
            for number, at in enumerate(times):
                yield f'http_request_duration_seconds_bucket{{{where},le="{bound}"}} {number * each} {at}\n'
        for number, at in enumerate(times):
            yield f"http_request_duration_seconds_count{{{where}}} {number * cumulative[-1]} {at}\n"
