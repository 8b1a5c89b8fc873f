"""``make demo``: the main job on real servers, told as a story.

SLOs and an AlertPolicy are applied with kubectl, the operator turns them into rules and routes, Prometheus
evaluates them over a shop with thirty days of past, a rollout breaks the shop, and a page arrives at the
receiver that the policy names. A flag is switched by itself; going back waits until the lead says yes, see
:mod:`tests.bed.demofirstaid`. The budget stops burning, and the draft of a postmortem is there. With ``once``
every step is asserted and the demo ends by itself; without, it shows a live table until Ctrl-C.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rich.live import Live

from tests.bed import demofirstaid, demopolicy
from tests.bed.bed import Bed
from tests.bed.demostage import EXAMPLES, NAMESPACE, PAGED, Demo, StepFailedError, console
from tests.bed.demotable import slo_table
from tests.bed.history import write_history
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir

QUICKSTART = EXAMPLES / "quickstart"
RATE, ERROR_RATE = 20.0, 0.0002
PAGE_SECONDS = 180
"""The page must arrive within this time of the fault."""
RECOVERY_SECONDS = 480
LEAD_SECONDS = 240
"""Two minutes of delay, and what Alertmanager may be late by."""
QUIET_SECONDS = 40
"""How long visitors look at a healthy shop before it breaks."""


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
            demo = Demo(bed, operator)
            with demofirstaid.rolled_out(demo):
                return _tell(demo, once=once)


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
        kubeconfig=demofirstaid.install(bed),
        prometheus=[bed.prometheus.url],
        settings={
            "refresh_seconds": 10.0,
            "status_interval_seconds": 10.0,
            "alertmanagers": {"default": {"urls": [bed.alertmanager.url]}},
            "runbook_url": runbooks,
            "dashboard_url": demopolicy.DASHBOARD,
            "lease": {**SHORT_LEASE, "namespace": "fireline"},
            **demofirstaid.SETTINGS,
        },
    )


def _tell(demo: Demo, *, once: bool) -> int:
    try:
        _story(demo, once=once)
    except StepFailedError as failure:
        console.print(f"[red]FAILED[/red] {failure}")
        demo.kubectl("describe", "slo,mit", "-n", NAMESPACE)
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
    demo.kubectl("apply", "-n", NAMESPACE, "-f", str(QUICKSTART))
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
    demofirstaid.prepare(demo)
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
    demofirstaid.break_shop(demo)
    demo.step("the page arrives at on-call", PAGE_SECONDS, lambda: bool(_pages(demo, "firing")))
    page = _pages(demo, "firing")[0]
    console.print("received payload:")
    console.print_json(json.dumps(page))
    demo.step("its runbook is there, and its dashboard link whole", 5, lambda: demopolicy.links_work(page))
    after = (datetime.now(UTC) - broke).total_seconds()
    console.print(
        f"rollout at {broke:%H:%M:%S}, startsAt {page['startsAt']}, received {after:.0f} s after the rollout"
    )
    demo.step("the status says what fires", 60, lambda: _fires(demo, "PageFast"))
    demo.kubectl("get", "slo", "-n", NAMESPACE)
    demofirstaid.first_aid(demo)
    demo.step(
        "nobody reacts, and the lead is told", LEAD_SECONDS, lambda: bool(_pages(demo, "firing", "lead"))
    )


def _recovery(demo: Demo) -> None:
    demofirstaid.approved(demo)
    demo.step("the page is resolved at on-call", RECOVERY_SECONDS, lambda: bool(_pages(demo, "resolved")))
    demo.step("the status says that it is over", 60, lambda: not _fires(demo, "PageFast"))
    demo.kubectl("get", "slo", "-n", NAMESPACE)
    demofirstaid.afterwards(demo)


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
