"""The SLOs ``bench-rules`` measures and the raw counters behind them.

Counters are a function of time, so that the history written as blocks and the live scrapes that
follow are one continuous series. Every Prometheus of a run holds the same blocks and scrapes the
same page. One fleet of 2,000 raw series is read as 20 SLOs of 100, by another label as 4 of 500, and
whole; the other sizes have series of their own.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective

RAW_STEP = 60
"""Seconds between raw samples. The coarser, the smaller the difference: 30 s would flatter Fireline."""
_SERVICES, _PODS, _CODES = 20, 20, ("200", "204", "404", "429", "500")
METRIC = "http_requests_total"


@dataclass(frozen=True)
class Size:
    """So many SLOs, each over so many raw series.

    ``label`` is the raw label that tells the SLOs apart. ``chosen_with`` are the million samples per
    minute that all SLOs of this size read when the layout was chosen (Prometheus 3.13, 30 days of data
    at 60 s): no later change of the rules may cost twice that.
    """

    slos: int
    series: int
    label: str
    chosen_with: float | None = None

    @property
    def name(self) -> str:
        """The namespace, and the name in tables."""
        return f"{self.slos}x{self.series}"

    @cached_property
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


SMALL = Size(20, 100, "service", chosen_with=0.78)
LARGE = Size(4, 500, "product")
COMPARED = (SMALL, LARGE)
"""Sizes at which the plain layout runs too."""
WHOLE = Size(1, 2000, "fleet")
OWN_SERIES = (
    Size(1, 1, "single"),
    Size(200, 5, "unit", chosen_with=3.0),
    # That figure was taken without the guards of young SLOs, which are in the rules today.
    Size(1000, 2, "pair", chosen_with=14.0),
)
SIZES = (*COMPARED, WHOLE, *OWN_SERIES)


@dataclass(frozen=True)
class Counter:
    """One raw series; its value is whole events since ``epoch``."""

    labels: str
    per_second: float
    epoch: float

    def at(self, when: float) -> int:
        """Events so far."""
        return int((when - self.epoch) * self.per_second)


def fleet(epoch: float) -> list[Counter]:
    """The raw series both layouts read, about 0.05 % of the events bad."""
    return [
        _counter(f'{_where(service)},pod="pod-{pod}"', code, service + pod, epoch)
        for service in range(_SERVICES)
        for pod in range(_PODS)
        for code in _CODES
    ]


def _where(service: int) -> str:
    product = service * LARGE.slos // _SERVICES
    return f'fleet="fleet-0",service="service-{service}",product="product-{product}"'


def own_series(epoch: float) -> list[Counter]:
    """The raw series of the other sizes; the last one of each SLO counts its errors."""
    return [
        _counter(f'{size.label}="{size.label}-{slo}",pod="pod-{one}"', code, slo % 20 + one, epoch)
        for size in OWN_SERIES
        for slo in range(size.slos)
        for one in range(size.series)
        for code in ("500" if 0 < one == size.series - 1 else "200",)
    ]


def _counter(where: str, code: str, nth: int, epoch: float) -> Counter:
    mean = 0.0127 if code[0] == "5" else 6.31
    return Counter(f'{METRIC}{{{where},code="{code}"}}', mean * (1 + 0.013 * nth), epoch)


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
                """Say nothing: many servers scrape."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Exporter:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
