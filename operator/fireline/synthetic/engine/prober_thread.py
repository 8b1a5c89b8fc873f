"""One run of a prober, in a thread with an event loop of its own.

So that nothing a run does can hold up another: not a step that computes for minutes over a large answer,
not a library that blocks. Threads share one core fairly, in slices of a millisecond.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fireline.synthetic.engine import prober_secrets
from fireline.synthetic.engine.prober_entries import Entry
from fireline.synthetic.engine.progress import Quiet
from fireline.synthetic.engine.run import run
from fireline.synthetic.result import Result

_RUN_ID_BYTES = 8


class _Enough(SystemExit):
    """Raised inside a thread whose run does not come to an end. A SystemExit leaves event loops at once."""


class RunThread(Quiet):
    """A run under way. ``ended`` is called with it, in its own thread, when the thread is done."""

    def __init__(self, entry: Entry, slot: int, secrets: Path, *, ended: Callable[[RunThread], None]) -> None:
        self.entry = entry
        self.slot = slot
        self.started_at = datetime.now(UTC)
        self.ended_at: datetime | None = None
        self.result: Result | None = None
        """What it came to: known when the steps are done, final when the thread is."""
        self._secrets = secrets
        self._ended = ended
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._carry_out, name=self.id, daemon=True)

    @property
    def id(self) -> str:
        """By this the operator counts it once."""
        return f"{self.entry.uid}/{self.slot}"

    @property
    def alive(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins. Raises RuntimeError when the system gives no further thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the steps and goes to the cleanup. From any thread."""
        with self._lock:
            self._stopped = True
            if self._loop is not None and self._stop is not None:
                with contextlib.suppress(RuntimeError):  # its loop is closed: it is over
                    self._loop.call_soon_threadsafe(self._stop.set)

    def break_off(self) -> None:
        """Raises an error where the thread computes: the only way to end what never waits."""
        if self._thread.ident is not None and self.alive:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(_Enough)
            )

    def on_measured(self, result: Result) -> None:
        """See :class:`fireline.synthetic.engine.progress.Progress`: the cleanup is still to come."""
        self.result = result

    def _carry_out(self) -> None:
        try:
            self.result = asyncio.run(self._run())
        except _Enough:
            pass
        except Exception as error:  # noqa: BLE001 - a fault of ours in one run must not end the prober
            words = f"{type(error).__name__} in the prober itself"  # its message may hold a secret
            self.result = Result("infra", reason="EngineError", message=words)
        finally:
            self.ended_at = datetime.now(UTC)
            self._ended(self)

    async def _run(self) -> Result:
        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
            if self._stopped:
                stop.set()
        try:
            secrets = prober_secrets.read(self._secrets, self.entry.secrets)
        except prober_secrets.MissingSecret as error:
            return Result("infra", reason="MissingSecret", message=str(error), started_at=self.started_at)
        return await run(
            self.entry.journey,
            run_id=os.urandom(_RUN_ID_BYTES).hex(),
            secrets=secrets,
            progress=self,
            stop=stop,
        )
