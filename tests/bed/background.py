"""Keeps something running in the background for manual work: ``make bed-up``, ``make e2e-up``.

The background process holds a lock as long as it lives; the lock, not a process number, says whether it is
up, so a stale file never misleads. Its file with the environment appears when everything answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from tests.bed.errors import ServerFailedError
from tests.bed.process import tail
from tests.bed.waiting import wait_for

CHECKOUT = Path(__file__).parents[2]
HOME = CHECKOUT / ".bed"
T = TypeVar("T")


class Background:
    """One thing in the background. ``serve`` are the arguments of ``python -m tests.bed`` that run it.

    ``env``: the shell file that says how to use it; it is there while that is possible.
    """

    def __init__(self, title: str, serve: Sequence[str], *, prefix: str = "") -> None:
        self.title = title
        self.env = HOME / f"{prefix}env"
        self.log = HOME / f"{prefix}bed.log"
        self._lock_file = HOME / f"{prefix}lock"
        self._serve = tuple(serve)

    def up(self, *, seconds: float = 180) -> bool:
        """Start it and wait until it is ready; False when it was up already.

        Raises ServerFailedError with the end of its log.
        """
        HOME.mkdir(exist_ok=True)
        if self.is_up() and self.env.exists():
            return False
        self.env.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bed", *self._serve],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(
            lambda: self.env.exists() or process.poll() is not None,
            what=f"{self.title} is up",
            seconds=seconds,
        )
        if not self.env.exists():
            raise ServerFailedError(f"{self.title} did not come up. Log: {self.log}\n{tail(self.log)}")
        return True

    def down(self) -> bool:
        """Stop it; False when it was not up."""
        if not self.is_up():
            self.env.unlink(missing_ok=True)
            return False
        os.kill(int(self._lock_file.read_text()), signal.SIGTERM)
        wait_for(lambda: not self.is_up(), what=f"{self.title} is down")
        return True

    @contextlib.contextmanager
    def serving(self, running: AbstractContextManager[T]) -> Iterator[T]:
        """Be the background process: ``running`` lives while in here, and SIGTERM leaves."""
        with self._lock():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            with running as entered:
                try:
                    yield entered
                finally:
                    self.env.unlink(missing_ok=True)

    def announce(self, values: Mapping[str, str]) -> None:
        """Ready: write how to use it."""
        staged = self.env.with_suffix(".new")
        staged.write_text("".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items()))
        staged.rename(self.env)

    def is_up(self) -> bool:
        """Whether the background process lives (ready or not)."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with self._lock_file.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SystemExit(f"{self.title} is up already") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
