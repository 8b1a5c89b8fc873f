"""Vector selectors (``metric{label="value"}``): read once, printed canonically, extended safely."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import promql_parser

from fireline.errors import PromQLError
from fireline.promql.expr import plain_strings, quote
from fireline.promql.regex import check_regex

_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
REGEX_OPERATORS = frozenset({"=~", "!~"})
_LEGACY_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; ``op`` is ``=``, ``!=``, ``=~`` or ``!~``."""

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.op}{quote(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric name and its matchers, sorted; prints the same for every spelling of the same thing."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        plain = _LEGACY_NAME.match(self.metric)
        inside = ",".join([*([] if plain else [quote(self.metric)]), *map(str, self.matchers)])
        return (self.metric if plain else "") + (f"{{{inside}}}" if inside else "")

    def renamed(self, metric: str) -> Selector:
        """The same matchers on another metric."""
        return replace(self, metric=metric)

    def matching(self, label: str, op: str, value: str) -> Selector:
        """This selector narrowed by one more matcher."""
        matchers = {*self.matchers, Matcher(label, op, value)}
        return replace(self, matchers=tuple(sorted(matchers, key=lambda m: (m.label, m.op, m.value))))


@lru_cache(maxsize=4096)
def parse_selector(text: str) -> Selector:
    """The selector a user wrote.

    Raises PromQLError when the text does not parse or is more than a plain selector: a range, an
    offset, a function, several alternatives, no fixed metric name, or a regular expression Prometheus
    does not compile.
    """
    try:
        found = promql_parser.parse(plain_strings(text))
    except ValueError as error:
        raise PromQLError(f"{text!r} is not PromQL: {error}") from error
    if not isinstance(found, promql_parser.VectorSelector):
        raise PromQLError(
            f'{text!r} is not a plain selector; write it like http_requests_total{{code=~"5.."}}'
        )
    if found.offset is not None or found.at is not None:
        raise PromQLError(f"{text!r} has an offset or @; Fireline chooses the time itself")
    if found.matchers.or_matchers:
        raise PromQLError(f"{text!r} has alternatives (or); write a regular expression instead")
    named = [m for m in found.matchers.matchers if m.name == "__name__"]
    selector = selector_of(found)
    if not selector.metric or any(_operator(m) != "=" for m in named):
        raise PromQLError(f"{text!r} has no fixed metric name; name exactly one metric")
    for matcher in selector.matchers:
        if matcher.op in REGEX_OPERATORS:
            check_regex(matcher.value)
    return selector


def parse_matchers(text: str) -> str:
    """Matchers in braces that select series of any metric, printed canonically.

    Raises PromQLError when they do not parse, name a metric, or leave every series in.
    """
    try:
        promql_parser.parse(plain_strings(text))
        named = parse_selector(f"x{text}")
    except (ValueError, PromQLError) as error:
        raise PromQLError(
            f'{text!r} is not label matchers of which one asks for a value; write it like {{job="checkout"}}'
        ) from error
    return str(named).removeprefix("x")


def selector_of(node: promql_parser.VectorSelector) -> Selector:
    """A parsed selector in our form, without offset and alternatives; no metric when none is fixed."""
    matchers = [Matcher(m.name, _operator(m), m.value) for m in node.matchers.matchers]
    metric = node.name or next((m.value for m in matchers if m.label == "__name__" and m.op == "="), "")
    rest = sorted({m for m in matchers if m.label != "__name__"}, key=lambda m: (m.label, m.op, m.value))
    return Selector(metric, tuple(rest))


def _operator(matcher: promql_parser.Matcher) -> str:
    return _OPERATORS[str(matcher.op).rpartition(".")[2]]
