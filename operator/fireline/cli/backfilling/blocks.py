"""OpenMetrics text → TSDB blocks, by the promtool that comes with Prometheus."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

BLOCK = "744h"
"""Blocks of up to a month: with promtool's own two hours, the text is read hundreds of times."""


def promtool(given: str | None) -> Path:
    """The program to call. Raises click's UsageError when there is none, before anything is read."""
    found = shutil.which(given or "promtool")
    if found is None:
        named = f"{given} is no program" if given else "promtool is not on the PATH"
        raise click.UsageError(
            f"{named}: blocks are made by the promtool that comes with Prometheus; name it with --promtool, "
            f"or write the text with -o openmetrics and make the blocks elsewhere"
        )
    return Path(found)


def create_blocks(program: Path, text: Path, folder: Path, *, longest: str) -> None:
    """Blocks of the text in a folder. Raises click's ClickException with promtool's own words."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - the user's own promtool, without a shell
        [
            program,
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            text,
            folder,
            "-q",
            f"--max-block-duration={longest}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(
            f"promtool could not make blocks: {(done.stderr or done.stdout).strip()[-1000:]}"
        )
