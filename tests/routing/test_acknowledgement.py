"""The commands of docs/how-to/on-call.md acknowledge an alert, and take that back."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.routing.rig import Routing

pytestmark = pytest.mark.bed

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "on-call.md"
ALERT = {
    "alertname": "SLOErrorBudgetBurnPage",
    "alert_policy": "shop/on-call",
    "namespace": "shop",
    "slo": "checkout-success",
    "sev": "sev0",
}


def commands(url: str) -> list[str]:
    """The function ``am`` of the page for an Alertmanager here, and the commands that use it."""
    (block,) = (
        text for text in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL) if "am()" in text
    )
    return block.replace("http://alertmanager.monitoring:9093", url).replace("\\\n", " ").splitlines()


def status_of(routing: Routing, labels: dict[str, str]) -> dict[str, Any]:
    found = requests.get(f"{routing.alertmanager.url}/api/v2/alerts", timeout=30).json()
    status: dict[str, Any] = next(one["status"] for one in found if one["labels"] == labels)
    return status


def test_the_commands_of_the_page_silence_the_alert_and_nothing_else_until_it_is_over(
    routing: Routing, tools: Tools
) -> None:
    other = {**ALERT, "slo": "search"}
    routing.post(ALERT, other)
    amtool = tools.path("amtool")
    define, query, add, list_, expire = commands(routing.alertmanager.url)

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", f"{define}\n{command}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": f"{amtool.parent}:{os.environ['PATH']}", "USER": "ada"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    wait_for(lambda: "SLOErrorBudgetBurnPage" in run(query), what="the alert in Alertmanager")
    run(add)
    assert "ACK!" in run(list_)
    wait_for(lambda: status_of(routing, ALERT)["state"] == "suppressed", what="the silence")
    assert status_of(routing, other)["state"] == "active"
    run(expire)
    wait_for(lambda: status_of(routing, ALERT)["state"] == "active", what="the end of the silence")
    routing.post(ALERT, other, over=True)
