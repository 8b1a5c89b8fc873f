"""What is wrong with an object, in words for its author. Shared by the operator's conditions and the CLI.

:func:`explain` turns pydantic's errors into the same form, so that a message names the path, what
was found, what is allowed and an example, whichever layer noticed.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

Location = tuple[str | int, ...]
INVALID_SPEC = "InvalidSpec"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to fix. ``reason`` is a CamelCase word for conditions; ``at`` leads to the field.

    A ``note`` is worth knowing but refuses nothing.
    """

    reason: str
    at: Location
    message: str
    note: bool = False

    @property
    def path(self) -> str:
        """The field as people write it: ``spec.alerting.budget[0].consumed``."""
        return dotted(self.at)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.at else self.message


def dotted(at: Location) -> str:
    """A location as text; keys that are no plain words stand in brackets."""
    text = ""
    for part in at:
        if isinstance(part, int):
            text += f"[{part}]"
        elif set(part) <= _PLAIN:
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def source_is_known(source: str, known: Collection[str] | None) -> Iterator[Issue]:
    """``UnknownSource``, when ``spec.prometheus`` is none of the operator's settings; None: not known."""
    if known is not None and source not in known:
        there = ", ".join(sorted(known)) or "none"
        words = f"{source!r} is no source of this operator; known: {there}"
        yield Issue("UnknownSource", ("spec", "prometheus"), words)


def explain(error: ValidationError, schema: Mapping[str, Any]) -> list[Issue]:
    """Pydantic's errors as issues, in the order of the document.

    ``schema`` is the structural schema the object was checked against: it knows which fields there
    would have been.
    """
    return [
        Issue(INVALID_SPEC, tuple(entry["loc"]), _words(entry, schema))
        for entry in error.errors(include_url=False)
    ]


def _words(entry: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    at, found, context = entry["loc"], _shown(entry["input"]), entry.get("ctx", {})
    match entry["type"]:
        case "missing":
            words = f"is missing. {_node(schema, at).get('description', '')}".rstrip()
        case "extra_forbidden":
            words = _unknown_field(str(at[-1]), sorted(_node(schema, at[:-1]).get("properties", {})))
        case "string_type":
            words = f"must be text, found {found}{_quoted(entry['input'])}"
        case "literal_error":
            words = f"{found} is not allowed; write {context['expected'].replace(chr(39), '')}"
        case "int_type":
            words = f"must be a whole number without quotes, found {found}"
        case "bool_type":
            words = f"must be true or false, found {found}"
        case "model_type" | "dict_type" | "model_attributes_type":
            words = f"must be a mapping, found {found}"
        case "list_type":
            words = f"must be a list, found {found}"
        case "too_long":
            words = f"has {context['actual_length']} entries, at most {context['max_length']} are allowed"
        case "too_short":
            words = f"has {context['actual_length']} entries, at least {context['min_length']} are needed"
        case _:
            words = str(entry["msg"])
    return words


def _unknown_field(name: str, allowed: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, allowed, n=1)
    listed = f"allowed here: {', '.join(allowed)}"
    return f"unknown field, did you mean {close[0]}? ({listed})" if close else f"unknown field; {listed}"


def _node(schema: Mapping[str, Any], at: Sequence[str | int]) -> Mapping[str, Any]:
    for part in at:
        if isinstance(part, int):
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(part) or schema.get("additionalProperties", {})
    return schema


def _quoted(found: object) -> str:
    plain = isinstance(found, int | float | date) and not isinstance(found, bool)
    return f'; put it in quotes: "{found}"' if plain else ""


def _shown(found: object) -> str:
    """What was found, as its author would name it."""
    if isinstance(found, str):
        return repr(found) if len(found) <= _SHOWN else f"{found[:_SHOWN]!r}…"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, int | float):
        return f"the number {found}"
    names: dict[type, str] = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(found), f"a {type(found).__name__}")
