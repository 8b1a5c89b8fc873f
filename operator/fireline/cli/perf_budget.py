"""``fireline perf-budget``: a table of endpoints and limits → ServiceLevelObjectives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.sources import source_options


@click.command("perf-budget")
@click.argument("table", metavar="TABLE")
@click.option("-n", "--namespace", help="Namespace of the objects. Default: the table's.")
@source_options("for the real bucket bounds")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings, for --source.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="One document per objective, or a List.",
)
def perf_budget(**given: Any) -> None:
    """Print a ServiceLevelObjective for every p50, p95, p99 … of a table of performance budgets.

    TABLE is a YAML file, or - for stdin. The objects are ready for kubectl apply, for fireline validate
    and for fireline render. Nothing is printed when anything is wrong. Exit code 1: something is wrong;
    2: wrong usage, or Prometheus cannot be reached.
    """
    from fireline.cli.performance.command import print_objectives  # noqa: PLC0415 - --help must not pay for the work

    print_objectives(**given)
