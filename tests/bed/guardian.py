"""Ends the bed's servers when the process that started them dies, however it dies.

Runs as a small process of its own, in its own session: it reads lines from a pipe whose other end only
the parent holds. When the pipe closes (exit, crash, SIGKILL), it kills every process group it was told
of and removes the directories it was given. A death signal (PR_SET_PDEATHSIG) would not do: it follows
the *thread* that started a server.

Lines: ``+PID`` a server was started, ``-PID`` it is gone, ``/PATH`` remove this directory at the end,
``!PATH`` the directory was removed already.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Guardian:
    """The parent's side of the pipe. One per process is enough; see ``guardian()``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            # Isolated: the modules beside this file must not shadow the standard library's.
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        atexit.register(self._close)

    def watch(self, pid: int) -> None:
        """Kill the process group ``pid`` when this process dies."""
        self._send(f"+{pid}")

    def forget(self, pid: int) -> None:
        """The process ended and was waited for; its number may be used again by others."""
        self._send(f"-{pid}")

    def remove_later(self, directory: Path) -> None:
        """Remove ``directory`` when this process dies."""
        self._send(f"/{directory}")

    def removed(self, directory: Path) -> None:
        """The directory was removed in good order."""
        self._send(f"!{directory}")

    def _close(self) -> None:
        if os.getpid() == self._owner:
            self._process.communicate()

    def _send(self, line: str) -> None:
        with self._lock:
            pipe = self._process.stdin
            if pipe is None:
                raise RuntimeError("the guardian was started without a pipe")
            pipe.write(line.encode() + b"\n")
            pipe.flush()


_guardian: Guardian | None = None
_guardian_pid = 0
_start = threading.Lock()


def guardian() -> Guardian:
    """This process' guardian, started on first use (a forked child gets its own)."""
    global _guardian, _guardian_pid
    with _start:
        if _guardian is None or _guardian_pid != os.getpid():
            _guardian, _guardian_pid = Guardian(), os.getpid()
        return _guardian


def main() -> None:
    """Read the pipe to its end, then clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    directories: set[str] = set()
    for raw in sys.stdin.buffer:
        line = raw.decode().rstrip("\n")
        kind, rest = line[:1], line[1:]
        if kind == "+":
            groups.add(int(rest))
        elif kind == "-":
            groups.discard(int(rest))
        elif kind == "/":
            directories.add(rest)
        else:
            directories.discard(rest)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
