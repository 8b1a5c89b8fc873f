"""Runs of probers until they are counted. Part of :mod:`fireline.refresh.probers`.

A run is kept until the status as written accounts for its slot: whatever is lost on the way to there, a
conflict, a crash of a worker, is presented again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Key
from fireline.refresh.prober_pages import Told
from fireline.synthetic.mending import sound
from fireline.synthetic.runs import Run

MOST_KEPT = 400
"""Uncounted runs of one check: half an hour at 5 seconds."""


@dataclass(slots=True)
class _Book:
    """Runs of one check by slot."""

    uid: str
    verdict: object
    """What the last known run came to; news go at once when the next one differs."""
    runs: dict[int, Told] = field(default_factory=dict)
    urgent: bool = False
    told_at: float = float("-inf")


class ProberBooks:
    """``status`` gives the status of a check as it was written last; ``write_every``: seconds between two
    writes of one check, unless its outcome changes."""

    def __init__(self, status: Callable[[Key], Mapping[str, Any]], *, write_every: float) -> None:
        self._status = status
        self._write_every = write_every
        self._books: dict[Key, _Book] = {}

    def of(self, key: Key, uid: str) -> list[Run]:
        """What is kept of one check."""
        book = self._books.get(key)
        return [told.run for told in book.runs.values()] if book is not None and book.uid == uid else []

    def size(self, keys: Collection[Key]) -> int:
        """Bytes of texts that are kept for these checks."""
        return sum(
            told.size for key, book in self._books.items() if key in keys for told in book.runs.values()
        )

    def forget_all_but(self, uids: Collection[str]) -> None:
        """Checks that are gone."""
        self._books = {key: book for key, book in self._books.items() if book.uid in uids}

    def keep(self, key: Key, told: Told) -> None:
        """Takes a run, unless it is counted already."""
        status = self._status(key)
        if told.slot <= _through(status):
            return
        book = self._books.get(key)
        if book is None or book.uid != told.uid:
            book = self._books[key] = _Book(told.uid, _last_verdict(status))
        if told.slot in book.runs:
            return
        verdict = (str(told.run.outcome), told.run.degraded)
        book.urgent |= verdict != book.verdict
        book.verdict = verdict
        book.runs[told.slot] = told
        if len(book.runs) > MOST_KEPT:
            del book.runs[min(book.runs)]

    def news(self, now: float) -> Iterable[Key]:
        """Checks with runs to count: at once after another outcome, otherwise now and then. ``now``: seconds
        that never jump."""
        found = []
        for key, book in self._books.items():
            through = _through(self._status(key))
            book.runs = {slot: told for slot, told in book.runs.items() if slot > through}
            if book.runs and (book.urgent or now >= book.told_at + self._write_every):
                book.urgent, book.told_at = False, now
                found.append(key)
        return found


def _through(status: Mapping[str, Any]) -> float:
    """All slots up to this one are counted. What somebody else wrote there must not stop all probers."""
    through = sound(status.get("ledger", {})).get("through")
    return parse_timestamp(through).timestamp() if through else float("-inf")


def _last_verdict(status: Mapping[str, Any]) -> object:
    """What the last counted run came to; None when there is none."""
    last = status.get("lastRun")
    return (last["outcome"], last.get("degraded", False)) if last else None
