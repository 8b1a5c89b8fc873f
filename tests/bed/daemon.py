"""Keeps a bed running in the background for manual work: ``make bed-up`` and ``make bed-down``.

The background process holds a lock as long as it lives; the lock, not a process number, says whether a
bed is up, so a stale file never misleads. ``.bed/env`` appears when everything answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bed.bed import Bed
from tests.bed.errors import ServerFailedError
from tests.bed.process import tail
from tests.bed.waiting import wait_for

CHECKOUT = Path(__file__).parents[2]
HOME = CHECKOUT / ".bed"
ENV = HOME / "env"
LOG = HOME / "bed.log"
_LOCK = HOME / "lock"


def up() -> bool:
    """Start a bed in the background and wait until it is ready; False when one was up already.

    Raises ServerFailedError with the end of its log.
    """
    HOME.mkdir(exist_ok=True)
    if is_up() and ENV.exists():
        return False
    ENV.unlink(missing_ok=True)
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bed", "serve"],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_for(lambda: ENV.exists() or process.poll() is not None, what="the bed is up", seconds=180)
    if not ENV.exists():
        raise ServerFailedError(f"the bed did not come up. Log: {LOG}\n{tail(LOG)}")
    return True


def down() -> bool:
    """Stop the background bed; False when none was up."""
    if not is_up():
        ENV.unlink(missing_ok=True)
        return False
    os.kill(int(_LOCK.read_text()), signal.SIGTERM)
    wait_for(lambda: not is_up(), what="the bed is down", seconds=60)
    return True


def serve() -> None:
    """Be the background process: run a bed until SIGTERM."""
    with _lock():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with Bed() as bed:
            try:
                _write_env({**bed.environment(), "KUBECTL": str(bed.tools.path("kubectl"))})
                while True:
                    signal.pause()
            finally:
                ENV.unlink(missing_ok=True)


def is_up() -> bool:
    """Whether a background process lives (ready or not)."""
    if not _LOCK.exists():
        return False
    with _LOCK.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    with _LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("a bed is up already") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _write_env(values: dict[str, str]) -> None:
    staged = ENV.with_suffix(".new")
    staged.write_text("".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items()))
    staged.rename(ENV)
