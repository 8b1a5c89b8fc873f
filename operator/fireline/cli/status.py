"""``fireline status``: how the SLOs (or AlertPolicies) of a cluster stand, the worst first; once or live.

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
    from fireline.api.plan import Manifest
    from fireline.api.resources import Resource
    from fireline.cli.policystanding import PolicyStanding
    from fireline.cli.standing import Standing

Found = Callable[[], "list[Manifest]"]
"""Asks how things stand now. Raises the ApiError family."""

_FACTS = ("burning", "no-data", "exhausted", "not-ready", "alerting", "unknown")
_FLAWS = ("not-ready", "not-loaded", "test-failed", "unknown", "untested")
"""The same of policies."""


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
    "--fail-on",
    multiple=True,
    type=click.Choice(list(dict.fromkeys((*_FACTS, *_FLAWS)))),
    help="Exit 1 if this is so of any SLO or policy; repeatable.",
)
@click.option("--policies", is_flag=True, help="AlertPolicies instead: routes, pages per week, last test.")
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
    policies: bool,
    watch: bool,
    every: float,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Show the error budgets of SLOs, or the AlertPolicies, the worst first: a cluster's, or those in files
    (- for stdin).

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
    if policies and (tier or by or sort != "worst" or watch):
        raise click.UsageError(
            "--tier, --by, --sort and --watch are for SLOs; leave them out with --policies"
        )
    if unfit := set(fail_on) - set(_FLAWS if policies else _FACTS):
        fit = ", ".join(_FLAWS if policies else _FACTS)
        raise click.UsageError(f"--fail-on {', '.join(sorted(unfit))} is not for these; choose from {fit}")
    from fireline.api.resources import ALERT_POLICY, SLO  # noqa: PLC0415 - --help must not pay for tables
    from fireline.cli.showing import Wishes, follow, show, show_policies  # noqa: PLC0415 - likewise

    resource = ALERT_POLICY if policies else SLO
    with ExitStack() as stack:
        if paths:
            where, found = "files", _from_files(paths, namespace, resource)
        else:
            cluster = stack.enter_context(Cluster.connect(kubeconfig, context))
            place = None if all_namespaces else namespace or cluster.namespace
            where = f"namespace {place}" if place else "all namespaces"
            found = _from_cluster(cluster, place, selector, resource)
        wishes = Wishes(where, tier, by, sort, output, namespaces=bool(paths) or all_namespaces)
        if watch:
            follow(_standings(found), wishes, every=every)
            return
        if policies:
            wrong = flawed(show_policies(found(), wishes), fail_on)
        else:
            wrong = failing(show(_standings(found)(), wishes), fail_on)
    if wrong:
        raise SystemExit(1)


def failing(standings: Sequence[Standing], wanted: Sequence[str]) -> bool:
    """Whether any of the facts (``not-ready``) holds for any of the SLOs."""
    from fireline.cli.tally import key  # noqa: PLC0415 - see status

    return any(key(fact) in wanted for one in standings for fact in one.facts)


def flawed(standings: Sequence[PolicyStanding], wanted: Sequence[str]) -> bool:
    """Whether any of the flaws (``not-loaded``) holds for any of the policies."""
    return any(flaw.value in wanted for one in standings for flaw in one.flaws)


def _standings(found: Found) -> Callable[[], list[Standing]]:
    from fireline.cli.standing import Standing  # noqa: PLC0415 - see status

    return lambda: [Standing.of(slo) for slo in found()]


def _from_cluster(cluster: Cluster, namespace: str | None, selector: str, resource: Resource) -> Found:
    def look() -> list[Manifest]:
        with asking(resource):
            return cluster.list(resource, namespace, labels=selector)

    return look


def _from_files(paths: Sequence[str], namespace: str | None, resource: Resource) -> Found:
    from fireline.cli import output as out  # noqa: PLC0415 - see status
    from fireline.cli.inputs import Finding, load  # noqa: PLC0415 - see status
    from fireline.cli.standing import UNFIT, readable  # noqa: PLC0415 - see status

    def look() -> list[Manifest]:
        inputs = load(paths, namespace=namespace or "default")
        documents = inputs.of(resource.kind)
        findings = [
            *inputs.findings,
            *(Finding.of(one, UNFIT) for one in documents if not readable(one.manifest)),
        ]
        if findings:
            out.report(findings, output="text", stderr=True, summary={})
            raise click.UsageError("the files cannot be read as Kubernetes objects")
        found = [document.manifest for document in documents]
        return [one for one in found if namespace in {None, one["metadata"]["namespace"]}]

    return look
