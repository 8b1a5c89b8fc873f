"""``gate performance``: reads the table and the sources, judges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli.gating.checks import Check
from fireline.cli.gating.k6 import Summary
from fireline.cli.gating.lighthouse import Report
from fireline.cli.gating.options import duration
from fireline.cli.gating.performance import Sources, judge
from fireline.cli.gating.server import server
from fireline.cli.gating.sources import pairs, read_json
from fireline.cli.inputs import Finding
from fireline.cli.performance.objectives import missing
from fireline.cli.performance.reading import Budgets, read
from fireline.cli.performance.vetting import declared_bounds, vet


def measured(
    table: str,
    *,
    parts: Sequence[str],
    k6: Sequence[Path],
    prometheus: str | None,
    source: str | None,
    config: Path | None,
    window: str,
    min_events: int,
    lighthouse: Sequence[Path],
    bundle: Path | None,
    payload: Sequence[str],
) -> list[Check]:
    """One judgement per limit and source.

    Raises click's UsageError for sources that cannot be read, and SystemExit(2), with findings on
    stderr, for a table that is wrong.
    """
    asked = server(prometheus, source, config)
    budgets = _sound(table, with_histograms=asked is not None and "endpoints" in parts)
    sources = Sources(
        k6={str(file): read_json("--k6", file, Summary.of) for file in k6},
        prometheus=asked,
        window=duration("--window", window),
        min_events=min_events,
        lighthouse={str(file): read_json("--lighthouse", file, Report.of) for file in lighthouse},
        bundle=bundle,
        payloads=pairs("--payload", payload, [one.name for one in budgets.table.payloads]),
    )
    found = judge(budgets, sources, parts)
    if not found:
        listed = ", ".join(parts)
        raise click.UsageError(f"{table}: limits none of {listed}")
    return found


def _sound(table: str, *, with_histograms: bool) -> Budgets:
    budgets, findings = read(table)
    if budgets is not None and with_histograms:
        issues = missing(budgets.table) or [
            *vet(budgets.table, namespace=None),
            *declared_bounds(budgets.table),
        ]
        findings += [Finding.of(budgets.document, issue) for issue in issues]
    if budgets is None or findings:
        out.report(findings, output="text", stderr=True, summary={})
        raise SystemExit(2)
    return budgets
