"""``make demo``: the main job on real servers, told as a story.

SLOs and an AlertPolicy are applied with kubectl, the operator turns them into rules and routes,
Prometheus evaluates them over a shop with thirty days of past, the shop breaks, and a page arrives at
the receiver that the policy names. With ``once`` every
step is asserted and the demo ends by itself; without, it shows a live table until Ctrl-C.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.live import Live

from fireline.api.resources import ALERT_POLICY, SLO
from tests.bed import demopolicy
from tests.bed.bed import Bed
from tests.bed.demotable import slo_table
from tests.bed.history import write_history
from tests.bed.operator import Operator
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir

EXAMPLES = Path(__file__).parents[2] / "examples" / "quickstart"
NAMESPACE = "shop"
PAGED = "checkout-availability"
RATE, ERROR_RATE = 20.0, 0.0002
PAGE_SECONDS = 180
"""The page must arrive within this time of the fault."""
RECOVERY_SECONDS = 480
LEAD_SECONDS = 240
"""Two minutes of delay, and what Alertmanager may be late by."""
QUIET_SECONDS = 40
"""How long visitors look at a healthy shop before it breaks."""

console = Console(highlight=False, width=None if Console().is_terminal else 120)


class StepFailedError(Exception):
    """A step of the story did not happen in time."""


@dataclass
class Demo:
    """A running demo: the bed, the operator and what happened so far."""

    bed: Bed
    operator: Operator
    passed: list[str] = field(default_factory=list)

    def slos(self) -> list[dict[str, Any]]:
        """The SLOs of the shop, as the API server has them."""
        return self.bed.client.list(SLO, NAMESPACE)

    def policy(self) -> dict[str, Any]:
        """The status of the AlertPolicy, as the API server has it."""
        (found,) = self.bed.client.list(ALERT_POLICY, NAMESPACE)
        status: dict[str, Any] = found.get("status", {})
        return status

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl as a visitor would, prints the command and its output."""
        console.print(f"[bold]$ kubectl {' '.join(arguments)}[/bold]")
        command = [str(self.bed.tools.path("kubectl")), "--kubeconfig", str(self.bed.cluster.kubeconfig)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, input=stdin)
        console.print(done.stdout.rstrip(), soft_wrap=True)
        return done.stdout

    def step(self, what: str, seconds: float, happened: Callable[[], bool]) -> None:
        """Waits for one step of the story, with the live table on a terminal."""
        began = time.monotonic()
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while not happened():
                if time.monotonic() - began > seconds:
                    raise StepFailedError(f"{what}: not within {seconds:.0f} s")
                live.update(slo_table(self.slos(), f"waiting: {what}"))
                time.sleep(0.5)
        took = f"{what} ({time.monotonic() - began:.0f} s)"
        self.passed.append(took)
        console.print(f"[green]ok[/green] {took}")


def run(*, once: bool) -> int:
    """Tells the story; returns the exit code."""
    console.print(
        "Starting the bed: API server, prometheus-operator, Prometheus, Alertmanager, shop, webhook"
    )
    console.print("and thirty days of the shop's history (about half a minute)")
    tools = Tools()
    tools.ensure()
    with workdir("demo") as directory:
        bed = Bed(
            tools,
            directory=directory,
            rate=RATE,
            error_rate=ERROR_RATE,
            prepare=lambda data: _past(bed, data),
        )
        with demopolicy.Runbooks() as runbooks, bed, _operator(bed, directory, runbooks.url) as operator:
            return _tell(Demo(bed, operator), once=once)


def _past(bed: Bed, data: Path) -> None:
    write_history(
        bed.tools,
        data,
        instance=bed.shop.address,
        rate=RATE,
        error_rate=ERROR_RATE,
        end=int(time.time()),
    )


def _operator(bed: Bed, directory: Path, runbooks: str) -> Operator:
    return Operator(
        directory,
        kubeconfig=bed.cluster.kubeconfig,
        prometheus=[bed.prometheus.url],
        settings={
            "refresh_seconds": 10.0,
            "status_interval_seconds": 10.0,
            "alertmanagers": {"default": {"urls": [bed.alertmanager.url]}},
            "runbook_url": runbooks,
            "dashboard_url": demopolicy.DASHBOARD,
        },
    )


def _tell(demo: Demo, *, once: bool) -> int:
    try:
        _story(demo, once=once)
    except StepFailedError as failure:
        console.print(f"[red]FAILED[/red] {failure}")
        demo.kubectl("describe", "slo", "-n", NAMESPACE)
        console.print(f"the operator's log ends:\n{_tail(demo.operator.log)}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped")
        return 0
    console.print(f"\n[green]{len(demo.passed)} steps passed[/green]: {'; '.join(demo.passed)}")
    return 0


