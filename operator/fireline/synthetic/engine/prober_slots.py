"""When each check of a prober is due: at fixed times of the day, so that nothing drifts.

A slot is handed out once, also when the clock is set back; one that is noticed too late is left out, and
counted by the operator as never measured.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping

from fireline.synthetic.engine.prober_entries import Entry
from fireline.synthetic.schedule import DAY

_YEARS = 9 * 366 * DAY


class Slots:
    """The next slot of each entry. ``late`` is told of slots that were left out. Times are Unix seconds."""

    def __init__(self, *, late: Callable[[Entry, int], None]) -> None:
        self._late = late
        self.version = 0
        """Another number whenever :attr:`since` changes."""
        self.since: dict[str, int] = {}
        """From when on each entry is run: its slots after that time."""
        self._entries: dict[str, Entry] = {}
        self._next: dict[str, int] = {}
        self._handed_out: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def replace(self, entries: Mapping[str, Entry], now: float) -> None:
        """Takes over what is to run; a check whose schedule is the same keeps its next slot."""
        before, self._entries = self._entries, dict(entries)
        if before.keys() != entries.keys():
            self.version += 1
            self.since = {uid: self.since.get(uid, int(now)) for uid in entries}
        for uid in before.keys() - entries.keys():
            self._next.pop(uid, None)
            self._handed_out.pop(uid, None)
        for uid, entry in entries.items():
            known = before.get(uid)
            if known is None or known.timing.text != entry.timing.text:
                self._plan(entry, max(now, self._handed_out.get(uid, 0)))

    def due(self, now: float) -> Iterator[tuple[Entry, int]]:
        """Entries whose slot has come, with the slot."""
        while self._heap and self._heap[0][0] <= now:
            slot, uid = heapq.heappop(self._heap)
            if self._next.get(uid) != slot:
                continue  # of a check that went, or of its schedule before
            entry = self._entries[uid]
            self._handed_out[uid] = slot
            latest = now - entry.timing.starting_deadline
            self._plan(entry, max(slot, latest))
            if slot < latest:
                self._late(entry, slot)
            else:
                yield entry, slot

    def next(self) -> int | None:
        """The next slot of all; None when there is nothing to run."""
        return self._heap[0][0] if self._heap else None

    def _plan(self, entry: Entry, after: float) -> None:
        slot = entry.timing.first(after, after + _YEARS)
        if slot is None:
            self._next.pop(entry.uid, None)
            return
        self._next[entry.uid] = slot
        heapq.heappush(self._heap, (slot, entry.uid))
