"""Shows that a long build is alive: a bar with the expected time on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """One long step; ``seconds`` is what it is expected to take on two cores."""

    def __init__(self, title: str, seconds: int, *, note: str = ", downloads not counted") -> None:
        self._title = title
        self._seconds = seconds
        self._note = note
        self._console = Console(stderr=True)
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, TextColumn(f"of about {self._seconds} s"), console=self._console)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._seconds)
        else:
            print(f"{self._title} (about {self._seconds} s{self._note})", file=sys.stderr, flush=True)
        return self

    def tick(self) -> None:
        """Show the time gone by; called in a loop, waits a moment itself."""
        if self._bar is not None:
            # Held just below full until it is really done.
            self._bar.update(self._task, completed=min(self._elapsed(), self._seconds * 0.99))
        time.sleep(0.1)

    def __exit__(self, kind: object, *_: object) -> None:
        if self._bar is not None:
            if kind is None:
                self._bar.update(self._task, completed=self._seconds)
            self._bar.stop()
        elif kind is None:
            print(f"{self._title}: done in {self._elapsed():.0f} s", file=sys.stderr, flush=True)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started
