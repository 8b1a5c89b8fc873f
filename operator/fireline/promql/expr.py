"""Small builders for PromQL text: the one place that quotes, selects and substitutes.

Everything a user typed reaches an expression through :func:`quote` or :func:`selector`, or as a
whole expression that has been parsed before; so no text can escape into a neighbouring rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

WINDOW = "$window"
"""Placeholder for the range in a user's query."""
SECONDS = "$seconds"
"""Placeholder for the seconds of that range, in queries of our own."""

TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)|(?P<comment>\#[^\n]*)""", re.VERBOSE
)
"""A string or a comment of PromQL."""

_encode = json.JSONEncoder(ensure_ascii=False).encode


def quote(value: str) -> str:
    """A PromQL string literal. PromQL reads Go escapes, of which JSON's are a subset."""
    return _encode(value)


def selector(metric: str, matchers: Mapping[str, str]) -> str:
    """``metric{name="value",…}`` with equality matchers, in the order given."""
    inside = ",".join(f"{name}={quote(value)}" for name, value in matchers.items())
    return f"{metric}{{{inside}}}"


@lru_cache(maxsize=1024)
def number(value: Decimal) -> str:
    """A decimal as PromQL and people write it: no exponent, no trailing zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def aggregated(operation: str, groups: Sequence[str]) -> str:
    """An aggregation that keeps the groups: ``sum``, or ``sum by (region) ``."""
    return f"{operation} by ({', '.join(groups)}) " if groups else operation


def nested(query: str) -> str:
    """A user's expression made safe to stand inside another one.

    A comment at its end would swallow the closing parenthesis, hence the line break.
    """
    return f"({query}\n)" if "#" in query else f"({query})"


def plain_strings(query: str) -> str:
    """The query with every raw string (in backticks) as a quoted one, which the parser understands better:
    it looks for escapes in both.
    """

    def plain(token: re.Match[str]) -> str:
        text = token[0]
        return quote(text[1:-1]) if text.startswith("`") else text

    return TOKEN.sub(plain, query) if "`" in query else query


def template_literal(text: str) -> str:
    """Text for an alert's label or annotation, so that Prometheus' template engine prints it as is."""
    return text.replace("{{", '{{"{{"}}')
