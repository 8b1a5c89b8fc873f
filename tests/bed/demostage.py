"""What the demo's steps have in common: commands as visitors type them, and waiting with a live table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from fireline.api.resources import ALERT_POLICY, MITIGATION, SLO, Resource
from tests.bed.bed import Bed
from tests.bed.demotable import slo_table
from tests.bed.operator import Operator

CHECKOUT = Path(__file__).parents[2]
EXAMPLES = CHECKOUT / "examples"
NAMESPACE = "shop"
PAGED = "checkout-availability"
ADMIN = "admin"

console = Console(highlight=False, width=None if Console().is_terminal else 120)


class StepFailedError(Exception):
    """A step of the story did not happen in time, or a command ended otherwise than the story has it."""


@dataclass
class Demo:
    """A running demo: the bed, the operator and what happened so far."""

    bed: Bed
    operator: Operator
    passed: list[str] = field(default_factory=list)

    def slos(self) -> list[dict[str, Any]]:
        """The SLOs of the shop, as the API server has them."""
        return self.bed.client.list(SLO, NAMESPACE)

    def slo(self) -> dict[str, Any]:
        """The status of the SLO that the story is about; empty while there is none."""
        status: dict[str, Any] = self.bed.client.get(SLO, PAGED, NAMESPACE).get("status", {})
        return status

    def policy(self) -> dict[str, Any]:
        """The status of the AlertPolicy, as the API server has it."""
        (found,) = self.bed.client.list(ALERT_POLICY, NAMESPACE)
        status: dict[str, Any] = found.get("status", {})
        return status

    def mitigation(self, name: str) -> dict[str, Any]:
        """The status of a Mitigation; empty while there is none."""
        status: dict[str, Any] = self.bed.client.get(MITIGATION, name, NAMESPACE).get("status", {})
        return status

    def spec(self, resource: Resource, name: str) -> dict[str, Any]:
        """The spec of an object of the shop."""
        spec: dict[str, Any] = self.bed.client.get(resource, name, NAMESPACE)["spec"]
        return spec

    def person(self, name: str, *roles: str) -> None:
        """Somebody with a certificate of their own, and these ClusterRoles in the shop's namespace."""
        self.bed.cluster.write_kubeconfig(name, self.bed.cluster.authority.client(name))
        for role in roles:
            given = f"--clusterrole={role}", f"--user={name}"
            self.kubectl("create", "rolebinding", f"{name}-{role}", "-n", NAMESPACE, *given)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl as a visitor would, prints the command and its output."""
        return kubectl(self.bed, *arguments, stdin=stdin)

    def fireline(self, *arguments: str, who: str = ADMIN, code: int = 0, quiet: bool = False) -> str:
        """Runs fireline as somebody, prints the command and its output; that output.

        Raises StepFailedError when the exit code is not ``code``.
        """
        shown = " ".join(_shortened(one) for one in arguments)
        console.print(f"[bold]{'' if who == ADMIN else who}$ fireline {shown}[/bold]", soft_wrap=True)
        program = Path(sys.executable).with_name("fireline")
        kubeconfig = self.bed.cluster.directory / f"{who}.kubeconfig"
        done = subprocess.run(
            [program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, "KUBECONFIG": str(kubeconfig), "COLUMNS": "120"},
        )
        output = f"{done.stdout}{done.stderr or ''}".rstrip()
        if done.returncode != code:
            raise StepFailedError(f"fireline {shown}: exit code {done.returncode}, not {code}: {output}")
        if not quiet:
            console.print(output, markup=False, soft_wrap=True)
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
        self.done(f"{what} ({time.monotonic() - began:.0f} s)")

    def done(self, what: str) -> None:
        """Notes a step that passed."""
        self.passed.append(what)
        console.print(f"[green]ok[/green] {what}")

    def must(self, what: str, so: bool) -> None:
        """A step that needs no time: it is so by now, or the demo fails."""
        if not so:
            raise StepFailedError(f"{what}: it is not so")
        self.done(what)


def kubectl(bed: Bed, *arguments: str, stdin: str | None = None) -> str:
    """See :meth:`Demo.kubectl`."""
    shown = " ".join(_shortened(one) for one in arguments)
    console.print(f"[bold]$ kubectl {shown}[/bold]", soft_wrap=True)
    command: Sequence[str] = [str(bed.tools.path("kubectl")), "--kubeconfig", str(bed.cluster.kubeconfig)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, input=stdin)
    console.print(done.stdout.rstrip(), markup=False, soft_wrap=True)
    return done.stdout


def _shortened(argument: str) -> str:
    """A path as visitors know it."""
    return argument.replace(f"{CHECKOUT}/", "")
