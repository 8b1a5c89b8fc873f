"""Replaces ``${name}`` in the texts of a step: plain replacement, nothing is ever evaluated.

Used by the checks of a spec (which names are there?) and by the engine (put the values in). What was put
in is not looked at again, so that a value of the target's can name no variable. ``$${`` writes ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fireline.errors import FirelineError

BUILTIN = ("run.id", "run.check", "run.location", "run.startedAt")
"""Variables that every run has."""

_MARK = re.compile(r"\$\$\{|\$\{(?:([A-Za-z][A-Za-z0-9_.]*)\})?")


class UndefinedVariable(FirelineError):
    """A text names a variable that has no value (``name``), or begins one without an end (``name`` is "")."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"${{{name}}} has no value"
            if name
            else "${ begins the name of a variable that does not end; write ${name}, or $${ for the text ${"
        )
        self.name = name


def names(text: str) -> Iterator[str]:
    """The variables a text names, "" where a name has no end."""
    for mark in _MARK.finditer(text):
        if mark.group() != "$${":
            yield mark.group(1) or ""


def names_in(value: Any) -> Iterator[str]:
    """The variables named by any text inside a JSON value; keys are not replaced."""
    if isinstance(value, str):
        yield from names(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from names_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from names_in(inner)


def replaced(text: str, values: Mapping[str, str]) -> str:
    """The text with values in place of names. Raises UndefinedVariable."""
    if "${" not in text:
        return text
    return _MARK.sub(lambda mark: _value(mark, values), text)


def replaced_in(value: Any, values: Mapping[str, str]) -> Any:
    """The JSON value with values in place of names in every text; keys, numbers and the rest as they are."""
    if isinstance(value, str):
        return replaced(value, values)
    if isinstance(value, Mapping):
        return {key: replaced_in(inner, values) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [replaced_in(inner, values) for inner in value]
    return value


def _value(mark: re.Match[str], values: Mapping[str, str]) -> str:
    if mark.group() == "$${":
        return "${"
    name = mark.group(1) or ""
    if name not in values:
        raise UndefinedVariable(name)
    return values[name]
