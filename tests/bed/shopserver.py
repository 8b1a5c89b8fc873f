"""Starts the demo shop as a process of its own and breaks it on request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import requests

from tests.bed.certs import KeyPair
from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.shopapi.accounts import Accounts

CHECKOUT = Path(__file__).parents[2]


class ShopServer(Server):
    """The shop on loopback. ``rate``: requests per second; ``error_rate``: everyday share of errors.

    ``accounts``: who may use its API. ``serving``: it speaks TLS with this certificate, signed by ``ca``.
    """

    def __init__(
        self,
        directory: Path,
        *,
        rate: float = 20.0,
        error_rate: float = 0.0002,
        accounts: Accounts | None = None,
        serving: KeyPair | None = None,
        ca: Path | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http{'s' if serving else ''}://{self.address}"
        self._verify = str(ca) if ca else True
        self.accounts = accounts or Accounts()
        super().__init__(
            "shop",
            [
                *(sys.executable, "-m", "tests.bed.shop", "--port", str(port)),
                *("--rate", str(rate), "--error-rate", str(error_rate)),
                *(("--tls-cert", serving.cert, "--tls-key", serving.key) if serving else ()),
            ],
            env={
                "PYTHONPATH": str(CHECKOUT),
                "SHOP_USER": self.accounts.user,
                "SHOP_PASSWORD": self.accounts.password,
                "SHOP_API_TOKEN": self.accounts.api_token,
            },
            log=directory / "shop.log",
            ready=lambda: self._ask("get", "/faults", timeout=10).ok,
        )

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Change ``errors`` (0 to 1), ``latency_ms``, ``down``, ``endpoints``; returns what is broken now."""
        answer = self._ask("put", "/faults", json=changes)
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
        answer = self._ask("get", "/admin/objects")
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found

    def clear(self) -> None:
        """Forget every object."""
        self._ask("delete", "/admin/objects").raise_for_status()

    def age(self, seconds: float) -> None:
        """Make every object older by so many seconds."""
        self._ask("post", "/admin/age", json={"seconds": seconds}).raise_for_status()

    def _ask(self, method: str, path: str, *, timeout: float = 5, json: Any = None) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", timeout=timeout, json=json, verify=self._verify)
