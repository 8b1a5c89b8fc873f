"""Starts the demo shop as a process of its own and breaks it on request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import requests

from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.shopapi.accounts import Accounts

CHECKOUT = Path(__file__).parents[2]


class ShopServer(Server):
    """The shop on loopback. ``rate``: requests per second; ``error_rate``: everyday share of errors.

    ``accounts``: who may use its API.
    """

    def __init__(
        self,
        directory: Path,
        *,
        rate: float = 20.0,
        error_rate: float = 0.0002,
        accounts: Accounts | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.accounts = accounts or Accounts()
        super().__init__(
            "shop",
            [
                *(sys.executable, "-m", "tests.bed.shop", "--port", str(port)),
                *("--rate", str(rate), "--error-rate", str(error_rate)),
            ],
            env={
                "PYTHONPATH": str(CHECKOUT),
                "SHOP_USER": self.accounts.user,
                "SHOP_PASSWORD": self.accounts.password,
                "SHOP_API_TOKEN": self.accounts.api_token,
            },
            log=directory / "shop.log",
            ready=lambda: requests.get(f"{self.url}/faults", timeout=2).ok,
        )

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Change ``errors`` (0 to 1), ``latency_ms``, ``down``, ``endpoints``; returns what is broken now."""
        answer = requests.put(f"{self.url}/faults", json=changes, timeout=5)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def heal(self) -> dict[str, Any]:
        """Take back every fault."""
        return self.faults(errors=0.0, latency_ms=0.0, down=False, endpoints={})

    def breaks(self, endpoint: str, **fault: Any) -> dict[str, Any]:
        """Break one endpoint of the API as ``shopapi.faults`` describes, and heal the others."""
        return self.faults(endpoints={endpoint: fault})

    def left(self) -> dict[str, int]:
        """Objects by kind that were created through the API and not taken away."""
        answer = requests.get(f"{self.url}/admin/objects", timeout=5)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found

    def clear(self) -> None:
        """Forget every object."""
        requests.delete(f"{self.url}/admin/objects", timeout=5).raise_for_status()

    def age(self, seconds: float) -> None:
        """Make every object older by so many seconds."""
        requests.post(f"{self.url}/admin/age", json={"seconds": seconds}, timeout=5).raise_for_status()
