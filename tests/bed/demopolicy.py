"""The demo's AlertPolicy, and what of a notification proves that it came through it."""

from __future__ import annotations

import functools
import http.server
import re
import threading
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.bed.ports import free_port

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
NAME = "on-call"
DASHBOARD = "https://grafana.example/d/slo?var-namespace={namespace}&var-slo={slo}"
_DASHBOARD_OF = re.compile(r"https://grafana\.example/d/slo\?var-namespace=shop&var-slo=[-a-z0-9]+")


def policy(webhook: str) -> dict[str, Any]:
    """Whom the shop tells: on-call at once and its lead after a while, tickets to a queue."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": NAME},
        "spec": {
            "selector": {},
            "severities": [
                {"name": "sev0", "page": True, "receivers": ["oncall"]},
                {"name": "sev1", "page": True, "receivers": ["oncall"]},
                {"name": "sev2", "page": False, "receivers": ["tickets"]},
            ],
            "receivers": [
                {"name": name, "webhook": {"url": f"{webhook}/{name}"}}
                for name in ("oncall", "lead", "tickets")
            ],
            "escalation": {
                "severities": ["sev0"],
                "levels": [
                    {"after": "0m", "receivers": ["oncall"]},
                    {"after": "2m", "receivers": ["lead"]},
                ],
            },
            "grouping": {"wait": "1s", "interval": "5s"},
        },
    }


def delivered(
    received: list[dict[str, Any]], receiver: str, status: str, **labels: str
) -> list[dict[str, Any]]:
    """Alerts that Alertmanager sent to one receiver of the policy, by its own word for the receiver."""
    full = f"shop/alertpolicy-{NAME}/{receiver}"
    return [
        alert
        for delivery in received
        if delivery["body"].get("receiver") == full
        for alert in delivery["body"]["alerts"]
        if alert["status"] == status and labels.items() <= alert["labels"].items()
    ]


def links_work(alert: dict[str, Any]) -> bool:
    """The runbook is a page that is there, and the dashboard a whole URL of this SLO."""
    annotations = alert["annotations"]
    with urllib.request.urlopen(annotations["runbook_url"], timeout=5) as page:  # a server of the demo's own
        text = page.read().decode()
    return "## Mitigation" in text and bool(_DASHBOARD_OF.fullmatch(annotations["dashboard_url"]))


class Runbooks:
    """Serves docs/runbooks, as a wiki would. Use in a ``with``."""

    def __init__(self) -> None:
        handler = functools.partial(_Quiet, directory=str(RUNBOOKS))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/{{alertname}}.md"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="runbooks")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
