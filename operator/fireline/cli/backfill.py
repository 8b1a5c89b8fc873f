"""``fireline backfill``: what the rules would have recorded before they were there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.backfilling.blocks import BLOCK


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option("--prometheus", metavar="URL", help="The server that has the past. Default: --config's source.")
@click.option("--since", default="30d", show_default=True, metavar="DURATION|TIME", help="Where to begin.")
@click.option("--until", metavar="TIME", help="Where to end at the latest. Default: now.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["blocks", "openmetrics"]),
    default="blocks",
    show_default=True,
    help="blocks: TSDB blocks, made by promtool. openmetrics: the text they are made of.",
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path),
    help="A folder for blocks, a file for openmetrics (default: stdout).",
)
@click.option("--promtool", "program", metavar="PROGRAM", help="Default: the promtool on the PATH.")
@click.option(
    "--max-block-duration", "longest", default=BLOCK, show_default=True, help="Longest block, for promtool."
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings: its sources say how to authenticate.",
)
@click.option("--source", metavar="NAME", help="The source of the settings to use. Default: each SLO's own.")
def backfill(**given: Any) -> None:
    """Write the recorded series of SLOs for the past, so that dashboards and budgets begin with history.

    Each series ends where Prometheus began to record it itself. Exit code 0: written, or nothing was
    missing. 1: an SLO is not valid. 2: wrong usage, or Prometheus or promtool failed.
    """
    from fireline.cli.backfilling.command import write_past  # noqa: PLC0415 - --help must not pay for the work

    write_past(**given)
