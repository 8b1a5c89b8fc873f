"""What a query that parses looks like from outside: what it yields, and how far it looks back.

Called for the free expressions of alert rules: one that does not filter would fire all the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import promql_parser as promql

from fireline.promql.durations import Duration
from fireline.promql.expr import plain_strings
from fireline.promql.selectors import selector_of

_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_SETS = frozenset({"and", "or", "unless"})
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


def set_operator_on_truths(text: str) -> str | None:
    """``and``, ``or`` or ``unless`` when it stands between two comparisons with ``bool``.

    Set operators look at labels and not at values: ``(a > bool 1) and (b > bool 2)`` is ``a > bool 1``
    wherever b has any sample at all.
    """
    for node in _nodes(text):
        if not isinstance(node, promql.BinaryExpr) or str(node.op) not in _SETS:
            continue
        if _is_truth(node.lhs) and _is_truth(node.rhs):
            return str(node.op)
    return None


def takes_nan(text: str) -> bool:
    """Whether NaN passes one of the comparisons: it differs from everything, even from itself."""
    return any(
        isinstance(node, promql.BinaryExpr) and str(node.op) == "!=" and not _is_bool(node)
        for node in _nodes(text)
    )


def drops(found: object, labels: Sequence[str]) -> list[str]:
    """Those of the labels that what a parsed expression yields certainly does not have."""
    return [label for label in labels if _drops(found, label)]


def bare_metric(text: str) -> str | None:
    """Name of the metric when the expression is nothing but a selector."""
    try:
        node = promql.parse(plain_strings(text))
    except ValueError:
        return None
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return str(node.name) if isinstance(node, promql.VectorSelector) and node.name else None


def read_now(text: str) -> tuple[str, ...]:
    """Selectors whose newest samples an expression reads, without their ranges; empty if it does not parse.

    Those with an offset or @ read the past on purpose; those that fix no metric may be all there is.
    """
    nodes = [
        node.vector_selector if isinstance(node, promql.MatrixSelector) else node for node in _nodes(text)
    ]
    found = (
        str(selector_of(node))
        for node in nodes
        if isinstance(node, promql.VectorSelector)
        and node.offset is None
        and node.at is None
        and node.name
        and not node.matchers.or_matchers
    )
    return tuple(dict.fromkeys(found))


def _drops(node: object, label: str) -> bool:
    """Whether an aggregation or a match leaves it behind, through all that keeps labels as they are."""
    match node:
        case promql.ParenExpr() | promql.UnaryExpr():
            return _drops(node.expr, label)
        case promql.AggregateExpr():
            modifier = node.modifier
            named = set(modifier.labels) if modifier is not None else set()
            without = modifier is not None and modifier.type == promql.AggModifierType.Without
            return (label in named) == without or (without and _drops(node.expr, label))
        case promql.BinaryExpr():
            return _operation_drops(node, label)
        case _:
            return False


def _operation_drops(node: promql.BinaryExpr, label: str) -> bool:
    sides = [side for side in (node.lhs, node.rhs) if not isinstance(side, promql.NumberLiteral)]
    if str(node.op) == "or":
        return all(_drops(side, label) for side in sides)
    modifier = node.modifier
    if modifier is not None and modifier.group_labels is not None:  # labels may come from either side
        return False
    if modifier is not None and modifier.card == promql.VectorMatchCardinality.OneToOne:
        matching = modifier.matching
        if matching is not None and matching.type == promql.LabelModifierType.Include:
            return label not in matching.labels or _drops(sides[0], label)
    return bool(sides) and _drops(sides[0], label)


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


def _is_truth(node: promql.Expr) -> bool:
    """Whether its value is 0 or 1 because a comparison says so."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return isinstance(node, promql.BinaryExpr) and str(node.op) in _COMPARISONS and _is_bool(node)


def _is_bool(node: promql.BinaryExpr) -> bool:
    return node.modifier is not None and bool(node.modifier.return_bool)


def _nodes(text: str) -> list[promql.Expr]:
    seen: list[promql.Expr] = []
    try:
        promql.walk(promql.parse(plain_strings(text)), pre_visit=seen.append)
    except ValueError:
        return []
    return seen
