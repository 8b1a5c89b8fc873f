"""``fireline backtest``: would these SLOs have held, and what would have fired, on data of the past?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option("--prometheus", metavar="URL", help="The server that has the past. Default: --config's source.")
@click.option("--since", default="30d", show_default=True, metavar="DURATION|TIME", help="Where to begin.")
@click.option("--until", metavar="TIME", help="Where to end. Default: now.")
@click.option(
    "--objective",
    metavar="PERCENT,...",
    help="Objectives to compare, such as 99.5,99.9. Default: the one each SLO has.",
)
@click.option(
    "--step",
    type=click.Choice(["30s", "1m"]),
    default="30s",
    show_default=True,
    help="Time between two evaluations. 30s is what the operator does; 1m reads half as much.",
)
@click.option(
    "--incidents",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML list of known incidents (name, from, to): gives precision, recall and delays.",
)
@click.option(
    "--grace",
    default="15m",
    show_default=True,
    metavar="DURATION",
    help="An alert that begins so late after an incident still belongs to it.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings: its sources say how to authenticate.",
)
@click.option("--source", metavar="NAME", help="The source of the settings to use. Default: each SLO's own.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Also write a chart.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page of its own.")
def backtest(**given: Any) -> None:
    """Replay SLOs in files, folders or stdin (-) over the past, as if their rules had been at work.

    Exit code 0: every SLO would have held, with one of its objectives at least. 1: some would not, or
    nothing is known of it, or it is not valid. 2: wrong usage, or Prometheus cannot be asked.
    """
    from fireline.cli.backtesting.command import replay_past  # noqa: PLC0415 - --help must not pay for the work

    replay_past(**given)
