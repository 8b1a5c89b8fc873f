"""A real Alertmanager, alone on loopback. Its configuration file is a mirror of prometheus-operator's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.toolchain import Tools


def base_config(webhook: str) -> dict[str, Any]:
    """Everything to one webhook, fast: what a cluster's owner would have before Fireline comes."""
    return {
        "route": {
            "receiver": "webhook",
            "group_by": ["..."],
            "group_wait": "1s",
            "group_interval": "5s",
            "repeat_interval": "12h",
        },
        "receivers": [
            {"name": "webhook", "webhook_configs": [{"url": f"{webhook}/alerts", "send_resolved": True}]}
        ],
    }


class Alertmanager(Server):
    """Alertmanager, alone unless ``peers`` are given (none is fine for the first of a cluster).

    ``config`` is what it starts with.

    ``features``: its feature flags; by default its metrics tell receivers apart, as Fireline's docs advise.
    ``address``: where it listens, by default at a free port of loopback.
    """

    def __init__(
        self,
        tools: Tools,
        directory: Path,
        *,
        config: dict[str, Any],
        features: tuple[str, ...] = ("receiver-name-in-metrics",),
        peers: Sequence[Alertmanager] | None = None,
        address: str | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        address = address or f"127.0.0.1:{free_port()}"
        self.cluster = "" if peers is None else f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self.config = directory / "alertmanager.yml"
        self.config.write_text(yaml.safe_dump(config))
        super().__init__(
            "alertmanager",
            [
                tools.path("alertmanager"),
                f"--config.file={self.config}",
                f"--storage.path={directory / 'data'}",
                f"--web.listen-address={address}",
                f"--cluster.listen-address={self.cluster}",
                *(f"--cluster.peer={one.cluster}" for one in peers or ()),
                # Not to wait longer for peers than a test does for receivers.
                *(["--cluster.peer-timeout=4s", "--cluster.settle-timeout=3s"] if self.cluster else []),
                *([f"--enable-feature={','.join(features)}"] if features else []),
            ],
            log=directory / "alertmanager.log",
            ready=lambda: requests.get(f"{self.url}/-/ready", timeout=10).ok,
        )

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts it holds now, as its API gives them."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/v2/alerts", timeout=30).json()
        return found

    def reload(self) -> None:
        """Load the configuration file again."""
        requests.post(f"{self.url}/-/reload", timeout=30).raise_for_status()

    def peers(self) -> int:
        """How many replicas its cluster has, itself included, once it has settled; 0 before."""
        found = requests.get(f"{self.url}/api/v2/status", timeout=30).json()["cluster"]
        return len(found.get("peers", ())) if found["status"] == "ready" else 0
