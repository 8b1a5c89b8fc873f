"""``fireline perf-budget``: a table of endpoints and limits → ServiceLevelObjectives."""

from __future__ import annotations

import asyncio
import json

import click

from fireline.api.issues import Issue
from fireline.api.plan import Manifest
from fireline.cli import output as out
from fireline.cli.inputs import Finding
from fireline.cli.performance.objectives import histogram, limits, manifest, missing
from fireline.cli.performance.reading import Budgets, read
from fireline.cli.performance.vetting import declared_bounds, seen_bounds, seen_series, vet
from fireline.errors import MetricsError, SettingsInvalid
from fireline.settings import source_at


@click.command("perf-budget")
@click.argument("table", metavar="TABLE")
@click.option("-n", "--namespace", help="Namespace of the objects. Default: the table's.")
@click.option("--prometheus", metavar="URL", help="Also ask this server for the real bucket bounds.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="One document per objective, or a List.",
)
def perf_budget(table: str, namespace: str | None, prometheus: str | None, output: str) -> None:
    """Print a ServiceLevelObjective for every p50, p95, p99 … of a table of performance budgets.

    TABLE is a YAML file, or - for stdin. The objects are ready for kubectl apply, for fireline validate
    and for fireline render. Nothing is printed when anything is wrong. Exit code 1: something is wrong;
    2: wrong usage, or Prometheus cannot be reached.
    """
    budgets, findings = read(table)
    if budgets is not None:
        findings += _wrong(budgets, namespace=namespace, prometheus=prometheus)
    out.report(findings, output="text", stderr=True, summary={})
    if budgets is None or findings:
        raise SystemExit(1)
    made = [manifest(budgets.table, limit, namespace=namespace) for limit in limits(budgets.table)]
    if not made:
        raise click.UsageError(f"{table}: has no endpoints, and only those become objectives")
    _print(made, output)
    _notes(budgets, count=len(made), prometheus=prometheus)


def _wrong(budgets: Budgets, *, namespace: str | None, prometheus: str | None) -> list[Finding]:
    """Each layer builds on the one before: without a histogram there is nothing to ask for bounds."""
    table = budgets.table
    issues = missing(table)
    if not issues:
        issues = [*vet(table, namespace=namespace), *declared_bounds(table)]
    if not issues and prometheus:
        issues = _asked(budgets, prometheus)
    return [Finding.of(budgets.document, issue) for issue in issues]


def _asked(budgets: Budgets, url: str) -> list[Issue]:
    from fireline.cli.performance.buckets import bucket_bounds, present  # noqa: PLC0415 - offline use must not pay for HTTP
    from fireline.prometheus.replicas import Replicas  # noqa: PLC0415

    table = budgets.table
    histograms = [histogram(table, endpoint) for endpoint in table.endpoints]
    try:
        source = Replicas.of(source_at(url))
        if table.type == "Native":
            return list(seen_series(table, asyncio.run(present(source, histograms)), url))
        return list(seen_bounds(table, asyncio.run(bucket_bounds(source, histograms)), url))
    except (MetricsError, SettingsInvalid) as error:
        raise click.UsageError(f"--prometheus: {error}") from error


def _print(manifests: list[Manifest], output: str) -> None:
    if output == "json":
        click.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=2))
    else:
        click.echo(out.to_yaml(*manifests), nl=False)


def _notes(budgets: Budgets, *, count: int, prometheus: str | None) -> None:
    table = budgets.table
    rest = len(table.payloads) + len(table.bundles) + len(table.pages)
    if rest:
        out.note(
            f"{rest} budgets for payloads, bundles and pages are no objectives: see fireline gate performance"
        )
    if table.type == "Classic" and table.buckets is None and not prometheus:
        out.note(
            "whether each limit is a bucket bound was not checked: declare buckets in the table, or use "
            "--prometheus"
        )
    out.note(f"{count} ServiceLevelObjectives for {len(table.endpoints)} endpoints")
