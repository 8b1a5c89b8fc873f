"""What a foreign PromQL query is made of, as far as importers recognise it.

The parser sees ``$window`` as an ordinary range (see :mod:`fireline.promql.parse`); here a query is
parsed without the checks of a Fireline query, because the question is how to turn it into one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import promql_parser as promql

from fireline.errors import PromQLError
from fireline.promql.expr import WINDOW
from fireline.promql.selectors import Selector, parse_selector, selector_of

Labels = tuple[str, ...]
_STAND_IN = timedelta(seconds=300_007)
"""A range nobody writes, put in for ``$window``."""
_STRING = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_METRICSQL = re.compile(
    r"\b(default|keep_metric_names|ifnot|if|WITH|limit \d+|rollup\w*|median_over_time|share_\w+|"
    r"increase_pure|range_\w+|running_\w+|label_set|alias)\b|\brate\(\s*[\w:]+\s*\)"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """``sum by (labels) (function(selector[range]))``: one counter, added up over time and series."""

    selector: Selector
    function: str
    by: Labels


def parse(query: str) -> promql.Expr:
    """The expression of a query with ``$window`` as its ranges.

    Raises PromQLError, with a word about MetricsQL where the query looks like it.
    """
    try:
        return promql.parse(query.replace(WINDOW, f"{_STAND_IN // timedelta(seconds=1)}s"))
    except ValueError as error:
        if _METRICSQL.search(_STRING.sub('""', query)):
            raise PromQLError(
                f"is not PromQL ({error}) but looks like MetricsQL, which only VictoriaMetrics understands"
            ) from error
        raise PromQLError(f"is not PromQL: {error}") from error


def bare(expr: promql.Expr) -> promql.Expr:
    """The expression without parentheses around it."""
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    return expr


def counted(expr: promql.Expr) -> Counted | None:
    """The counter behind ``sum(rate(…[…]))`` and its like; None for anything more."""
    expr = bare(expr)
    if not isinstance(expr, promql.AggregateExpr) or str(expr.op) != "sum":
        return None
    by = _by(expr)
    call = bare(expr.expr)
    if by is None or not isinstance(call, promql.Call) or len(call.args) != 1:
        return None
    matrix = bare(call.args[0])
    selector = windowed_selector(matrix)
    return Counted(selector, call.func.name, by) if selector else None


def windowed_selector(expr: promql.Expr) -> Selector | None:
    """The selector before ``[$window]``; None for any other range."""
    if not isinstance(expr, promql.MatrixSelector) or expr.range != _STAND_IN:
        return None
    return plain_selector(expr.vector_selector)


def plain_selector(expr: promql.Expr) -> Selector | None:
    """A selector Fireline can take as ``metric``; None for anything more."""
    expr = bare(expr)
    if not isinstance(expr, promql.VectorSelector) or expr.offset is not None or expr.at is not None:
        return None
    if expr.matchers.or_matchers:
        return None
    try:
        return parse_selector(str(selector_of(expr)))
    except PromQLError:
        return None


def series_labels(expr: promql.Expr) -> Labels | None:
    """The labels that tell the query's series apart, ``()`` for a single one, None when nobody can say."""
    expr = bare(expr)
    if isinstance(expr, promql.AggregateExpr):
        return _by(expr) if str(expr.op) not in {"topk", "bottomk", "count_values", "limitk"} else None
    if isinstance(expr, promql.BinaryExpr):
        sides = {series_labels(side) for side in (expr.lhs, expr.rhs) if not _is_scalar(side)}
        return sides.pop() if len(sides) == 1 else None
    if isinstance(expr, promql.UnaryExpr):
        return series_labels(expr.expr)
    if isinstance(expr, promql.Call):
        if expr.func.name in {"vector", "absent", "absent_over_time", "scalar"}:
            return ()
        vectors = [arg for arg in expr.args if not _is_scalar(arg)]
        if len(vectors) == 1 and isinstance(bare(vectors[0]), promql.AggregateExpr | promql.BinaryExpr):
            return series_labels(vectors[0])
    return None


def without_zero(expr: promql.Expr) -> promql.Expr:
    """``x`` of ``x or vector(0)``: Fireline counts a missing bad series as 0 anyway."""
    found = bare(expr)
    if isinstance(found, promql.BinaryExpr) and str(found.op) == "or":
        zero = bare(found.rhs)
        if isinstance(zero, promql.Call) and zero.func.name == "vector":
            value = bare(zero.args[0])
            if isinstance(value, promql.NumberLiteral) and value.val == 0:
                return bare(found.lhs)
    return found


def grows_with_its_range(expr: promql.Expr) -> bool:
    """Whether a query is a sum and difference of ``increase``s, so that each ``rate`` instead of it divides
    the whole by the seconds of the range, and nothing else."""
    expr = without_zero(expr)
    if isinstance(expr, promql.AggregateExpr):
        return str(expr.op) == "sum" and grows_with_its_range(expr.expr)
    if isinstance(expr, promql.BinaryExpr):
        return str(expr.op) in {"+", "-", "or"} and all(map(grows_with_its_range, (expr.lhs, expr.rhs)))
    return isinstance(expr, promql.Call) and expr.func.name == "increase"


def as_rates(query: str) -> str:
    """The query with ``rate`` for every ``increase``, strings left alone."""
    return _outside_strings(query, lambda code: re.sub(r"\bincrease(\s*\()", r"rate\1", code))


def with_window(query: str) -> tuple[str, set[str]]:
    """The query with ``[$window]`` for every range, and the ranges there were."""
    found: set[str] = set()

    def replaced(code: str) -> str:
        found.update(part.strip() for part in re.findall(r"\[([^\]\[:]+)\]", code))
        return re.sub(r"\[[^\]\[:]+\]", f"[{WINDOW}]", code)

    return _outside_strings(query, replaced), found - {WINDOW}


def _outside_strings(query: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for string in _STRING.finditer(query):
        parts += [change(query[end : string.start()]), string.group()]
        end = string.end()
    return "".join([*parts, change(query[end:])])


def _by(expr: promql.AggregateExpr) -> Labels | None:
    if expr.modifier is None:
        return ()
    return tuple(expr.modifier.labels) if str(expr.modifier.type).endswith("By") else None


def _is_scalar(expr: promql.Expr) -> bool:
    return isinstance(bare(expr), promql.NumberLiteral | promql.StringLiteral)
