"""``fireline status``: how the SLOs of a cluster stand, the worst first; once or live.

It reads what the operator wrote into ``status`` and asks no Prometheus, so it answers at once and shows what
kubectl would. Files (as ``kubectl get slo -o yaml`` writes them) work in the place of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli.cluster import Cluster, asking, cluster_options

if TYPE_CHECKING:
    from fireline.cli.standing import Standing

Look = Callable[[], "list[Standing]"]
"""Asks how things stand now. Raises the ApiError family."""

_FACTS = ("burning", "no-data", "exhausted", "not-ready", "alerting", "unknown")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="SLOs of all namespaces.")
@click.option("-l", "--selector", default="", help="Label selector, as kubectl takes it: team=shop,env!=dev.")
@click.option("--tier", type=click.Choice(["Api", "Job", "Frontend"]), help="Only SLOs of this tier.")
@click.option(
    "--by",
    type=click.Choice(["tier", "team", "service", "namespace"]),
    help="One row per group: counts and the worst, no averages. team is the label team.",
)
@click.option(
    "--sort",
    type=click.Choice(["worst", "budget", "burn", "name"]),
    default="worst",
    show_default=True,
    help="budget: least left first. burn: fastest over 1h first.",
)
@click.option(
    "--fail-on", multiple=True, type=click.Choice(_FACTS), help="Exit 1 if this is so of any SLO; repeatable."
)
@click.option("-w", "--watch", is_flag=True, help="Show it live until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    help="With --watch: seconds between two looks.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@cluster_options
def status(
    *,
    paths: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str,
    tier: str | None,
    by: str | None,
    sort: str,
    fail_on: tuple[str, ...],
    watch: bool,
    every: float,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Show the error budgets of SLOs, the worst first: a cluster's, or those in files (- for stdin).

    What nobody could measure is shown as ?, never as 0 or 100.

    Exit code 0: shown. 1: something that --fail-on names is so. 2: wrong usage, or the cluster cannot be
    reached.
    """
    if namespace and all_namespaces:
        raise click.UsageError("-n and -A contradict each other; choose one")
    if paths and (all_namespaces or selector or watch or kubeconfig or context):
        raise click.UsageError(
            "-A, -l, -w, --kubeconfig and --context ask a cluster; leave them out with files"
        )
    if watch and (output != "text" or fail_on):
        raise click.UsageError("--watch shows text until Ctrl-C; leave out --output and --fail-on")
    from fireline.cli.showing import Wishes, follow, show  # noqa: PLC0415 - --help must not pay for tables

    with ExitStack() as stack:
        if paths:
            where, look = "files", _from_files(paths, namespace)
        else:
            cluster = stack.enter_context(Cluster.connect(kubeconfig, context))
            place = None if all_namespaces else namespace or cluster.namespace
            where = f"namespace {place}" if place else "all namespaces"
            look = _from_cluster(cluster, place, selector)
        wishes = Wishes(where, tier, by, sort, output, namespaces=bool(paths) or all_namespaces)
        if watch:
            follow(look, wishes, every=every)
            return
        standings = look()
    if failing(show(standings, wishes), fail_on):
        raise SystemExit(1)


def failing(standings: Sequence[Standing], wanted: Sequence[str]) -> bool:
    """Whether any of the facts (``not-ready``) holds for any of the SLOs."""
    from fireline.cli.tally import key  # noqa: PLC0415 - see status

    return any(key(fact) in wanted for one in standings for fact in one.facts)


def _from_cluster(cluster: Cluster, namespace: str | None, selector: str) -> Look:
    from fireline.api.resources import SLO  # noqa: PLC0415 - see status
    from fireline.cli.standing import Standing  # noqa: PLC0415 - see status

    def look() -> list[Standing]:
        with asking(SLO):
            return [Standing.of(slo) for slo in cluster.list(SLO, namespace, labels=selector)]

    return look


def _from_files(paths: Sequence[str], namespace: str | None) -> Look:
    from fireline.cli import output as out  # noqa: PLC0415 - see status
    from fireline.cli.inputs import load  # noqa: PLC0415 - see status
    from fireline.cli.standing import Standing  # noqa: PLC0415 - see status

    def look() -> list[Standing]:
        inputs = load(paths, namespace=namespace or "default")
        if inputs.findings:
            out.report(inputs.findings, output="text", stderr=True, summary={})
            raise click.UsageError("the files cannot be read as Kubernetes objects")
        slos = [document.manifest for document in inputs.documents]
        standings = [Standing.of(slo) for slo in slos]
        return [one for one in standings if namespace in {None, one.namespace}]

    return look
