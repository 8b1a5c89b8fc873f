"""``fireline backfill``: what the rules would have recorded before they were there."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli import when
from fireline.cli.backfilling.blocks import BLOCK, create_blocks, promtool
from fireline.cli.backfilling.writing import Job, expected, write
from fireline.cli.inputs import load
from fireline.cli.offline import examine, operator_settings, refused
from fireline.cli.reach import Reach
from fireline.errors import MetricsError

STDOUT = "-"


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
def backfill(
    *,
    paths: tuple[str, ...],
    namespace: str,
    prometheus: str | None,
    since: str,
    until: str | None,
    output: str,
    target: Path | None,
    program: str | None,
    longest: str,
    config: Path | None,
    source: str | None,
) -> None:
    """Write the recorded series of SLOs for the past, so that dashboards and budgets begin with history.

    Each series ends where Prometheus began to record it itself. Exit code 0: written, or nothing was
    missing. 1: an SLO is not valid. 2: wrong usage, or Prometheus or promtool failed.
    """
    tool = promtool(program) if output == "blocks" else None
    if tool is not None and target is None:
        raise click.UsageError("--out: name a folder for the blocks, such as --out ./backfill")
    end = when.moment(until, option="--until") if until else int(time.time())
    start = when.since(since, end, option="--since")
    settings = operator_settings(config)
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, settings)
    if refused(findings):
        out.report(findings, output="text", stderr=True, summary={})
        raise SystemExit(1)
    if not sound:
        raise click.UsageError(f"nothing to backfill: {out.counted(inputs)}")
    job = Job(tuple(one.objective for one in sound), start=start, end=end)
    out.note(expected(job))
    reach = Reach(settings, url=prometheus, name=source)
    try:
        if tool is None:
            _text(job, reach, target)
        else:
            _blocks(job, reach, tool, target or Path(), longest)
    except MetricsError as error:
        raise click.UsageError(str(error)) from error


def _text(job: Job, reach: Reach, target: Path | None) -> None:
    if target is None or str(target) == STDOUT:
        size = asyncio.run(write(job, reach, sys.stdout, say=out.note))
    else:
        with target.open("w", encoding="utf-8") as file:
            size = asyncio.run(write(job, reach, file, say=out.note))
    out.note(f"wrote {size.words}" + (f" to {target}" if target else ""))


def _blocks(job: Job, reach: Reach, tool: Path, folder: Path, longest: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backfill-") as scratch:
        text = Path(scratch) / "series.om"
        with text.open("w", encoding="utf-8") as file:
            size = asyncio.run(write(job, reach, file, say=out.note))
        if not size.samples:
            return
        out.note(f"made {size.words}; promtool makes blocks of them")
        create_blocks(tool, text, folder, longest=longest)
    out.note(f"wrote blocks to {folder}: move them into the data directory of Prometheus")
