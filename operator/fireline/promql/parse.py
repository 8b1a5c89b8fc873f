"""Reads a user's PromQL query and says what it does that Fireline cannot carry out.

Called by the checks of each kind. A query is a whole expression with the placeholder ``$window``;
Fireline puts it into rules with several windows, so the range must be the placeholder and nothing
else may fix a time. The parser's printer does not escape strings and is never used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import promql_parser as promql

from fireline.errors import PromQLError
from fireline.promql.expr import SECONDS, TOKEN, WINDOW, plain_strings
from fireline.promql.regex import check_regex
from fireline.promql.selectors import Selector, selector_of

_STAND_IN = timedelta(seconds=300_007)
"""A range nobody writes, put in for ``$window``: what the parser finds with it was the placeholder."""
_RANGE = re.compile(r"\[\s*\$window\s*\]")
_SPACE = re.compile(rf"{TOKEN.pattern}|(?P<space>[ \t\r\n]+)", re.VERBOSE)
_RATES = frozenset({"rate", "avg_over_time"})
"""Functions over a range whose result is per second, or stays so: what a window may be read with."""
_LEAVES: dict[type, str] = {
    promql.MatrixSelector: "matrix",
    promql.SubqueryExpr: "matrix",
    promql.NumberLiteral: "scalar",
    promql.StringLiteral: "string",
}
_EXPERIMENTAL = frozenset({"limitk", "limit_ratio", "info", "first_over_time"})


def parse_query(text: str, *, ratio: bool = False) -> promql.Expr:
    """The expression behind a query, with a stand-in for ``$window``.

    ``ratio``: the query divides by itself, so that any function over the window may be used. Raises
    PromQLError when the query does not parse, reads a fixed range or none, is no instant vector, takes a
    rate of something that is no counter, or has a regular expression Go cannot compile.
    """
    _placeholder_is_a_range(text)
    found = _parsed(_RANGE.sub(f"[{_STAND_IN.seconds + 86_400 * _STAND_IN.days}s]", text))
    nodes = list(_nodes(found))
    _no_subquery(nodes)
    _every_range_is_the_window(nodes)
    _no_fixed_time(nodes)
    if not ratio:
        _is_per_second(nodes)
    _sound(found, nodes, example=f"sum(rate(x[{WINDOW}]))")
    return found


def parse_moment(text: str) -> promql.Expr:
    """The expression behind a query about one moment (a gauge), which reads no ``$window``.

    Raises PromQLError when it does not parse, has a placeholder, or is no instant vector.
    """
    _no_placeholder_in_a_string(text)
    code = TOKEN.sub(lambda token: " " if token["comment"] else '""', text)
    if "$" in code:
        raise PromQLError(f"is about one moment and must not read {WINDOW}; write it like max(queue_depth)")
    found = _parsed(text)
    _sound(found, list(_nodes(found)), example="max(queue_depth)")
    return found


def lost_labels(query: Any, labels: Sequence[str]) -> list[str]:
    """Those of the labels that the query's outermost aggregation drops."""
    while isinstance(query, promql.ParenExpr):
        query = query.expr
    if not isinstance(query, promql.AggregateExpr):
        return []
    modifier = query.modifier
    named = set(modifier.labels) if modifier is not None else set()
    without = modifier is not None and modifier.type == promql.AggModifierType.Without
    return [label for label in labels if (label in named) == without]


def reads(query: promql.Expr) -> list[Selector]:
    """Every vector selector of a query, without its range; one that fixes no metric is left out."""
    nodes = (node for node in _nodes(query) if isinstance(node, promql.VectorSelector))
    return [selector_of(node) for node in nodes if node.name]


def aggregates(text: str) -> bool:
    """Whether the expression of a recording rule does more than rename a series; True if nobody can tell."""
    try:
        found = promql.parse(plain_strings(text))
    except ValueError:
        return True
    while isinstance(found, promql.ParenExpr):
        found = found.expr
    return not isinstance(found, promql.VectorSelector)


def metrics(query: promql.Expr) -> list[str]:
    """Names of the metrics that ranges of the query read."""
    found = (node.vector_selector.name for node in _nodes(query) if isinstance(node, promql.MatrixSelector))
    return [name for name in found if name]


def _parsed(text: str) -> promql.Expr:
    try:
        found: promql.Expr = promql.parse(plain_strings(text))
    except ValueError as error:
        raise PromQLError(f"is not PromQL: {error}") from error
    return found


def _sound(found: promql.Expr, nodes: list[promql.Expr], *, example: str) -> None:
    """Runs on every Prometheus and yields an instant vector."""
    _runs_everywhere(nodes)
    _is_only_promql(nodes)
    _compiles_in_go(nodes)
    if _value_type(found) != "vector":
        raise PromQLError(f"yields a {_value_type(found)}, not an instant vector; write it like {example}")


