"""What the commands of ``fireline mitigations`` do, one function each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from fireline.api.resources import MITIGATION
from fireline.cli.cluster import Cluster, asking
from fireline.cli.mitigating import deciding, following, looking, pausing
from fireline.cli.mitigating.deciding import Done
from fireline.cli.mitigating.page import document
from fireline.cli.mitigating.place import pause_of, place_of
from fireline.cli.mitigating.showing import put_document, show_mitigations
from fireline.cli.mitigating.standing import Manifest


def list_all(
    *,
    namespace: str | None,
    all_namespaces: bool,
    selector: str,
    output: str,
    operator_namespace: str | None,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """The table, those that wait for a person first."""
    with Cluster.connect(kubeconfig, context) as cluster:
        place = None if all_namespaces else namespace or cluster.namespace
        with asking(MITIGATION):
            found = cluster.list(MITIGATION, place, labels=selector)
        paused = pause_of(cluster, place_of(cluster, operator_namespace)) if found else None
    where = f"namespace {place}" if place else "all namespaces"
    where += f" with labels {selector}" if selector else ""
    show_mitigations(found, where=where, output=output, namespaces=all_namespaces, paused=paused)


def diff(*, name: str, output: str, **given: Any) -> None:
    """The page of one."""
    with _asked(name, **given) as (_, found):
        if output == "text":
            looking.show(found)
        else:
            put_document(document(found, looking.now()), output)


def approve(*, plan: str | None, yes: bool, name: str, **given: Any) -> None:
    """Yes."""
    _decide(name, lambda cluster, found: deciding.approve(cluster, found, plan=plan, yes=yes), **given)


def reject(*, plan: str | None, reason: str | None, name: str, **given: Any) -> None:
    """No."""
    _decide(name, lambda cluster, found: deciding.reject(cluster, found, plan=plan, reason=reason), **given)


def revert(*, yes: bool, name: str, **given: Any) -> None:
    """Take it back."""
    _decide(name, lambda cluster, found: deciding.revert(cluster, found, yes=yes), **given)


def propose(*, name: str, **given: Any) -> None:
    """Propose it."""
    _decide(name, deciding.propose, **given)


def seen(*, name: str, **given: Any) -> None:
    """Seen."""
    _decide(name, deciding.seen, wait=False, timeout=0, **given)


def watch(*, name: str, timeout: float, **given: Any) -> None:
    """Follow it."""
    with _asked(name, **given) as (cluster, found):
        metadata = found["metadata"]
        looking.show(found, stderr=True)
        goal = following.verified
        verdict = following.follow(cluster, metadata["namespace"], metadata["name"], goal, seconds=timeout)
        _told(verdict)


def pause(*, reason: str | None, operator_namespace: str | None, **given: Any) -> None:
    """Stop everything."""
    with Cluster.connect(**given) as cluster:
        pausing.pause(cluster, reason=reason, operator=operator_namespace)


def resume(*, operator_namespace: str | None, **given: Any) -> None:
    """Go on."""
    with Cluster.connect(**given) as cluster:
        pausing.resume(cluster, operator=operator_namespace)


def _decide(
    name: str,
    decide: Callable[[Cluster, Manifest], Done],
    *,
    wait: bool | None,
    timeout: float,
    output: str,
    operator_namespace: str | None,
    **given: Any,
) -> None:
    """Decide, say what was written, and on a terminal (or with ``--wait``) what came of it."""
    with _asked(name, **given) as (cluster, found):
        history = (found.get("status") or {}).get("history") or ()
        since = history[-1]["seq"] if history else 0
        done = decide(cluster, found)
        follows = sys.stdout.isatty() and output == "text" if wait is None else wait
        _say(done, output, follows=follows)
        place = place_of(cluster, operator_namespace)
        if silent := place.silent(looking.now()):
            click.echo(f"note: {silent}", err=True)
        if done.wish == "approve" and (paused := pause_of(cluster, place).reason):
            words = "nothing is begun until somebody types fireline mitigations resume"
            click.echo(f"note: mitigations are paused, {words}: {paused}", err=True)
        if follows and done.wish in _GOALS:
            goal = _GOALS[done.wish]
            verdict = following.follow(cluster, done.namespace, done.name, goal, seconds=timeout, since=since)
            _told(verdict)
            if done.wish == "propose":
                looking.show(looking.find(cluster, done.namespace, done.name))


_GOALS: Mapping[str, following.Goal] = {
    "approve": following.verified,
    "revert": following.taken_back,
    "propose": following.proposed,
}


def _say(done: Done, output: str, *, follows: bool) -> None:
    if output != "text":
        put_document(
            {
                "namespace": done.namespace,
                "name": done.name,
                "wish": done.wish,
                "value": done.value,
                "user": done.user or None,
            },
            output,
        )
        return
    click.echo(f"{done.namespace}/{done.name}: {done.words}")
    if not follows and done.wish in _GOALS:
        click.echo(f"follow it: fireline mitigations watch {done.name} -n {done.namespace}", err=True)


def _told(verdict: following.Verdict) -> None:
    """How it went, and exit code 1 when it did not go well."""
    click.echo(verdict.words, err=not verdict.good)
    if not verdict.good:
        raise SystemExit(1)


@contextmanager
def _asked(
    name: str, *, namespace: str | None, kubeconfig: Path | None, context: str | None
) -> Iterator[tuple[Cluster, Manifest]]:
    """The Mitigation that is meant, and its cluster. Raises Unreachable."""
    with Cluster.connect(kubeconfig, context) as cluster:
        place, own = looking.named(name, namespace, cluster.namespace)
        yield cluster, looking.find(cluster, place, own)
