"""Burn rates as alerts read them: 1 spends exactly the error budget over the SLO window."""

from __future__ import annotations

from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo import names
from fireline.slo.composite import of_members
from fireline.slo.model import Composite, Objective

_GUARD_STEP = Duration.of(minutes=5)
_GUARD_STEP_LONG = Duration.of(hours=1)
"""The same beyond three days: every five minutes of ninety days are 26,000 looks at each evaluation."""
_SLO = "by (namespace, slo)"
_HALF_A_RUN = 0.5


def burn_expr(objective: Objective, window: Duration, *, guarded: bool = False) -> str:
    """Burn rate over a window; one series per group, unless alerts are for the total.

    ``guarded`` weighs a window beyond an hour by the share of it that has data. Otherwise the first
    minutes of a young SLO stand for days, and all tiers fire at once.
    """
    if objective.composite is not None:
        return _of_members(objective, objective.composite, window, guarded=guarded)
    bad = names.series(names.rate(names.BAD, window), objective)
    total = names.series(names.rate(names.TOTAL, window), objective)
    seen = _seen(names.series(names.rate(names.TOTAL, names.RAW_WINDOWS[0]), objective), window)
    budget = number(objective.budget_ratio)
    if objective.group_by and not objective.alert_per_group:
        ratio = f"sum {_SLO} ({bad}) / sum {_SLO} ({total})"
        guard = _guard(f"max {_SLO} ({seen})", window, guarded=guarded)
        return f"{ratio}{guard} / {budget}"
    return f"sum without (sli) ({bad} / {total}{_guard(seen, window, guarded=guarded)}) / {budget}"


def enough_events(objective: Objective, window: Duration) -> list[str]:
    """Conditions that keep a burn alert silent below the events the user asks for in its long window.

    Of the runs of a check half a one less: three of them, each a step of a counter, may be 2.9 to a rate.
    """
    if objective.composite is not None:
        return []
    wanted = ((names.TOTAL, objective.min_events), (names.BAD, objective.min_bad_events))
    total = objective.group_by and not objective.alert_per_group
    added = f"sum {_SLO}" if total else "sum without (sli)"
    return [
        f"({added} ({names.series(names.rate(kind, window), objective)}) "
        f"* {_events_per_unit(objective, window)} >= {least - _HALF_A_RUN if objective.check else least})"
        for kind, least in wanted
        if least > 0
    ]


def _events_per_unit(objective: Objective, window: Duration) -> str:
    """Events in a window at a mean rate of 1: its seconds, or its slices where slices are counted."""
    if objective.timeslice is None:
        return f"{window.milliseconds // 1000}"
    return f"{window.milliseconds / objective.timeslice.length.milliseconds:g}"


def _guard(seen: str, window: Duration, *, guarded: bool, on: str = "") -> str:
    """The factor of a young SLO: the share of the window that has data; nothing where none is wanted."""
    if not guarded or window <= names.RAW_WINDOWS[-1]:
        return ""
    return f" * {on}clamp_max({seen} / {window.milliseconds // guard_step(window).milliseconds}, 1)"


def _seen(total: str, window: Duration) -> str:
    """The subquery makes the guard independent of the interval of any group."""
    return f"count_over_time({total}[{window}:{guard_step(window)}])"


def guard_step(window: Duration) -> Duration:
    """How often the guard looks whether there was data."""
    return _GUARD_STEP if window <= names.SLOW_WINDOWS[-1] else _GUARD_STEP_LONG


def _of_members(objective: Objective, composite: Composite, window: Duration, *, guarded: bool) -> str:
    burn = names.series(names.BURN_RATE, objective).removesuffix("}") + f',window="{window}"}}'
    total = of_members(objective.namespace, composite)(names.rate(names.TOTAL, names.RAW_WINDOWS[0]))
    seen = f"max by (namespace) ({_seen(total, window)})"
    guard = _guard(seen, window, guarded=guarded, on="on (namespace) group_left () ")
    return f"sum without (sli, window) ({burn}){guard}"