def canonical_query(text: str) -> str:
    """The query without comments, each stretch of white space one blank; strings stay as they are.

    Two spellings with one canonical form are the same query to Prometheus.
    """
    squeezed = _SPACE.sub(lambda token: token["string"] or "\0", text)
    return re.sub("\0+", " ", squeezed).strip()


def _placeholder_is_a_range(text: str) -> None:
    """`$window` stands in brackets, at least once, and nowhere in a string or as another variable."""
    _no_placeholder_in_a_string(text)
    code = TOKEN.sub(lambda token: " " if token["comment"] else '""', text)
    if "$" in _RANGE.sub("", code):
        raise PromQLError(f"may use {WINDOW} only as a whole range, [{WINDOW}], and no other variable")
    if not _RANGE.search(code):
        raise PromQLError(f"does not read [{WINDOW}]; write it like sum(rate(x[{WINDOW}]))")


def _no_placeholder_in_a_string(text: str) -> None:
    """Placeholders are replaced wherever they stand."""
    strings = "".join(token["string"] or "" for token in TOKEN.finditer(text))
    if WINDOW in strings:
        raise PromQLError(f"has {WINDOW} inside a string; it may only stand as a range: [{WINDOW}]")
    if SECONDS in strings:
        raise PromQLError(f"has {SECONDS} inside a string, which Fireline replaces by a number")


def _no_subquery(nodes: list[promql.Expr]) -> None:
    """A rate over an aggregate (which only a subquery can express) misses counter resets."""
    if any(isinstance(node, promql.SubqueryExpr) for node in nodes):
        raise PromQLError(
            "has a subquery: a rate over an aggregate misses counter resets; take the rate first, "
            f"as in sum(rate(x[{WINDOW}]))"
        )


def _every_range_is_the_window(nodes: list[promql.Expr]) -> None:
    for node in nodes:
        if isinstance(node, promql.MatrixSelector) and node.range != _STAND_IN:
            fixed = promql.display_duration(node.range)
            raise PromQLError(f"reads the fixed range [{fixed}]; every range must be [{WINDOW}]")


def _no_fixed_time(nodes: list[promql.Expr]) -> None:
    for node in nodes:
        if isinstance(node, promql.VectorSelector) and (node.offset is not None or node.at is not None):
            raise PromQLError("has an offset or @; Fireline chooses the time itself")


def _is_per_second(nodes: list[promql.Expr]) -> None:
    """`increase` and counting functions grow with the window; recorded side by side they would mix units."""
    for node in nodes:
        if isinstance(node, promql.Call) and any(_value_type(part) == "matrix" for part in node.args):
            name = node.func.name
            if name not in _RATES:
                raise PromQLError(
                    f"uses {name}, which is not per second; use rate over a counter, "
                    f"as in sum(rate(x[{WINDOW}]))"
                )


def _runs_everywhere(nodes: list[promql.Expr]) -> None:
    """An experimental function makes Prometheus refuse the whole rule file unless a flag is set."""
    for node in nodes:
        name = ""
        if isinstance(node, promql.Call):
            name = node.func.name if node.func.experimental else ""
            name = node.func.name if node.func.name in _EXPERIMENTAL else name
        elif isinstance(node, promql.AggregateExpr) and str(node.op) in _EXPERIMENTAL:
            name = str(node.op)
        if name:
            raise PromQLError(f"uses {name}, which Prometheus runs only behind an experimental flag")


def _is_only_promql(nodes: list[promql.Expr]) -> None:
    """What the parser reads, and Prometheus does not."""
    for node in nodes:
        if isinstance(node, promql.VectorSelector) and node.matchers.or_matchers:
            raise PromQLError("has alternatives (or) in a selector; write a regular expression instead")


def _compiles_in_go(nodes: list[promql.Expr]) -> None:
    for node in nodes:
        if isinstance(node, promql.VectorSelector):
            found = node.matchers
            for matcher in [*found.matchers, *(one for each in found.or_matchers for one in each)]:
                if matcher.op in (promql.MatchOp.Re, promql.MatchOp.NotRe):
                    check_regex(matcher.value)


def _nodes(expr: promql.Expr) -> Iterator[promql.Expr]:
    """The expression and all its parts."""
    seen: list[promql.Expr] = []
    promql.walk(expr, pre_visit=seen.append)
    for node in seen:
        yield node
        if isinstance(node, promql.MatrixSelector):
            yield node.vector_selector


def _value_type(expr: promql.Expr) -> str:
    """``vector``, ``matrix``, ``scalar`` or ``string``."""
    if isinstance(expr, promql.ParenExpr | promql.UnaryExpr):
        return _value_type(expr.expr)
    if isinstance(expr, promql.BinaryExpr):
        return "vector" if "vector" in {_value_type(expr.lhs), _value_type(expr.rhs)} else "scalar"
    if isinstance(expr, promql.Call):
        return str(expr.func.return_type).rpartition(".")[2].lower()
    return _LEAVES.get(type(expr), "vector")
