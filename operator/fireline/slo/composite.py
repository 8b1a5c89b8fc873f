"""Several SLOs of a namespace seen as one: its figures from those its members record.

``Weighted`` is the mean of the members' burn rates by weight, so that the consumed budget of the whole is
the mean of the members' consumed budgets; a member without traffic spends nothing. ``Worst`` follows the
member that burns fastest. Every window is taken from the members' same window, where each weighs its own
events; the members are not weighted by traffic.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number, quote
from fireline.slo import names
from fireline.slo.model import Composite, Objective
from fireline.slo.recording import record
from fireline.slo.spans import ON, Spans

Select = Callable[[str], str]
"""From a metric to its selector."""


def of_members(namespace: str, composite: Composite, further: str = "") -> Select:
    """Selects a series of all members; ``further`` are more matchers, each with a comma before it."""
    listed = "|".join(re.escape(name).replace(r"\-", "-") for name, _ in composite.members)
    return _select(namespace, f"slo=~{quote(listed)}{further}")


def _select(namespace: str, matchers: str) -> Select:
    return lambda metric: f"{metric}{{namespace={quote(namespace)},{matchers}}}"


def composite_rules(objective: Objective, windows: tuple[Duration, ...], *, at: float) -> list[Manifest]:
    """What a composite records in its own group: burn and service level by window, budget, coverage.

    ``at`` is the Unix time whose calendar period is meant. A composite of which a member never had data
    has no budget: that would be half a truth. A composite is no member: it records no events, and two
    that read each other would never come down again.
    """
    composite, window = _composite(objective), objective.window
    rules: list[Manifest] = []
    for length in windows:
        further = f",window={quote(str(length))}"
        rules += _level(objective, _combined(objective, lambda of: of(names.BURN_RATE), further), str(length))
    covered = f"{of_members(objective.namespace, composite)(names.COVERAGE)} {_plain(objective.namespace)}"
    complete = f"and on () (count(count by (slo) ({covered})) == {len(composite.members)})"
    over_window = _combined(objective, lambda of: Spans(of, at=at).burn(window))
    rules += _level(objective, f"{over_window}\n{complete}", "slo")

    def consumed(of: Select) -> str:
        spans = Spans(of, at=at, maintenance=True)
        return f"{spans.burn(window)} * {ON} {spans.age_share(window)}"

    return [
        *rules,
        record(objective, names.CONSUMED, f"{_combined(objective, consumed)}\n{complete}"),
        record(objective, names.COVERAGE, f"min({covered})\n{complete}"),
    ]


def _level(objective: Objective, burn: str, window: str) -> list[Manifest]:
    labels = {"window": window}
    own = f"{names.series(names.BURN_RATE, objective).removesuffix('}')},window={quote(window)}}}"
    sli = f"1 - clamp_max({own} * {number(objective.budget_ratio)}, 1)"
    return [record(objective, names.BURN_RATE, burn, labels), record(objective, names.SLI, sli, labels)]


def _combined(objective: Objective, expr: Callable[[Select], str], further: str = "") -> str:
    """One figure from the members': the highest, or the mean by weight over all of them."""
    composite, space = _composite(objective), objective.namespace
    if composite.method == "Worst":
        return f"max({expr(of_members(space, composite, further))} {_plain(space)})"
    # For minutes after a change a member may have two indicators: it still counts once.
    weighed = "\n  or ".join(
        f"{number(weight)} * max by (slo) ({expr(_select(space, f'slo={quote(name)}{further}'))})"
        for name, weight in composite.members
    )
    whole = sum((weight for _, weight in composite.members), start=Decimal(0))
    return f"sum((\n     {weighed}\n) {_plain(space)}) / {number(whole)}"


def _plain(namespace: str) -> str:
    """Leaves out members that are composites themselves."""
    return f'unless on (slo) {names.INFO}{{namespace={quote(namespace)},composite!=""}}'


def _composite(objective: Objective) -> Composite:
    assert objective.composite is not None  # noqa: S101 - asked for composites only
    return objective.composite
