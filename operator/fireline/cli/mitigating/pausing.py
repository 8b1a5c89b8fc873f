"""Stops everything: while a ConfigMap is in the operator's namespace, no mitigation is begun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from fireline.api.conditions import timestamp
from fireline.api.resources import CONFIG_MAP
from fireline.cli.cluster import Cluster, Unreachable, asking
from fireline.cli.mitigating import looking
from fireline.cli.mitigating.place import PAUSE, ROLE, certain, place_of
from fireline.cli.mitigating.rights import whoami
from fireline.errors import Conflict, NotFound


def pause(cluster: Cluster, *, reason: str | None, operator: str | None) -> None:
    """Nothing is begun from now on; what is in place stays, and is taken back as planned."""
    namespace = certain(place_of(cluster, operator))
    user = whoami(cluster)
    data = {"reason": reason or f"paused by {user}", "by": user, "at": timestamp(looking.now())}
    with _allowed():
        try:
            cluster.create(CONFIG_MAP, namespace, {"metadata": {"name": PAUSE}, "data": data})
        except Conflict:
            cluster.patch(CONFIG_MAP, namespace, PAUSE, {"data": data})
    click.echo(f"paused: {data['reason']}. What is in place stays, and is taken back as planned.")


def resume(cluster: Cluster, *, operator: str | None) -> None:
    """Mitigations may begin again."""
    namespace = certain(place_of(cluster, operator))
    with _allowed():
        try:
            cluster.delete(CONFIG_MAP, namespace, PAUSE)
        except NotFound:
            click.echo("not paused", err=True)
            return
    click.echo("resumed: mitigations may begin again")


@contextmanager
def _allowed() -> Iterator[None]:
    """Turns a refusal into words that say what would allow it. Raises Unreachable."""
    try:
        with asking(CONFIG_MAP):
            yield
    except Unreachable as error:
        if not error.forbidden:
            raise
        raise Unreachable(f"{error.message}; {ROLE}", forbidden=True) from error
