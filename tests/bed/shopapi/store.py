"""What was created in the shop and is still there, in memory.

Everything carries who owns it and which run made it: a check finds by that what an earlier run left,
and a test counts it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KINDS = ("events", "orders", "posts", "media", "devices")
MOST = 10_000
"""Objects of one kind; a demo that nobody sweeps must not fill the memory of its computer."""
CLOSED_SECONDS = 3600.0


class FullError(Exception):
    """There are too many objects of this kind; sweep first."""


@dataclass(slots=True)
class Thing:
    """One created object. ``name``: what people call it, and what ``prefix`` searches.

    ``closed``: it is still there but no longer counts as left, such as a cancelled order.
    """

    id: str
    kind: str
    owner: str
    run: str
    name: str
    created: float
    detail: dict[str, Any] = field(default_factory=dict)
    content: bytes = b""
    closed: bool = False

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        at = datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds")
        who = {"id": self.id, "owner": self.owner, "run": self.run}
        return {**who, "createdAt": at.replace("+00:00", "Z"), **self.detail}


class Store:
    """Objects by kind and id, in the order of their creation. ``clock``: seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._things: dict[str, dict[str, Thing]] = {kind: {} for kind in KINDS}
        self._repeats: dict[tuple[str, str], str] = {}

    def create(self, kind: str, *, owner: str, run: str, name: str, key: str = "", **detail: Any) -> Thing:
        """A new object; one that was made with the same ``key`` before is given back instead.

        Raises FullError.
        """
        things = self._things[kind]
        if key and (before := things.get(self._repeats.get((kind, key), ""))):
            return before
        self._forget_closed(kind)
        if len(things) >= MOST:
            raise FullError(f"{kind}: {MOST} of them are there, delete some first")
        thing = Thing(secrets.token_hex(8), kind, owner, run, name, self._clock(), dict(detail))
        things[thing.id] = thing
        if key:
            self._repeats[kind, key] = thing.id
        return thing

    def get(self, kind: str, name: str) -> Thing | None:
        """The object with this id."""
        return self._things[kind].get(name)

    def find(
        self, kind: str, *, owner: str = "", run: str = "", prefix: str = "", older: float = 0.0
    ) -> list[Thing]:
        """Objects that are not closed, oldest first. ``older``: created at least so many seconds ago."""
        until = self._clock() - older
        return [
            thing
            for thing in self._things[kind].values()
            if not thing.closed
            and owner in ("", thing.owner)
            and run in ("", thing.run)
            and thing.name.startswith(prefix)
            and thing.created <= until
        ]

    def delete(self, thing: Thing) -> None:
        """Remove an object; one that is gone already stays so."""
        self._things[thing.kind].pop(thing.id, None)
        self._repeats = {key: made for key, made in self._repeats.items() if made != thing.id}

    def left(self) -> dict[str, int]:
        """How many objects of each kind were not taken away."""
        return {kind: len(self.find(kind)) for kind in KINDS}

    def age(self, seconds: float) -> None:
        """Make everything older, so that nobody has to wait until it is."""
        for things in self._things.values():
            for thing in things.values():
                thing.created -= seconds

    def clear(self) -> None:
        """Forget everything."""
        for things in self._things.values():
            things.clear()
        self._repeats.clear()

    def _forget_closed(self, kind: str) -> None:
        until = self._clock() - CLOSED_SECONDS
        for thing in [one for one in self._things[kind].values() if one.closed and one.created < until]:
            self.delete(thing)
