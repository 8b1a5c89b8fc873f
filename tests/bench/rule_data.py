"""The data ``bench-rules`` measures on: raw counters of a few days, recorded series of thirty.

Counters are a function of time, so that the history written as blocks and the live scrapes that
follow are one continuous series. Every Prometheus of a run holds the same blocks and scrapes the
same page. The 2,000 raw series are read as 20 SLOs of 100 and, by another label, as 4 of 500.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TextIO

from fireline.api.slo import ServiceLevelObjective
from fireline.promql.durations import Duration
from fireline.settings import Settings
from fireline.slo import names
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from tests.bench import plain_layout

RAW_STEP = 60
"""Seconds between raw samples. The coarser, the smaller the difference: 30 s would flatter Fireline."""
RAW_DAYS = 3.01
RECORDED_DAYS = 30.01
_SERVICES, _PODS, _CODES = 20, 20, ("200", "204", "404", "429", "500")
METRIC = "http_requests_total"


@dataclass(frozen=True)
class Size:
    """How the same raw series are shared out among SLOs."""

    slos: int
    label: str
    """The raw label that tells the SLOs apart."""

    @property
    def series(self) -> int:
        """Raw series behind one SLO."""
        return _SERVICES * _PODS * len(_CODES) // self.slos

    @property
    def name(self) -> str:
        """The namespace, and the name in tables."""
        return f"{self.slos}x{self.series}"

    def objectives(self) -> list[Objective]:
        """Compiled from specs, as the operator does it."""
        return [compile_slo(self._spec(number), settings=Settings()) for number in range(self.slos)]

    def _spec(self, number: int) -> ServiceLevelObjective:
        where = f'{self.label}="{self.label}-{number}"'
        return ServiceLevelObjective.of(
            {
                "metadata": {"name": f"slo-{number}", "namespace": self.name},
                "spec": {
                    "service": f"{self.label}-{number}",
                    "objective": "99.9",
                    "indicator": {
                        "ratio": {
                            "bad": {"metric": f'{METRIC}{{{where},code=~"5.."}}'},
                            "total": {"metric": f"{METRIC}{{{where}}}"},
                        }
                    },
                },
            }
        )


SMALL = Size(20, "service")
LARGE = Size(4, "product")
SIZES = (SMALL, LARGE)


@dataclass(frozen=True)
class Counter:
    """One raw series; its value is whole events since ``epoch``."""

    labels: str
    per_second: float
    epoch: float

    def at(self, when: float) -> int:
        """Events so far."""
        return int((when - self.epoch) * self.per_second)


def counters(epoch: float) -> list[Counter]:
    """All raw series, about 0.05 % of the events bad."""
    found = []
    for service in range(_SERVICES):
        product = service * LARGE.slos // _SERVICES
        for pod in range(_PODS):
            for code in _CODES:
                labels = (
                    f'{METRIC}{{service="service-{service}",product="product-{product}",'
                    f'pod="pod-{pod}",code="{code}"}}'
                )
                mean = 0.0127 if code[0] == "5" else 6.31
                found.append(Counter(labels, mean * (1 + 0.013 * (service + pod)), epoch))
    return found


def write_history(file: Path, raw: list[Counter], end: float) -> int:
    """An OpenMetrics file that ends at ``end``: the raw series and everything long reads read.

    Returns the number of samples.
    """
    written = 0
    with file.open("w") as out:
        times = _times(end, RAW_DAYS, RAW_STEP)
        for counter in raw:
            out.write("".join([f"{counter.labels} {counter.at(at)} {at}\n" for at in times]))
            written += len(times)
        for size in SIZES:
            for number, objective in enumerate(size.objectives()):
                written += _write_recorded(out, objective, end, phase=number)
        out.write("# EOF\n")
    return written


def _write_recorded(out: TextIO, objective: Objective, end: float, *, phase: int) -> int:
    """The 5m rates the windows and guards read, the slices, and the plain layout's 5m ratio."""
    fine = int(names.RAW_INTERVAL.seconds)
    total, bad = names.TOTAL, names.BAD
    rate = names.RAW_WINDOWS[0]
    parts = (
        (names.series(names.rate(total, rate), objective), RAW_DAYS, fine, 500.0),
        (names.series(names.rate(bad, rate), objective), RAW_DAYS, fine, 0.25),
        (names.series(names.slice5m(total), objective), RECORDED_DAYS, 300, 500.0),
        (names.series(names.slice5m(bad), objective), RECORDED_DAYS, 300, 0.25),
        (plain_layout.series(objective), RECORDED_DAYS, fine, 0.0005),
    )
    written = 0
    for series, days, step, mean in parts:
        times = _times(end, days, step)
        out.writelines(f"{series} {mean * _wave(at, phase):.9g} {at}\n" for at in times)
        written += len(times)
    return written


def _times(end: float, days: float, step: int) -> range:
    last = int(end) // step * step
    return range(last - int(Duration.of(days=days).seconds) // step * step, last + 1, step)


def _wave(at: float, phase: int) -> float:
    """Day and night, and enough noise that no two floats are alike."""
    return 1 + 0.4 * math.sin(at / 13_751 + phase) + 0.05 * math.sin(at * 1.7)


class Exporter:
    """The page every Prometheus scrapes: the same counters, now."""

    def __init__(self, raw: list[Counter]) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                now = time.time()
                body = "".join(f"{counter.labels} {counter.at(now)}\n" for counter in raw).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: five servers scrape."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Exporter:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
