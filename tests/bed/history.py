"""Thirty days of the demo shop's past, as Prometheus would have scraped it.

The rate is the live one, so that nothing jumps where history ends and the running shop begins. One
incident lies in it, so that the error budget has a story to tell.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bed.prometheus import backfill
from tests.bed.shop import BOUNDS, LATENCIES, PAGES, Page
from tests.bed.toolchain import Tools

STEP = 120
"""Seconds between samples."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of the past with more errors, in seconds before the end of history."""

    began: int
    seconds: int
    errors: float


PAST_INCIDENT = Incident(began=9 * 86_400, seconds=600, errors=0.5)


def write_history(
    tools: Tools, data: Path, *, instance: str, rate: float, error_rate: float, end: int, days: int = 30
) -> None:
    """Backfill the shop's series into a Prometheus data directory, up to ``end`` (Unix seconds)."""
    times = range(end - days * 86_400, end + 1, STEP)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.om"
        with file.open("w") as out:
            for block in (_requests(times, instance, rate, error_rate), _seconds(times, instance, rate)):
                out.writelines(block)
            out.write("# EOF\n")
        backfill(tools, file, data)


def _requests(times: range, instance: str, rate: float, error_rate: float) -> Iterator[str]:
    yield "# TYPE http_requests counter\n"
    for page in PAGES:
        served, failed = 0.0, 0.0
        good, bad = _series(page, instance, 'code="200"'), _series(page, instance, 'code="500"')
        lines: tuple[list[str], list[str]] = ([], [])
        for at in times:
            share = error_rate + (PAST_INCIDENT.errors if _in_incident(at, times[-1]) else 0)
            events = rate * page.share / 10 * STEP
            failed += events * share
            served += events * (1 - share)
            lines[0].append(f"http_requests_total{{{good}}} {int(served)} {at}\n")
            lines[1].append(f"http_requests_total{{{bad}}} {int(failed)} {at}\n")
        yield from lines[0]
        yield from lines[1]


def _seconds(times: range, instance: str, rate: float) -> Iterator[str]:
    name = "http_request_duration_seconds"
    yield f"# TYPE {name} histogram\n"
    mean = sum(LATENCIES) / len(LATENCIES)
    for page in PAGES:
        labels = _series(page, instance)
        each = rate * page.share / 10 * STEP
        for bound in (*BOUNDS, float("inf")):
            within = each * sum(latency <= bound for latency in LATENCIES) / len(LATENCIES)
            le = "+Inf" if bound == float("inf") else f"{float(bound)}"
            for number, at in enumerate(times):
                yield f'{name}_bucket{{{labels},le="{le}"}} {int(number * within)} {at}\n'
        for number, at in enumerate(times):
            yield f"{name}_count{{{labels}}} {int(number * each)} {at}\n"
        for number, at in enumerate(times):
            yield f"{name}_sum{{{labels}}} {number * each * mean:.3f} {at}\n"


def _series(page: Page, instance: str, *more: str) -> str:
    known = f'job="shop",instance="{instance}",service="{page.service}",handler="{page.handler}"'
    return ",".join([known, f'method="{page.method}"', *more])


def _in_incident(at: int, end: int) -> bool:
    return end - PAST_INCIDENT.began <= at < end - PAST_INCIDENT.began + PAST_INCIDENT.seconds
