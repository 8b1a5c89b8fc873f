"""Starts the demo shop as a process of its own and breaks it on request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import requests

from tests.bed.ports import free_port
from tests.bed.process import Server

CHECKOUT = Path(__file__).parents[2]


class ShopServer(Server):
    """The shop on loopback. ``rate``: requests per second; ``error_rate``: everyday share of errors."""

    def __init__(self, directory: Path, *, rate: float = 20.0, error_rate: float = 0.0002) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        super().__init__(
            "shop",
            [
                *(sys.executable, "-m", "tests.bed.shop", "--port", str(port)),
                *("--rate", str(rate), "--error-rate", str(error_rate)),
            ],
            env={"PYTHONPATH": str(CHECKOUT)},
            log=directory / "shop.log",
            ready=lambda: requests.get(f"{self.url}/faults", timeout=2).ok,
        )

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Change ``errors`` (0 to 1), ``latency_ms``, ``down``; returns what is broken now."""
        answer = requests.put(f"{self.url}/faults", json=changes, timeout=5)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def heal(self) -> dict[str, Any]:
        """Take back every fault."""
        return self.faults(errors=0.0, latency_ms=0.0, down=False)
