"""A document being imported: which of its fields were taken, and what became of the others.

A converter reads through :class:`Field`. Whatever it takes is carried over; whatever it neither takes
nor reports is reported by :meth:`Source.finish`. So "every field is carried or listed" holds by
construction, for fields of versions yet to come as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from fireline.api.issues import Location, dotted
from fireline.cli.inputs import Document

Effect = Literal["Lost", "Changed", "Note"]
"""``Lost``: not in the output. ``Changed``: there, with another meaning. ``Note``: good to know, no loss."""

_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Loss:
    """One field that is not carried over as it was. ``why`` and ``advice`` are sentences for its author."""

    document: Document
    at: Location
    effect: Effect
    what: str
    why: str
    advice: str

    @property
    def path(self) -> str:
        """The field as people write it: ``slos[0].sli.plugin``."""
        return dotted(self.at)

    @property
    def line(self) -> int:
        """Where it stands in its file, from 1."""
        return self.document.line(self.at)


class LeftOut(Exception):
    """Nothing usable remains of an objective; ``field`` is where that shows."""

    def __init__(self, field: Field, why: str, advice: str) -> None:
        super().__init__(why)
        self.field, self.why, self.advice = field, why, advice


class Source:
    """One document, what was taken from it, and what is to be said about the rest."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.losses: list[Loss] = []
        self.taken: set[Location] = set()

    @property
    def root(self) -> Field:
        """The whole document."""
        return Field(self, (), self.document.manifest)

    def finish(self) -> list[Loss]:
        """All losses in the order of the document, fields that nobody took included."""
        for at in list(_untaken((), self.document.manifest, self._touched(), self.taken)):
            self.root.get(*at).lost(
                "no field of this name is read here",
                "check the spelling, or carry its meaning over by hand",
            )
        unique = {(loss.at, loss.effect, loss.why): loss for loss in self.losses}
        return sorted(unique.values(), key=lambda loss: (loss.line, loss.path))

    def _touched(self) -> set[Location]:
        """Every location above a taken one."""
        return {at[:length] for at in self.taken for length in range(len(at))}


def _untaken(at: Location, value: Any, touched: set[Location], taken: set[Location]) -> Iterator[Location]:
    """The topmost locations of which nothing was taken."""
    if at in taken or value is None or value in ({}, []):
        return
    if at not in touched:
        yield at
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _untaken((*at, key), below, touched, taken)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _untaken((*at, number), below, touched, taken)


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a document with its value, None where there is nothing."""

    source: Source
    at: Location
    value: Any

    def get(self, *path: str | int) -> Field:
        """The field below; an empty one where there is none."""
        value, at = self.value, self.at
        for part in path:
            inside = (isinstance(value, dict) and part in value) or (
                isinstance(value, list) and isinstance(part, int) and part < len(value)
            )
            value, at = (value[part] if inside else None), (*at, part)
        return Field(self.source, at, value)

    @property
    def present(self) -> bool:
        """Whether there is anything; ``null`` is nothing."""
        return self.value is not None

    def entries(self) -> list[Field]:
        """The entries of a list; none, and a loss, where it is something else."""
        if isinstance(self.value, list):
            return [self.get(number) for number in range(len(self.value))]
        if self.present:
            self.lost("should be a list", "write it as a list")
        return []

    def pairs(self) -> list[tuple[str, Field]]:
        """The entries of a mapping; none, and a loss, where it is something else."""
        if isinstance(self.value, dict):
            return [(str(key), self.get(key)) for key in self.value]
        if self.present:
            self.lost("should be a mapping", "write it as a mapping")
        return []

    def take(self) -> Any:
        """The value; the field and all below it counts as carried over."""
        self.source.taken.add(self.at)
        return self.value

    def text(self) -> str | None:
        """The value as text, taken. Numbers are written out; anything else is a loss."""
        if isinstance(self.value, str | int | float) and not isinstance(self.value, bool):
            return str(self.take())
        if isinstance(self.value, bool):
            return str(self.take()).lower()
        if self.present:
            self.lost("should be text", "write it as text, in quotes")
        return None

    def flag(self, default: bool) -> bool:
        """The value as true or false, taken; ``default`` where there is none."""
        if isinstance(self.value, bool):
            return bool(self.take())
        if self.present:
            self.lost("should be true or false", f"taken as {str(default).lower()}")
        return default

    def number(self) -> Decimal | None:
        """The value as a decimal number, taken; anything else is a loss."""
        if isinstance(self.value, str | int | float) and not isinstance(self.value, bool):
            try:
                found = Decimal(str(self.value).strip())
            except InvalidOperation:
                found = Decimal("NaN")
            if found.is_finite():
                self.take()
                return found
        if self.present:
            self.lost("should be a number", "write it as a decimal number")
        return None

    def drop(self, why: str, advice: str) -> None:
        """:meth:`lost`, if there is anything."""
        if self.present:
            self.lost(why, advice)

    def lost(self, why: str, advice: str) -> None:
        """Say that the field, and all below it, is not in the output."""
        self._say("Lost", why, advice)

    def changed(self, why: str, advice: str) -> None:
        """Say that the field is in the output, with another meaning."""
        self._say("Changed", why, advice)

    def note(self, why: str, advice: str) -> None:
        """Say what is good to know about a field that is carried over elsewhere."""
        self._say("Note", why, advice)

    def _say(self, effect: Effect, why: str, advice: str) -> None:
        if effect != "Note":
            self.take()
        document = self.source.document
        self.source.losses.append(Loss(document, self.at, effect, _shown(self.value), why, advice))


def _shown(value: Any) -> str:
    """A value in one line, as far as it helps to recognise it."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    squeezed = " ".join(text.split()) if value is not None else ""
    return squeezed if len(squeezed) <= _SHOWN else f"{squeezed[: _SHOWN - 1]}…"
