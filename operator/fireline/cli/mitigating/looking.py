"""Finds the Mitigation that a command is about, and prints pages of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console, RenderableType

from fireline.api.resources import MITIGATION
from fireline.cli.cluster import Cluster, asking
from fireline.cli.explaining.world import get_or_say
from fireline.cli.mitigating.page import page
from fireline.cli.mitigating.standing import Manifest

_AS_WIDE_AS_IT_GETS = 10_000


def named(target: str, namespace: str | None, default: str) -> tuple[str, str]:
    """Namespace and name of ``[NAMESPACE/]NAME``; ``mit/NAME``, as kubectl prints it, is taken as well.

    Raises click's UsageError when ``-n`` says another namespace.
    """
    place, _, name = target.rpartition("/")
    if place in {"mit", "mitigation", "mitigations", "mitigations.fireline.dev", "mitigation.fireline.dev"}:
        place = ""
    if place and namespace and place != namespace:
        raise click.UsageError(f"-n {namespace} and {target} name two namespaces; choose one")
    if not name:
        raise click.UsageError(f"{target!r} names no Mitigation; write it like checkout-flag")
    return place or namespace or default, name


def find(cluster: Cluster, namespace: str, name: str) -> Manifest:
    """The Mitigation. Raises Unreachable, with those that are there when it is not."""
    with asking(MITIGATION):
        return get_or_say(cluster, MITIGATION, namespace, name, what="Mitigation")


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def show(manifest: Manifest, *, stderr: bool = False) -> None:
    """The page: as a result, or beside a question."""
    put(page(manifest, now()), stderr=stderr)


def put(what: RenderableType, *, stderr: bool = False) -> None:
    """To a terminal as it is; into a pipe as wide as it gets and without trailing blanks."""
    console = Console(highlight=False, stderr=stderr)
    if console.is_terminal:
        console.print(what, crop=False)
        return
    wide = Console(highlight=False, width=_AS_WIDE_AS_IT_GETS, stderr=stderr)
    with wide.capture() as captured:
        wide.print(what)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), err=stderr)
    (sys.stderr if stderr else sys.stdout).flush()
