"""Runs the operator as its users do, ``fireline run``, as a process that tests may kill."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.promoperator import RULE_LABELS

SHORT_LEASE = {"duration_seconds": 20.0, "renew_deadline_seconds": 17.0, "retry_seconds": 0.3}
"""So that a successor leads within seconds, and a busy computer keeps it. One test uses the real times."""


class Operator(Server):
    """``fireline run`` against ``kubeconfig`` (the cluster's, or the fault proxy's).

    ``prometheus``: URLs of the default source. ``settings``: fields of fireline.settings.Settings, as
    Python values; they win over what is set here. After ``kill`` or ``stop``, ``start`` runs it again
    on the same port. Ready means /readyz says so.
    """

    killed: Callable[[], None] | None = None
    """Called when it was killed; removes its Lease where no test is about waiting for that to run out."""

    def __init__(
        self,
        directory: Path,
        *,
        kubeconfig: Path,
        prometheus: Sequence[str] = (),
        name: str = "operator",
        port: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        port = port or free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        wanted: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "log_format": "json",
            "lease": SHORT_LEASE,
            "sources": {"default": {"urls": list(prometheus), "rule_labels": RULE_LABELS}},
            **(settings or {}),
        }
        super().__init__(
            name,
            [Path(sys.executable).with_name("fireline"), "run"],
            env={
                "KUBECONFIG": str(kubeconfig),
                **{f"FIRELINE_{key.upper()}": _as_text(value) for key, value in wanted.items()},
            },
            log=directory / f"{name}.log",
            ready=lambda: requests.get(f"{self.url}/readyz", timeout=10).ok,
            grace_seconds=60.0,
        )

    def kill(self) -> None:
        """SIGKILL, and what ``killed`` says."""
        super().kill()
        if self.killed is not None:
            self.killed()

    def logs(self) -> list[dict[str, Any]]:
        """Its log lines so far (JSON lines only: a traceback on stderr is not one)."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def peak_rss_mb(self) -> float:
        """The most memory the process ever held, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise LookupError(f"no VmHWM for pid {self.pid}")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
