"""All runs of a prober that are under way: at most one of each check, at most so many at a time.

On the main event loop; the runs themselves are in threads (:mod:`.prober_thread`).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import time as unix_time

from fireline.synthetic.engine.prober_entries import Entry
from fireline.synthetic.engine.prober_thread import RunThread
from fireline.synthetic.message import rfc3339, to_message
from fireline.synthetic.result import Result

MOST_AT_ONCE = 200
"""Each holds an answer of up to 1 MiB."""
_RESERVE_SECONDS = 10
_INSISTING_SECONDS = 1.0


class Runs:
    """``finished`` gets each run that is over, as JSON, and its result; ``overlapped`` each slot that was not
    run because the run before still goes on."""

    def __init__(
        self,
        secrets: Path,
        *,
        finished: Callable[[str, RunThread, Result], None],
        overlapped: Callable[[Entry, int], None],
        late: Callable[[Entry, int], None],
        most_at_once: int = MOST_AT_ONCE,
        reserve: float = _RESERVE_SECONDS,
    ) -> None:
        self._secrets = secrets
        self._finished = finished
        self._overlapped = overlapped
        self._late = late
        self._most_at_once = most_at_once
        self._reserve = reserve
        self._loop = asyncio.get_running_loop()
        self._active: dict[str, RunThread] = {}
        self._told: set[str] = set()
        self._watching: dict[str, asyncio.TimerHandle] = {}
        self._waiting: deque[tuple[Entry, int]] = deque()
        self._stopping = False
        self.idle = asyncio.Event()
        """Set while nothing runs."""
        self.idle.set()

    def start(self, entry: Entry, slot: int) -> None:
        """Runs a check, now or as soon as there is room."""
        if entry.uid in self._active or any(entry.uid == other.uid for other, _ in self._waiting):
            self._overlapped(entry, slot)
        elif len(self._active) >= self._most_at_once:
            self._waiting.append((entry, slot))
        else:
            self._begin(entry, slot)

    def running(self) -> list[str]:
        """Ids of runs that are under way, or wait for room."""
        waiting = [f"{entry.uid}/{slot}" for entry, slot in self._waiting]
        return waiting + [one.id for one in self._active.values() if one.id not in self._told]

    def drop_waiting(self) -> None:
        """Those that have not begun never will."""
        self._stopping = True
        self._waiting.clear()

    def stop(self) -> None:
        """All go to their cleanup."""
        for one in self._active.values():
            one.stop()

    def _begin(self, entry: Entry, slot: int) -> None:
        one = RunThread(entry, slot, self._secrets, ended=self._thread_ended)
        try:
            one.start()
        except RuntimeError:
            self._late(entry, slot)
            return
        self._active[entry.uid] = one
        self.idle.clear()
        self._watch(one, entry.longest + self._reserve)

    def _watch(self, one: RunThread, seconds: float) -> None:
        self._watching[one.id] = self._loop.call_later(seconds, self._insist, one)

    def _thread_ended(self, one: RunThread) -> None:
        self._loop.call_soon_threadsafe(self._ended, one)

    def _ended(self, one: RunThread) -> None:
        if self._active.get(one.entry.uid) is not one:
            return
        del self._active[one.entry.uid]
        self._watching.pop(one.id).cancel()
        if one.id in self._told:
            self._told.discard(one.id)
        else:
            self._tell(one, one.result or _stuck(one))
        self._go_on()
        if not self._active:
            self.idle.set()

    def _go_on(self) -> None:
        now = unix_time()
        while self._waiting and len(self._active) < self._most_at_once and not self._stopping:
            entry, slot = self._waiting.popleft()
            if slot < now - entry.timing.starting_deadline:
                self._late(entry, slot)
            else:
                self._begin(entry, slot)

    def _insist(self, one: RunThread) -> None:
        """A run that is not over by now never waits for anything: it is told, and broken off."""
        if not one.alive:
            self._ended(one)
            return
        if one.id not in self._told:
            self._told.add(one.id)
            self._tell(one, one.result or _stuck(one))
        one.break_off()
        self._watch(one, one.entry.journey.cleanup_timeout + _INSISTING_SECONDS)

    def _tell(self, one: RunThread, result: Result) -> None:
        head = {
            "id": one.id,
            "slot": one.slot,
            "startedAt": rfc3339(one.started_at),
            "endedAt": rfc3339(one.ended_at or datetime.now(UTC)),
        }
        written = json.dumps(head, separators=(",", ":"))[:-1]
        self._finished(f'{written},"result":{to_message(result)}}}', one, result)


def _stuck(one: RunThread) -> Result:
    words = (
        "the prober computed for so long that the run was broken off; look for a jsonPath with .. or filters"
    )
    return Result("infra", reason="EngineStalled", message=words, started_at=one.started_at)
