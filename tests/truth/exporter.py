"""Goes on with the scenarios' counters where their history ends: a scrape target a test moves by hand.

Nothing happens by itself, so that the truth after any change is known to the event.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self

from tests.bed.ports import free_port
from tests.bed.prometheus import Scrape
from tests.truth.scenarios import LATENCY, REQUESTS
from tests.truth.traffic import Counter, Service

Labels = tuple[tuple[str, str], ...]


class Exporter:
    """Serves every series that is alive when its scenario ends. Use in a ``with``."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._lock = threading.Lock()
        self._values: dict[tuple[str, Labels], int] = {}
        self._added: dict[str, tuple[int, int]] = {}
        for service in services:
            for counter in (*service.total, *service.extra):
                for step, value in deque(counter.scraped(), maxlen=1):
                    if step == len(counter.events) - 1:
                        self._values[_series(service.name, counter)] = value
        handler = type("Handler", (_Handler,), {"exporter": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="exporter")

    def scrape(self) -> Scrape:
        """A job whose series are the very ones of the history: without job and instance."""
        plain = {"regex": "job|instance", "action": "labeldrop"}
        return Scrape(
            "scenarios",
            f"127.0.0.1:{self._server.server_port}",
            {"scrape_interval": "1s", "metric_relabel_configs": [plain]},
        )

    def add(self, service: str, *, good: int = 0, bad: int = 0) -> None:
        """So many events more, all on one pod."""
        with self._lock:
            pod = min(dict(labels)["pod"] for _, labels in self._values if dict(labels)["service"] == service)
            for metric, labels in self._values:
                known = dict(labels)
                if (known["service"], known["pod"]) == (service, pod):
                    self._values[metric, labels] += _share(metric, known, good, bad)
            before = self._added.get(service, (0, 0))
            self._added[service] = before[0] + good + bad, before[1] + bad

    def added(self, service: str) -> tuple[int, int]:
        """(total, bad) events added so far."""
        with self._lock:
            return self._added.get(service, (0, 0))

    def text(self) -> str:
        """The page as Prometheus reads it."""
        with self._lock:
            return "".join(f"{metric}{_braces(labels)} {n}\n" for (metric, labels), n in self._values.items())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _series(service: str, counter: Counter) -> tuple[str, Labels]:
    return counter.metric, tuple({"service": service, **counter.labels}.items())


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}"


def _share(metric: str, labels: Mapping[str, str], good: int, bad: int) -> int:
    """What a series counts of good and bad events; good ones take less than 300 ms."""
    if metric == REQUESTS:
        return good if labels["code"] == "200" else bad
    assert metric.startswith(LATENCY), metric
    return {"0.1": 0, "0.3": good}.get(labels.get("le", ""), good + bad)


class _Handler(BaseHTTPRequestHandler):
    exporter: ClassVar[Exporter]
    timeout = 5

    def do_GET(self) -> None:
        body = self.exporter.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: Prometheus says what it scrapes."""
