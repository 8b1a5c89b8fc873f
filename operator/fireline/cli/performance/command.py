"""What ``fireline perf-budget`` does: a table of limits in, objectives out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fireline.api.issues import Issue
from fireline.api.plan import Manifest
from fireline.cli import output as out
from fireline.cli.gating.server import Server, server
from fireline.cli.inputs import Finding
from fireline.cli.performance.buckets import bucket_bounds, present
from fireline.cli.performance.objectives import histogram, limits, manifest, missing
from fireline.cli.performance.reading import Budgets, read
from fireline.cli.performance.schema import Table
from fireline.cli.performance.vetting import declared_bounds, seen_bounds, seen_series, vet


def print_objectives(
    *,
    table: str,
    namespace: str | None,
    prometheus: str | None,
    source: str | None,
    config: Path | None,
    output: str,
) -> None:
    """Print the objectives of a table; ends the program with exit code 1 when something is wrong."""
    asked = server(prometheus, source, config)
    budgets, findings = read(table)
    if budgets is not None:
        findings += _wrong(budgets, namespace=namespace, asked=asked)
    out.report(findings, output="text", stderr=True, summary={})
    if budgets is None or findings:
        raise SystemExit(1)
    made = [manifest(budgets.table, limit, namespace=namespace) for limit in limits(budgets.table)]
    if not made:
        raise click.UsageError(f"{table}: has no endpoints, and only those become objectives")
    _print(made, output)
    _notes(budgets, count=len(made), checked=asked is not None)


def _wrong(budgets: Budgets, *, namespace: str | None, asked: Server | None) -> list[Finding]:
    """Each layer builds on the one before: without a histogram there is nothing to ask for bounds."""
    table = budgets.table
    issues = missing(table)
    if not issues:
        issues = [*vet(table, namespace=namespace), *declared_bounds(table)]
    if not issues and asked is not None:
        issues = _seen(table, asked)
    return [Finding.of(budgets.document, issue) for issue in issues]


def _seen(table: Table, asked: Server) -> list[Issue]:
    histograms = [histogram(table, endpoint) for endpoint in table.endpoints]
    if table.type == "Native":
        there = asked.ask(lambda source: present(source, histograms))
        return list(seen_series(table, there, asked.place))
    bounds = asked.ask(lambda source: bucket_bounds(source, histograms))
    return list(seen_bounds(table, bounds, asked.place))


def _print(manifests: list[Manifest], output: str) -> None:
    if output == "json":
        click.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=2))
    else:
        click.echo(out.to_yaml(*manifests), nl=False)


def _notes(budgets: Budgets, *, count: int, checked: bool) -> None:
    table = budgets.table
    rest = len(table.payloads) + len(table.bundles) + len(table.pages)
    if rest:
        out.note(
            f"{rest} budgets for payloads, bundles and pages are no objectives: see fireline gate performance"
        )
    if table.type == "Classic" and table.buckets is None and not checked:
        out.note(
            "whether each limit is a bucket bound was not checked: declare buckets in the table, or use "
            "--prometheus"
        )
    out.note(f"{count} ServiceLevelObjectives for {len(table.endpoints)} endpoints")
