"""Matchers of routes and inhibition: which label sets they fit.

A label that is missing is empty, and a regular expression fits the whole value. RE2 is the engine, as in
Alertmanager: same syntax, and no expression of a tenant can make it run for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from fireline.alerting.simulate.matcher_text import triples
from fireline.errors import SpecError

Labels = Mapping[str, str]
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_RESERVED = frozenset("{}!=~,\\\"'`")
_SORT = {"=": 0, "!=": 1, "=~": 2, "!~": 3}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. ``operator`` is =, !=, =~ or !~."""

    name: str
    operator: str
    value: str

    def fits(self, labels: Labels) -> bool:
        """Whether a label set fulfils it."""
        value = labels.get(self.name, "")
        if self.operator in {"=", "!="}:
            return (value == self.value) == (self.operator == "=")
        found = compiled(self.value).search(value) is not None
        return found == (self.operator == "=~")

    def __str__(self) -> str:
        special = any(letter in _RESERVED or letter.isspace() for letter in self.name)
        name = f'"{_escaped(self.name)}"' if special else self.name
        return f'{name}{self.operator}"{_escaped(self.value)}"'


def parse_matchers(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """The matchers of a route, each text holding one or more, sorted as Alertmanager shows them.

    Raises SpecError for a text that Alertmanager refuses.
    """
    found = [Matcher(*triple) for text in texts for triple in triples(str(text))]
    for matcher in found:
        if matcher.operator in {"=~", "!~"}:
            compiled(matcher.value)
    return in_order(found)


def in_order(found: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """By name, value and operator."""
    return tuple(sorted(found, key=lambda one: (one.name.encode(), one.value.encode(), _SORT[one.operator])))


def fit(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether a label set fulfils all of them; none at all fit every set."""
    return all(matcher.fits(labels) for matcher in matchers)


def shown(matchers: Iterable[Matcher]) -> str:
    """``{severity="critical",team="shop"}``, as in the keys of notification groups."""
    return "{" + ",".join(str(matcher) for matcher in matchers) + "}"


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """An expression that fits whole values. Raises SpecError when RE2 does not take it."""
    try:
        return re2.compile(f"^(?:{pattern})$", _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "not valid"
        raise SpecError(f"{pattern!r} is no regular expression that Alertmanager knows: {reason}") from None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
