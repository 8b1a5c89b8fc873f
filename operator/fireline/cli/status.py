"""``fireline status``: how SLOs and checks, or AlertPolicies, of a cluster stand, the worst first; also live.

It reads what the operator wrote into ``status`` and asks no Prometheus, so it answers at once and shows what
kubectl would. Files (as ``kubectl get slo -o yaml`` writes them) work in the place of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli.cluster import Cluster, Unreachable, asking, cluster_options

if TYPE_CHECKING:
    from fireline.api.plan import Manifest
    from fireline.api.resources import Resource
    from fireline.cli.showing import Shown, Wishes

Found = Callable[["Resource"], "list[Manifest]"]
"""Asks for all objects of a kind. Raises Unreachable."""

_FACTS = ("burning", "no-data", "exhausted", "not-ready", "alerting", "unknown")
_FLAWS = ("not-ready", "not-loaded", "test-failed", "unknown", "untested")
"""The same of policies."""
_OF_CHECKS = (
    *("failing", "not-ready", "late", "not-measured", "target-missed", "low-coverage", "unknown"),
    "suspended",
)
"""The same of checks."""
_NEEDS = ("needs-human", "needs-approval", "overdue", "not-ready", "in-place", "suspended")
"""The same of mitigations."""


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
    type=click.Choice(list(dict.fromkeys((*_FACTS, *_OF_CHECKS, *_FLAWS, *_NEEDS)))),
    help="Exit 1 if this is so of any object that is shown; repeatable.",
)
@click.option("--checks", is_flag=True, help="SyntheticChecks alone.")
@click.option("--mitigations", is_flag=True, help="Mitigations instead: what is proposed or in place.")
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
    checks: bool,
    policies: bool,
    mitigations: bool,
    watch: bool,
    every: float,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Show the error budgets of SLOs and how SyntheticChecks went, or the AlertPolicies, the worst first: a
    cluster's, or those in files (- for stdin).

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
    only = {"policies": policies, "checks": checks, "mitigations": mitigations}
    _fit(only, tier=tier, by=by, sort=sort, watch=watch, fail_on=fail_on)
    from fireline.api.resources import ALERT_POLICY  # noqa: PLC0415 - --help must not pay for tables
    from fireline.cli.showing import Wishes, follow, show, show_policies  # noqa: PLC0415 - likewise

    with ExitStack() as stack:
        if paths:
            where, found = "files", _from_files(paths, namespace)
        else:
            cluster = stack.enter_context(Cluster.connect(kubeconfig, context))
            place = None if all_namespaces else namespace or cluster.namespace
            where = f"namespace {place}" if place else "all namespaces"
            found = _from_cluster(cluster, place, selector)
        wishes = Wishes(
            where,
            tier,
            by,
            sort,
            output,
            namespaces=bool(paths) or all_namespaces,
            slos=not checks,
            checks=tier is None and by is None,
        )
        if mitigations:
            words = _of_mitigations(found, wishes)
        elif policies:
            words = {flaw.value for one in show_policies(found(ALERT_POLICY), wishes) for flaw in one.flaws}
        elif watch:
            follow(_look(found, wishes), wishes, every=every)
            return
        else:
            words = show(_look(found, wishes)(), wishes).words
    if words & set(fail_on):
        raise SystemExit(1)


def _of_mitigations(found: Found, wishes: Wishes) -> set[str]:
    """Show them; returns what is so of any, in words of ``--fail-on``."""
    from fireline.api.resources import MITIGATION  # noqa: PLC0415 - see status
    from fireline.cli.mitigating.showing import show_mitigations  # noqa: PLC0415 - likewise

    shown = show_mitigations(
        found(MITIGATION), where=wishes.where, output=wishes.output, namespaces=wishes.namespaces
    )
    return {need.value for one in shown for need in one.needs}


def _fit(
    only: Mapping[str, bool],
    *,
    tier: str | None,
    by: str | None,
    sort: str,
    watch: bool,
    fail_on: Sequence[str],
) -> None:
    """Refuse options that are about other objects than those that are shown. Raises click's UsageError."""
    if sum(only.values()) > 1:
        chosen = " and ".join(f"--{name}" for name, wanted in only.items() if wanted)
        raise click.UsageError(f"{chosen} contradict each other; choose one")
    if only["mitigations"] and (tier or by or sort != "worst" or watch):
        raise click.UsageError(
            "--tier, --by, --sort and --watch are for SLOs; leave them out with --mitigations"
        )
    if only["policies"] and (tier or by or sort != "worst" or watch):
        raise click.UsageError(
            "--tier, --by, --sort and --watch are for SLOs; leave them out with --policies"
        )
    if only["checks"] and (tier or by or sort not in {"worst", "name"}):
        raise click.UsageError(
            "--tier, --by and --sort budget or burn are for SLOs; leave them out with --checks"
        )
    fit = dict.fromkeys((*_FACTS, *_OF_CHECKS))
    if any(only.values()):
        of = {"policies": _FLAWS, "checks": _OF_CHECKS, "mitigations": _NEEDS}
        fit = dict.fromkeys(of[next(name for name, wanted in only.items() if wanted)])
    if unfit := set(fail_on) - set(fit):
        words = f"--fail-on {', '.join(sorted(unfit))} is not for these; choose from {', '.join(fit)}"
        raise click.UsageError(words)


