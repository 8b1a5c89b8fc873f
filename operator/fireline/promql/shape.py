"""What a query that parses looks like from outside: whether it filters, how far it looks back.

Called for the free expressions of alert rules: one that does not filter would fire all the time.
"""

from __future__ import annotations

import promql_parser as promql

from fireline.promql.durations import Duration
from fireline.promql.expr import plain_strings

_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_ABSENT = frozenset({"absent", "absent_over_time"})


def longest_range(text: str) -> Duration:
    """The longest range or subquery of an expression; 1ms when it has none or does not parse."""
    longest = 1
    for node in _nodes(text):
        if isinstance(node, promql.MatrixSelector | promql.SubqueryExpr) and node.range is not None:
            longest = max(longest, round(node.range.total_seconds() * 1000))
    return Duration(longest)


def filters(text: str) -> bool:
    """Whether the expression yields nothing while all is well: a comparison decides, or ``absent``."""
    return _filters(promql.parse(plain_strings(text)))


def takes_nan(text: str) -> bool:
    """Whether NaN passes one of the comparisons: it differs from everything, even from itself."""
    return any(
        isinstance(node, promql.BinaryExpr) and str(node.op) == "!=" and not _is_bool(node)
        for node in _nodes(text)
    )


def _filters(node: promql.Expr) -> bool:
    match node:
        case promql.ParenExpr() | promql.UnaryExpr() | promql.AggregateExpr():
            return _filters(node.expr)
        case promql.Call():
            return node.func.name in _ABSENT or any(_filters(part) for part in node.args)
        case promql.BinaryExpr():
            left, right, operation = _filters(node.lhs), _filters(node.rhs), str(node.op)
            if operation in _COMPARISONS:
                return not _is_bool(node)
            if operation == "or":
                return left and right
            return left or (right and operation != "unless")
        case _:
            return False


def _is_bool(node: promql.BinaryExpr) -> bool:
    return node.modifier is not None and bool(node.modifier.return_bool)


def _nodes(text: str) -> list[promql.Expr]:
    seen: list[promql.Expr] = []
    try:
        promql.walk(promql.parse(plain_strings(text)), pre_visit=seen.append)
    except ValueError:
        return []
    return seen
