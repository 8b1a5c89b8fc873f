"""The prober as a process of its own, with its files in a directory and its results over loopback."""

from __future__ import annotations

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.bed.ports import free_port
from tests.bed.process import Server

Json = dict[str, Any]


def an_entry(name: str, url: str, *, every: int = 5, offset: int = 0, **journey: Any) -> Json:
    """What the operator writes for a check that asks for one URL."""
    journey = {
        "check": name,
        "namespace": "shop",
        "timeout": "3s",
        "cleanupTimeout": "1s",
        "refuse": [],
        "steps": [{"name": "home", "http": {"url": url}}],
        **journey,
    }
    return {"uid": f"uid-{name}", "schedule": f"{every}s+{offset}s", "journey": journey}


class Prober:
    """``address`` is one of loopback's, so that several can have the same port."""

    def __init__(
        self, directory: Path, *, address: str = "127.0.0.1", port: int | None = None, grace: float = 20
    ) -> None:
        self.journeys, self.secrets = directory / "journeys", directory / "secrets"
        self.address, self.port = address, port or free_port()
        for path in (self.journeys, self.secrets):
            path.mkdir(parents=True, exist_ok=True)
        self.server = Server(
            "prober",
            [
                sys.executable,
                "-m",
                "fireline.synthetic.engine.prober",
                f"--journeys={self.journeys}",
                f"--secrets={self.secrets}",
                f"--port={self.port}",
                f"--host={address}",
                f"--grace={grace}",
            ],
            log=directory / "prober.log",
            ready=self._healthy,
            grace_seconds=grace,
        )
        self.boot, self.after = "", 0
        self.runs: list[Json] = []

    def write(self, *entries: Mapping[str, Any]) -> None:
        """Puts files in place, each at once."""
        for entry in entries:
            hidden = self.journeys / ".new"
            hidden.write_text(json.dumps(entry))
            hidden.rename(self.journeys / f"{entry['journey']['check']}.json")

    def read(self) -> list[Json]:
        """Asks for what is new; all runs that were ever read."""
        while True:
            page = self.page(boot=self.boot, after=self.after)
            self.runs += page["runs"]
            self.boot, self.after = page["boot"], page["last"]
            if not page["more"]:
                return self.runs

    def of(self, check: str) -> list[Json]:
        """The runs of one check that were read, in the order of their slots."""
        found = [run for run in self.read() if run["id"].startswith(f"uid-{check}/")]
        return sorted(found, key=lambda run: run["slot"])

    def page(self, *, boot: str = "", after: object = 0) -> Json:
        """One answer. Raises OSError."""
        url = f"http://{self.address}:{self.port}/results?boot={boot}&after={after}"
        with urllib.request.urlopen(url, timeout=10) as response:
            page: Json = json.load(response)
        return page

    def log(self) -> list[Json]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.server.log.read_text().splitlines()]

    def events(self, event: str) -> list[Json]:
        """Lines of one kind."""
        return [line for line in self.log() if line["event"] == event]

    def ask_to_end(self) -> None:
        """SIGTERM."""
        os.kill(self.server.pid, signal.SIGTERM)

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.kill()

    def _healthy(self) -> bool:
        with urllib.request.urlopen(f"http://{self.address}:{self.port}/healthz", timeout=5) as response:
            return bool(response.status == 200)


def lateness(run: Json) -> float:
    """Seconds between a slot and the start of its run."""
    return datetime.fromisoformat(run["startedAt"]).timestamp() - float(run["slot"])


def outcomes(runs: list[Json]) -> list[str]:
    """What runs came to."""
    return [run["result"]["outcome"] for run in runs]
