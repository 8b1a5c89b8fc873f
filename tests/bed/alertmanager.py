"""A real Alertmanager, alone on loopback. Its configuration file is a mirror of prometheus-operator's."""

from __future__ import annotations

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
    """Alertmanager with its cluster mode off. ``config`` is what it starts with.

    ``features``: its feature flags; by default its metrics tell receivers apart, as Fireline's docs advise.
    """

    def __init__(
        self,
        tools: Tools,
        directory: Path,
        *,
        config: dict[str, Any],
        features: tuple[str, ...] = ("receiver-name-in-metrics",),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        address = f"127.0.0.1:{free_port()}"
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
                "--cluster.listen-address=",
                *([f"--enable-feature={','.join(features)}"] if features else []),
            ],
            log=directory / "alertmanager.log",
            ready=lambda: requests.get(f"{self.url}/-/ready", timeout=2).ok,
        )

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts it holds now, as its API gives them."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/v2/alerts", timeout=10).json()
        return found

    def reload(self) -> None:
        """Load the configuration file again."""
        requests.post(f"{self.url}/-/reload", timeout=10).raise_for_status()