def _story(demo: Demo, *, once: bool) -> None:
    for name, value in demo.bed.environment().items():
        console.print(f"{name}={value}", soft_wrap=True)
    demo.bed.client.namespace(NAMESPACE)
    demo.kubectl("apply", "-n", NAMESPACE, "-f", str(EXAMPLES))
    text = yaml.safe_dump(demopolicy.policy(demo.bed.webhook.url), sort_keys=False)
    console.print(text.rstrip(), soft_wrap=True)
    demo.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=text)
    demo.step("every SLO shows its exact budget", 30, lambda: all(map(_has_budget, demo.slos())))
    demo.step("every SLO is Ready", 120, lambda: all(_is(slo, "Ready") for slo in demo.slos()))
    demo.step(
        "Alertmanager has loaded the routes", 60, lambda: _is({"status": demo.policy()}, "RoutesLoaded")
    )
    demo.kubectl("annotate", "-n", NAMESPACE, f"ap/{demopolicy.NAME}", "fireline.dev/test=hello")
    demo.step("the test alert is delivered to every receiver", 90, lambda: _tested(demo) == "Delivered")
    demo.kubectl("get", "ap", "-n", NAMESPACE)
    demo.step("burn rates are there", 120, lambda: all(map(_has_burn, demo.slos())))
    demo.kubectl("get", "slo", "-n", NAMESPACE)
    if not once:
        console.print(f"the shop breaks in {QUIET_SECONDS} s; Ctrl-C ends the demo")
        _watch(demo, QUIET_SECONDS)
    _outage(demo)
    _recovery(demo)
    if not once:
        console.print("the story is told; the bed goes on until Ctrl-C")
        _watch(demo, float("inf"))


def _outage(demo: Demo) -> None:
    demo.bed.webhook.clear()
    broke = datetime.now(UTC)
    console.print(f'[bold]PUT {demo.bed.shop.url}/faults {{"errors": 1.0}}[/bold]   every request fails now')
    demo.bed.shop.faults(errors=1.0)
    demo.step("the page arrives at on-call", PAGE_SECONDS, lambda: bool(_pages(demo, "firing")))
    page = _pages(demo, "firing")[0]
    console.print("received payload:")
    console.print_json(json.dumps(page))
    demo.step("its runbook is there, and its dashboard link whole", 5, lambda: demopolicy.links_work(page))
    after = (datetime.now(UTC) - broke).total_seconds()
    console.print(
        f"fault at {broke:%H:%M:%S}, startsAt {page['startsAt']}, received {after:.0f} s after the fault"
    )
    demo.step("the status says what fires", 60, lambda: _fires(demo, "PageFast"))
    demo.kubectl("get", "slo", "-n", NAMESPACE)
    demo.step(
        "nobody reacts, and the lead is told", LEAD_SECONDS, lambda: bool(_pages(demo, "firing", "lead"))
    )


def _recovery(demo: Demo) -> None:
    console.print('[bold]PUT /faults {"errors": 0}[/bold]   the shop is mended')
    demo.bed.shop.heal()
    demo.step("the page is resolved at on-call", RECOVERY_SECONDS, lambda: bool(_pages(demo, "resolved")))
    demo.step("the status says that it is over", 60, lambda: not _fires(demo, "PageFast"))
    demo.kubectl("get", "slo", "-n", NAMESPACE)


def _watch(demo: Demo, seconds: float) -> None:
    until = time.monotonic() + seconds
    with Live(console=console, refresh_per_second=2) as live:
        while time.monotonic() < until:
            live.update(slo_table(demo.slos(), f"{len(demo.bed.webhook.received())} notifications received"))
            time.sleep(1)


def _pages(demo: Demo, status: str, receiver: str = "oncall") -> list[dict[str, Any]]:
    received = demo.bed.webhook.received()
    return demopolicy.delivered(received, receiver, status, slo=PAGED, slo_tier="PageFast")


def _tested(demo: Demo) -> str:
    return str(demo.policy().get("lastTest", {}).get("state", "nobody asked"))


def _fires(demo: Demo, tier: str) -> bool:
    status = next(slo for slo in demo.slos() if slo["metadata"]["name"] == PAGED).get("status", {})
    return any(a["tier"] == tier and a["state"] == "Firing" for a in status.get("alerts", ()))


def _is(slo: dict[str, Any], condition: str) -> bool:
    found = slo.get("status", {}).get("conditions", ())
    return any(c["type"] == condition and c["status"] == "True" for c in found)


def _has_budget(slo: dict[str, Any]) -> bool:
    budget = slo.get("status", {}).get("budget", {})
    return budget.get("source") == "Exact" and "consumed" in budget


def _has_burn(slo: dict[str, Any]) -> bool:
    return any(burn["window"] == "1h" for burn in slo.get("status", {}).get("burnRates", ()))


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text().splitlines()[-lines:])
