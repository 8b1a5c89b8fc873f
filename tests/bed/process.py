"""One real server as a child process: started, awaited, paused, killed, restarted on the same port.

Every server of the bed is a ``Server``. Its output goes to a file; when it fails, the error quotes the
end of that file. It runs in its own session, so Ctrl-C reaches only the parent, which then stops its
servers in order; the guardian ends them when the parent cannot.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bed.errors import ServerFailedError
from tests.bed.guardian import guardian

_TAIL_LINES = 25


class Server:
    """A child process that serves something.

    ``ready`` is asked until it returns true; OSErrors (requests' errors are such) mean "not yet".
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[], bool] = lambda: True,
        env: Mapping[str, str] | None = None,
        ready_seconds: float = 180.0,
        grace_seconds: float = 5.0,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self._ready = ready
        self._env = env
        self._ready_seconds = ready_seconds
        self._grace_seconds = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._watched = False

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerFailedError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there (a paused one is)."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process and return at once; ``await_ready`` does the rest."""
        if self.running:
            raise ServerFailedError(f"{self.name} is running already (pid {self.pid})")
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if self._env is None else {**os.environ, **self._env},
                start_new_session=True,
            )
        guardian().watch(self._process.pid)
        self._watched = True

    def await_ready(self) -> None:
        """Wait until the server answers. Raises ServerFailedError with the end of its log."""
        deadline = time.monotonic() + self._ready_seconds
        while not self._answers():
            if not self.running:
                code = self._process.returncode if self._process else None
                raise self.failure(f"{self.name} ended with code {code} before it was ready")
            if time.monotonic() > deadline:
                raise self.failure(f"{self.name} was not ready within {self._ready_seconds:g} s")
            time.sleep(0.02)

    def start(self) -> None:
        """Start and wait until the server answers."""
        self.launch()
        self.await_ready()

    def stop(self) -> int | None:
        """SIGTERM, then SIGKILL after the grace time. Returns the exit code; None if it never ran."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the whole process group, now."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop, then start with the same command, port and data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after ``pause``."""
        os.killpg(self.pid, signal.SIGCONT)

    def wait(self, seconds: float) -> int:
        """Wait for the server to end by itself; returns its exit code.

        Raises ServerFailedError when it still runs after ``seconds``.
        """
        if self._process is None:
            raise ServerFailedError(f"{self.name} was never started")
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failure(f"{self.name} still runs after {seconds:g} s") from None
        self._gone(self._process)
        return code

    def failure(self, what: str) -> ServerFailedError:
        """An error that quotes the end of this server's log and names the file."""
        return ServerFailedError(f"{what}. Log: {self.log}\n{tail(self.log)}")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return self.running and self._ready()
        except OSError:
            return False

    def _end(self, first: signal.Signals) -> int | None:
        process = self._process
        if process is None:
            return None
        if self._watched and process.poll() is None:
            _signal_group(process.pid, first)
            _signal_group(process.pid, signal.SIGCONT)
            try:
                process.wait(self._grace_seconds)
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
        self._gone(process)
        return process.returncode

    def _gone(self, process: subprocess.Popen[bytes]) -> None:
        # Once only: later the number may belong to a process of somebody else. And only this one: who
        # killed it may still be here when another thread has seen it end and started the next.
        if self._process is process and self._watched:
            self._watched = False
            _signal_group(process.pid, signal.SIGKILL)
            guardian().forget(process.pid)


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of a log file, indented for an error message."""
    if not log.exists():
        return "  (no log was written)"
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"  {line[:500]}" for line in text) or "  (the log is empty)"


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
