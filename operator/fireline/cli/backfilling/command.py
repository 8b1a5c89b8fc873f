"""What ``fireline backfill`` does: recorded series of the past, as text or as blocks."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli import when
from fireline.cli.backfilling.blocks import create_blocks, promtool
from fireline.cli.backfilling.writing import Job, expected, write
from fireline.cli.backtesting.objectives import without_members
from fireline.cli.inputs import load
from fireline.cli.offline import examine, operator_settings, refused
from fireline.cli.reach import Reach
from fireline.errors import MetricsError

STDOUT = "-"


def write_past(
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
    """Write the past of the SLOs; ends the program with exit code 1 when one is not valid."""
    tool = promtool(program) if output == "blocks" else None
    if tool is not None and target is None:
        raise click.UsageError("--out: name a folder for the blocks, such as --out ./backfill")
    end = when.moment(until, option="--until") if until else int(time.time())
    start = when.since(since, end, option="--since")
    settings = operator_settings(config)
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, settings)
    findings += without_members(sound)
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
