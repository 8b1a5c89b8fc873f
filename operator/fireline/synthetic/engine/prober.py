"""The prober: runs all checks of a namespace and location that have ``runner: Prober``, in one process.

``python -m fireline.synthetic.engine.prober --journeys DIR --secrets DIR``: what the Deployment starts that
the operator makes. It talks to nobody but the targets; the operator asks it for results.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from fireline.synthetic.engine.prober_entries import Entries, Entry
from fireline.synthetic.engine.prober_results import Results
from fireline.synthetic.engine.prober_runs import Runs
from fireline.synthetic.engine.prober_server import Server
from fireline.synthetic.engine.prober_slots import Slots
from fireline.synthetic.engine.prober_thread import RunThread
from fireline.synthetic.message import rfc3339
from fireline.synthetic.result import Result

DEFAULT_PORT = 9115
_LOOK_SECONDS = 1.0
"""How often the files are looked at, and the clock, which somebody may set."""
_SWITCH_SECONDS = 0.001
_LEAVING_SECONDS = 5.0
"""Kept of the grace for the end of the process itself."""
_UNREAD_SECONDS = 15.0
"""How long the last results wait for the operator, which asks every few seconds."""


class Prober:
    """Everything put together, on one event loop."""

    def __init__(self, journeys: Path, secrets: Path, *, grace: float) -> None:
        self._grace = grace
        self._results = Results(time.monotonic)
        self._entries = Entries(journeys, refused=_refused)
        self._longest_cleanup = 0.0
        self._slots = Slots(late=_late)
        self._runs = Runs(secrets, finished=self._finished, overlapped=_overlapped, late=_late)
        self._server = Server(self._results, self._slots, self._runs.running)
        self._stopping = False
        self._wake = asyncio.Event()

    async def run(self, hosts: Sequence[str], port: int) -> None:
        """Runs until SIGTERM. Raises OSError when the port is taken."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)
        async with self._server.serve(hosts, port):
            say("started", boot=self._results.boot)
            looking = asyncio.create_task(self._look())
            try:
                await self._start_what_is_due()
            finally:
                looking.cancel()
            await self._end()
        say("ended", unread=self._results.last - self._results.read)

    def _stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _look(self) -> None:
        while True:
            found = await asyncio.to_thread(self._entries.read)
            if found is not None:
                self._slots.replace(found, time.time())
                self._wake.set()
                self._longest_cleanup = max(
                    (entry.journey.cleanup_timeout for entry in found.values()), default=0.0
                )
                say("journeys", checks=len(found))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _start_what_is_due(self) -> None:
        while not self._stopping:
            self._wake.clear()
            for entry, slot in self._slots.due(time.time()):
                self._runs.start(entry, slot)
            following = self._slots.next()
            pause = _LOOK_SECONDS if following is None else min(_LOOK_SECONDS, following - time.time())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, pause))

    async def _end(self) -> None:
        """Runs under way finish, in time for the cleanup of those that do not; then results are read."""
        say("stopping", running=len(self._runs.running()))
        end = time.monotonic() + self._grace - _LEAVING_SECONDS
        self._runs.drop_waiting()
        if not await self._idle(until=end - self._longest_cleanup):
            self._runs.stop()
            await self._idle(until=end)
        until = min(end, time.monotonic() + _UNREAD_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await self._server.wait_until_read()

    async def _idle(self, *, until: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._runs.idle.wait(), max(0.0, until - time.monotonic()))
        return self._runs.idle.is_set()

    def _finished(self, text: str, one: RunThread, result: Result) -> None:
        self._results.add(text)
        if result.outcome != "success":
            say(
                "run",
                check=one.entry.check,
                slot=one.slot,
                outcome=result.outcome,
                step=result.step,
                reason=result.reason,
                message=result.message,
            )


def say(event: str, **about: object) -> None:
    """One line of the log."""
    line = {"timestamp": rfc3339(datetime.now(UTC)), "event": event, **about}
    print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201 - the log


def _refused(file: str, why: str) -> None:
    say("journey refused", file=file, why=why)


def _late(entry: Entry, slot: int) -> None:
    say("too late", check=entry.check, slot=slot)


def _overlapped(entry: Entry, slot: int) -> None:
    say("overlap", check=entry.check, slot=slot)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the prober; the exit code."""
    parser = argparse.ArgumentParser(prog="fireline prober", description="Runs checks of runner Prober.")
    parser.add_argument("--journeys", type=Path, required=True, help="directory with a file for each check")
    parser.add_argument("--secrets", type=Path, required=True, help="directory with values of secrets")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="where results are served")
    parser.add_argument("--host", action="append", default=[], help="addresses to listen at (default: all)")
    parser.add_argument("--grace", type=float, default=60.0, help="seconds from SIGTERM to SIGKILL")
    given = parser.parse_args(arguments)
    _prepare()
    try:
        asyncio.run(_run(given))
    except OSError as error:
        print(f"fireline prober: {error}", file=sys.stderr)  # noqa: T201 - the log
        return 1
    return 0


async def _run(given: argparse.Namespace) -> None:
    await Prober(given.journeys, given.secrets, grace=given.grace).run(given.host, given.port)


def _prepare() -> None:
    """Whatever the first run would have to wait for, and more open files than processes get by default."""
    from fireline.synthetic.engine.wire import dns, grpc_health, http, tcp, tls  # noqa: F401, PLC0415

    sys.setswitchinterval(_SWITCH_SECONDS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries log is not redacted


if __name__ == "__main__":
    sys.exit(main())