def _look(found: Found, wishes: Wishes) -> Callable[[], Shown]:
    """How everything that is wished for stands now. Raises Unreachable."""
    from fireline.api.resources import SLO, SYNTHETIC_CHECK  # noqa: PLC0415 - see status
    from fireline.cli.checkstanding import CheckStanding  # noqa: PLC0415 - see status
    from fireline.cli.showing import Shown  # noqa: PLC0415 - see status
    from fireline.cli.standing import Standing  # noqa: PLC0415 - see status

    def look() -> Shown:
        now = datetime.now(UTC)
        slos = [Standing.of(one) for one in found(SLO)] if wishes.slos else []
        checks = _beside(found, SYNTHETIC_CHECK) if wishes.slos else found(SYNTHETIC_CHECK)
        return Shown(slos, [CheckStanding.of(one, now) for one in checks] if wishes.checks else [])

    return look


def _beside(found: Found, resource: Resource) -> list[Manifest]:
    """Objects that are shown below others: those must not be missing because these may not be read."""
    try:
        return found(resource)
    except Unreachable as error:
        if error.missing:
            return []  # an older installation
        if not error.forbidden:
            raise
        click.echo(f"left out: {error.message}", err=True)
        return []


def _from_cluster(cluster: Cluster, namespace: str | None, selector: str) -> Found:
    def look(resource: Resource) -> list[Manifest]:
        with asking(resource):
            return cluster.list(resource, namespace, labels=selector)

    return look


def _from_files(paths: Sequence[str], namespace: str | None) -> Found:
    from fireline.api.resources import MITIGATION, SYNTHETIC_CHECK  # noqa: PLC0415 - see status
    from fireline.cli import checkshape, standing  # noqa: PLC0415 - see status
    from fireline.cli import output as out  # noqa: PLC0415 - see status
    from fireline.cli.inputs import Finding, load  # noqa: PLC0415 - see status
    from fireline.cli.mitigating import shape  # noqa: PLC0415 - see status

    inputs = load(paths, namespace=namespace or "default")

    def look(resource: Resource) -> list[Manifest]:
        documents = inputs.of(resource.kind)
        readable = {SYNTHETIC_CHECK: checkshape, MITIGATION: shape}.get(resource, standing).readable
        findings = [
            *inputs.findings,
            *(Finding.of(one, standing.UNFIT) for one in documents if not readable(one.manifest)),
        ]
        if findings:
            out.report(findings, output="text", stderr=True, summary={})
            raise click.UsageError("the files cannot be read as Kubernetes objects")
        found = [document.manifest for document in documents]
        return [one for one in found if namespace in {None, one["metadata"]["namespace"]}]

    return look
