"""How prometheus-operator writes YAML: which fields it knows, in which order, and what it leaves out.

It reads the base configuration into structures of its own and writes them again, so a field that it does
not know stops everything, and an empty one disappears. :mod:`.layout` describes those structures with
what is defined here; both the base and what becomes of AlertmanagerConfigs go through them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fireline.alerting.effective.durations import canonical


class Kind(Protocol):
    """One sort of field. ``written`` gives the value as it is written, OMITTED when it is not."""

    def written(self, value: Any) -> Any:
        """The value as prometheus-operator writes it, or OMITTED."""

    def unknown(self, value: Any, at: str) -> Iterator[str]:
        """Paths of fields inside the value that prometheus-operator does not know."""


class _Omitted:
    def __repr__(self) -> str:
        return "OMITTED"


OMITTED = _Omitted()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value without fields of its own. ``pointer``: written whenever it is there, even if empty.

    ``always``: written even when it is not there, as this.
    """

    pointer: bool = False
    always: Any = OMITTED

    def written(self, value: Any) -> Any:
        """An empty text, number, list or mapping is left out, unless it is a pointer. Mappings are sorted."""
        if value is None:
            return self.always
        if isinstance(value, dict):
            value = dict(sorted(value.items()))
        return value if self.pointer or value or self.always is not OMITTED else OMITTED

    def unknown(self, value: Any, at: str) -> Iterator[str]:  # noqa: ARG002 - it has no fields
        """Nothing: it has no fields."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Length(Leaf):
    """A length of time that is parsed and printed again: ``300s`` becomes ``5m``."""

    def written(self, value: Any) -> Any:
        """The canonical text."""
        return Leaf.written(self, None if value is None else canonical(str(value)))


@dataclass(frozen=True, slots=True)
class Part:
    """A structure. ``inline``: held by value, so it is left out when it is empty."""

    fields: Mapping[str, Kind]
    inline: bool = False

    def written(self, value: Any) -> Any:
        """Its known fields, in order."""
        if not isinstance(value, dict):
            return OMITTED
        done: dict[str, Any] = {}
        for name, kind in self.fields.items():
            given = kind.written(value.get(name))
            if given is not OMITTED:
                done[name] = given
        return OMITTED if self.inline and not done else done

    def unknown(self, value: Any, at: str) -> Iterator[str]:
        """Its own unknown fields and those below."""
        if not isinstance(value, dict):
            return
        for name, inside in value.items():
            here = f"{at}.{name}" if at else str(name)
            kind = self.fields.get(name)
            if kind is None:
                yield here
            else:
                yield from kind.unknown(inside, here)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of structures."""

    part: Part

    def written(self, value: Any) -> Any:
        """Each of them; an empty list is left out."""
        if not isinstance(value, list) or not value:
            return OMITTED
        return [self.part.written(one) for one in value]

    def unknown(self, value: Any, at: str) -> Iterator[str]:
        """Unknown fields of each."""
        for number, one in enumerate(value if isinstance(value, list) else ()):
            yield from self.part.unknown(one, f"{at}[{number}]")


@dataclass(slots=True)
class Tree:
    """A structure that contains itself, such as a route; ``fields`` are given after it exists."""

    fields: dict[str, Kind] = field(default_factory=dict)

    def written(self, value: Any) -> Any:
        """As the structure does."""
        return Part(self.fields).written(value)

    def unknown(self, value: Any, at: str) -> Iterator[str]:
        """As the structure does."""
        return Part(self.fields).unknown(value, at)


PLAIN = Leaf()
POINTER = Leaf(pointer=True)
LENGTH = Length(pointer=True)


def plain(*names: str) -> dict[str, Kind]:
    """Fields that are left out when they are empty."""
    return dict.fromkeys(names, PLAIN)
