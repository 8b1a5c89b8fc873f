"""Finished runs, kept until the operator has read them: a ring, bounded by time and by bytes.

What falls out unread is counted by the operator as never measured.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

KEPT_SECONDS = 30 * 60
MOST_BYTES = 40 * 1024 * 1024
"""Half an hour of 500 runs a minute that all fail with a whole page of evidence; others are far smaller."""
PAGE_BYTES = 512 * 1024
_BOOT_BYTES = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    at: float
    text: str


class Results:
    """Numbers runs from 1 on. ``boot`` tells this process from the one before, which numbered others.

    ``clock`` gives seconds that never jump.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        kept_seconds: float = KEPT_SECONDS,
        most_bytes: int = MOST_BYTES,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self.boot = os.urandom(_BOOT_BYTES).hex()
        self.last = 0
        """Number of the newest run."""
        self.read = 0
        """Up to this one the operator has them: it asks for what comes after."""
        self._clock = clock
        self._kept_seconds = kept_seconds
        self._most_bytes = most_bytes
        self._page_bytes = page_bytes
        self._kept: deque[_Kept] = deque()
        self._bytes = 0

    def add(self, text: str) -> None:
        """Keeps a run, as JSON."""
        self.last += 1
        now = self._clock()
        self._kept.append(_Kept(self.last, now, text))
        self._bytes += len(text)
        while self._kept and (self._bytes > self._most_bytes or self._kept[0].at < now - self._kept_seconds):
            self._bytes -= len(self._kept.popleft().text)

    def page(self, *, boot: str, after: int, about: Mapping[str, object]) -> str:
        """Runs after a number, the oldest first, as a JSON document; those of another boot start anew.

        ``last`` is the number to ask with next, ``more`` whether there are more already. ``about`` is told
        beside the runs.
        """
        after = min(max(0, after), self.last) if boot == self.boot else 0
        self.read = max(self.read, after)
        first = self._kept[0].number if self._kept else self.last + 1
        texts: list[str] = []
        size, last = 0, max(after, first - 1)
        for kept in islice(self._kept, max(0, after + 1 - first), None):
            if texts and size + len(kept.text) > self._page_bytes:
                break
            texts.append(kept.text)
            size += len(kept.text)
            last = kept.number
        told = {"v": 1, "boot": self.boot, "last": last, "more": last < self.last, **about}
        return f'{json.dumps(told, separators=(",", ":"))[:-1]},"runs":[{",".join(texts)}]}}'
