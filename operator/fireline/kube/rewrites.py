"""Paces rewrites that only a new renderer version asks for, so that an upgrade is no storm.

A new operator version may render other bytes for an unchanged spec. Such rewrites run at no more than
a few a second, aggregates after everything else; whatever a user changed goes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from fireline.api import labels
from fireline.api.plan import Key, Manifest, SeenChild

PER_SECOND = 5.0


class Rewrites:
    """Decides when a child may be written. ``clock`` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], *, aggregates: Collection[str]) -> None:
        self._clock = clock
        self._aggregates = frozenset(aggregates)
        self._next = float("-inf")
        self._slots: dict[Key, float] = {}

    def wait(
        self, key: Key, seen: SeenChild | None, wanted: Manifest, parent: Manifest | None
    ) -> float | None:
        """None to write now, or the seconds after which to come back. An aggregate has no parent.

        A postponed key keeps its place: each key is given its own moment, one fifth of a second apart.
        """
        if seen is None or not renderer_only(seen, wanted, parent):
            self.forget(key)
            return None
        now = self._clock()
        if key not in self._slots:
            self._next = max(now, self._next + 1 / PER_SECOND)
            self._slots[key] = self._next
        if key.kind in self._aggregates and any(k.kind not in self._aggregates for k in self._slots):
            return max(1 / PER_SECOND, self._next - now)
        due = self._slots[key]
        if due > now:
            return due - now
        del self._slots[key]
        return None

    def forget(self, key: Key) -> None:
        """The key needs no rewrite any more and gives up its place."""
        self._slots.pop(key, None)


def renderer_only(seen: SeenChild, wanted: Manifest, parent: Manifest | None) -> bool:
    """The child was written by another renderer, and for the very spec that the parent has now.

    The spec's hash cannot tell: it is one of the rendered bytes, which another renderer renders anew.
    """
    annotations = wanted["metadata"].get("annotations", {})
    before, after = seen.annotations.get(labels.RENDERER), annotations.get(labels.RENDERER)
    if before is None or before == after:
        return False
    if parent is None:
        return True
    observed = parent.get("status", {}).get("observedGeneration")
    return bool(observed == parent["metadata"].get("generation"))
