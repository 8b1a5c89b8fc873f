"""Progress of what takes longer than a moment: a bar on stderr, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Advance = Callable[[int], None]
"""Told how many further steps are done."""


@contextlib.contextmanager
def progress(what: str, steps: int) -> Iterator[Advance]:
    """A bar of so many steps with the time that is left, gone when done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Not above: commands that show nothing must not pay for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=steps)
        yield lambda done: bar.advance(task, done)
