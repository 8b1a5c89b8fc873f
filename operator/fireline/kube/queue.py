"""The work queue between caches and workers, with the semantics controller authors know.

A key is in the queue at most once; a key that is being worked on is handed out again only after
``done``; failures come back with exponential backoff. Keys added by a change go before keys added by
a resync, and an aggregate's after those of its namespace: what its members' children declare is whole
again by then, so one plan covers a burst, and a member's rule deleted by hand takes nothing with it.
Time is the running loop's, so tests use a loop with a virtual clock.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Collection

from fireline.api.plan import Key

BASE_DELAY = 0.005
MAX_DELAY = 300.0
HOLD_SECONDS = 5.0
"""An aggregate waits no longer than this for a namespace in which there is always something to do."""


class WorkQueue:
    """Deduplicating queue of keys. All methods run on one event loop and none blocks but ``get``.

    ``aggregates``: kinds of keys that wait for the other keys of their namespace.
    """

    def __init__(self, *, aggregates: Collection[str] = (), jitter: random.Random | None = None) -> None:
        self._aggregates = frozenset(aggregates)
        self._members: Counter[str] = Counter()
        self._held: dict[Key, asyncio.TimerHandle] = {}
        self._overdue: set[Key] = set()
        self._fresh: deque[Key] = deque()
        self._resync: deque[Key] = deque()
        self._waiting: dict[Key, bool] = {}
        self._active: dict[Key, float] = {}
        self._again: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._wanted: deque[asyncio.Future[None]] = deque()
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads load, hides nothing
        self._closed = False
        self.adds = 0
        self.retries = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: Key, *, resync: bool = False) -> None:
        """Ask for a key to be worked on. Ignored after ``close``."""
        if self._closed:
            return
        if key in self._active:
            self._again.add(key)
            return
        known = self._waiting.get(key)
        if known is None:
            self.adds += 1
            self._members[key.namespace] += key.kind not in self._aggregates
        elif resync or not known:
            return
        self._waiting[key] = resync
        (self._resync if resync else self._fresh).append(key)
        self._wake()

    def add_after(self, key: Key, seconds: float) -> None:
        """Ask for a key later. The earlier of two requests counts; any hand-out cancels it."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._ring, key)

    def retry(self, key: Key) -> float:
        """Ask for a failed key again after its backoff; returns the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay: float = min(MAX_DELAY, BASE_DELAY * 2 ** min(failures, 32))
        delay *= 0.75 + 0.5 * self._jitter.random()
        self.retries += 1
        self.add_after(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """The key did well: its next failure starts the backoff anew."""
        self._failures.pop(key, None)

    async def get(self) -> Key | None:
        """The next key, or None once the queue is closed. Every key handed out must meet ``done``."""
        while not self._closed:
            key = self._next()
            if key is not None:
                return key
            ready = asyncio.get_running_loop().create_future()
            self._wanted.append(ready)
            try:
                await ready
            except asyncio.CancelledError:
                if ready.done() and not ready.cancelled():
                    self._wake()
                raise
        return None

    def done(self, key: Key) -> None:
        """The work on a key has ended, well or not."""
        del self._active[key]
        if key in self._again:
            self._again.remove(key)
            self.add(key)
        if key.kind not in self._aggregates:
            self._leave(key.namespace)

    def close(self) -> None:
        """Hand out no more keys; those in hand may still be finished."""
        self._closed = True
        for timer in (*self._timers.values(), *self._held.values()):
            timer.cancel()
        self._timers.clear()
        self._held.clear()
        while self._wanted:
            ready = self._wanted.popleft()
            if not ready.done():
                ready.set_result(None)

    def longest_running_seconds(self) -> float:
        """Age of the oldest work in hand."""
        if not self._active:
            return 0.0
        return asyncio.get_running_loop().time() - min(self._active.values())

    def _next(self) -> Key | None:
        for line, resync in ((self._fresh, False), (self._resync, True)):
            while line:
                key = line.popleft()
                if self._waiting.get(key) is resync and not self._hold(key):
                    return self._take(key)
        return None

    def _take(self, key: Key) -> Key:
        del self._waiting[key]
        self._overdue.discard(key)
        for timers in (self._timers, self._held):
            timer = timers.pop(key, None)
            if timer is not None:
                timer.cancel()
        self._active[key] = asyncio.get_running_loop().time()
        return key

    def _ring(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _hold(self, key: Key) -> bool:
        """Whether an aggregate must still wait for its members; its time to wait then runs."""
        if key.kind not in self._aggregates or key in self._overdue or not self._members[key.namespace]:
            return False
        if key not in self._held:
            self._held[key] = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._held_long, key)
        return True

    def _held_long(self, key: Key) -> None:
        self._overdue.add(key)
        self._let_go(key)

    def _let_go(self, key: Key) -> None:
        self._held.pop(key).cancel()
        resync = self._waiting[key]
        (self._resync if resync else self._fresh).append(key)
        self._wake()

    def _leave(self, namespace: str) -> None:
        """A member's key is done; with the last one the aggregates' turn has come."""
        self._members[namespace] -= 1
        if not self._members[namespace]:
            del self._members[namespace]
            for key in [key for key in self._held if key.namespace == namespace]:
                self._let_go(key)

    def _wake(self) -> None:
        while self._wanted:
            ready = self._wanted.popleft()
            if not ready.done():
                ready.set_result(None)
                return
