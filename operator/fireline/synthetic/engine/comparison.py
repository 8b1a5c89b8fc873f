"""Compares what was found with what is asserted: a place in JSON, a header or a whole body.

Regular expressions are RE2: their time is linear in the text, whatever the target sends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from fireline.synthetic import fields
from fireline.synthetic.fields import Malformed
from fireline.synthetic.template import names_in, replaced_in
from fireline.synthetic.text import readable

Operator = Literal["exists", "equals", "matches", "contains"]

_OPERATORS = ("exists", "equals", "matches", "contains")

Tell = Callable[[Any], str]
"""Writes a JSON value short enough for a sentence, and without secrets: they must be gone before a cut."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is found where nothing is; JSON's null is something."""


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What must hold of a value: ``expected`` is a bool for exists, any JSON for equals, else a text."""

    operator: Operator
    expected: Any
    pattern: Any = field(default=None, compare=False, repr=False)
    """The compiled expression of ``matches``."""

    @classmethod
    def of(cls, path: str, entry: Mapping[str, Any]) -> Comparison:
        """The one comparison of an assertion. Raises Malformed."""
        given = [name for name in _OPERATORS if entry.get(name) is not None]
        if len(given) != 1:
            found = ", ".join(given) or "none"
            raise Malformed(f"{path}: found {found}; allowed: exactly one of {', '.join(_OPERATORS)}")
        operator, expected = cast("Operator", given[0]), entry[given[0]]
        place = f"{path}.{operator}"
        if operator == "exists":
            fields.flag(place, expected)
        elif operator != "equals":
            fields.string(place, expected)
        return cls(operator, expected, regex(place, expected) if operator == "matches" else None)

    def replaced(self, values: Mapping[str, str]) -> Comparison:
        """With variables put into what is expected. Raises UndefinedVariable."""
        if self.operator in {"exists", "matches"}:
            return self
        expected = replaced_in(self.expected, values)
        if self.operator == "equals" and isinstance(expected, str) and any(names_in(self.expected)):
            expected = _FromVariable(expected)
        return Comparison(self.operator, expected)

    def holds(self, found: Any) -> bool:
        """Whether it holds of a JSON value, or of NOTHING."""
        if self.operator == "exists":
            return (found is not NOTHING) is self.expected
        if found is NOTHING:
            return False
        if self.operator == "equals":
            return _same(found, self.expected)
        if self.operator == "matches":
            return self.pattern.search(text_of(found).encode(errors="replace")) is not None
        if isinstance(found, list):
            return any(text_of(element) == self.expected for element in found)
        return str(self.expected) in text_of(found)

    def broken(self, what: str, found: Any, tell: Tell) -> str:
        """A sentence that says what was expected and what is there."""
        seen = "nothing" if found is NOTHING else tell(found)
        if self.operator == "exists":
            wanted = f"expected {what} to exist" if self.expected else f"expected no {what}"
            return f"{wanted}, found {seen}"
        verb = {"equals": "equal", "matches": "match", "contains": "contain"}[self.operator]
        expected = self.expected if self.operator == "matches" else tell(self.expected)
        return f"expected {what} to {verb} {expected}, found {seen}"


class _FromVariable(str):
    """A text that came from a variable, which holds text only: a number with the same digits is the same."""

    __slots__ = ()


def regex(path: str, pattern: str) -> Any:
    """A compiled RE2 expression for bytes of UTF-8. Raises Malformed."""
    import re2  # noqa: PLC0415 - only journeys with an expression pay for it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        told = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise Malformed(f"{path}: found {fields.shown(pattern)}; {readable(told, limit=200)}") from None


def text_of(value: Any) -> str:
    """A JSON value as text: texts as they are, the rest as JSON without spaces."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _same(found: Any, expected: Any) -> bool:
    """Equality of JSON: 1 is 1.0 and is not true."""
    if isinstance(expected, _FromVariable) and not isinstance(found, (list, dict)):
        return text_of(found) == expected
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        return found.keys() == expected.keys() and all(_same(found[key], expected[key]) for key in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_same, found, expected))
    return bool(found == expected)
