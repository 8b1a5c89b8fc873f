"""Names of recorded series, rule objects and alerts: an interface people build dashboards on."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from fireline.promql.durations import Duration
from fireline.promql.expr import number, selector
from fireline.slo.model import Objective
from fireline.slo.period import SLOWindow

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9]+")

RENDERER_VERSION = "2"
"""Raised whenever the same spec renders other bytes; see CHANGELOG."""

RAW_WINDOWS = (Duration.of(minutes=5), Duration.of(minutes=30), Duration.of(hours=1))
"""Read from the user's series, where speed of detection needs it."""
FAST_WINDOWS = (Duration.of(hours=2), Duration.of(hours=6))
"""Summed from the recorded 5m rates."""
SLOW_WINDOWS = (Duration.of(days=1), Duration.of(days=3))
"""Summed from 5-minute slices, like the SLO window."""
SLICE = Duration.of(minutes=5)
RAW_INTERVAL = Duration.of(seconds=30)
"""Evaluation interval of the raw windows: one recorded point each."""

COMPOSITE_INTERVAL = Duration.of(minutes=1)
"""A composite reads what its members' namespace records once a minute."""

BAD, TOTAL = "bad", "total"

OBJECTIVE = "slo:objective:ratio"
ERROR_BUDGET = "slo:error_budget:ratio"
SLI = "slo:sli:ratio"
BURN_RATE = "slo:burn_rate:ratio"
CONSUMED = "slo:error_budget_consumed:ratio"
REMAINING = "slo:error_budget_remaining:ratio"
COVERAGE = "slo:coverage:ratio"
INFO = "slo:info"

ALERT_PAGE = "SLOErrorBudgetBurnPage"
ALERT_TICKET = "SLOErrorBudgetBurnTicket"
ALERT_CONSUMED = "SLOErrorBudgetConsumed"
ALERT_EXHAUSTED = "SLOErrorBudgetExhausted"
ALERT_NO_DATA = "SLONoData"
ALERT_INEFFECTIVE = "SLOIneffective"

MAINTENANCE_END = "slo:maintenance:end"
"""When the running maintenance ends, or the last one ended, for an hour: a Unix time."""
MAINTENANCE_EXCLUDED = "slo:maintenance:excluded"
"""1 while nothing is counted because of maintenance."""

WINDOWS_KIND = "SLOWindows"
"""``Key.kind`` of the aggregate behind a namespace's shared windows."""


@lru_cache(maxsize=1024)
def rate(kind: str, window: Duration | SLOWindow) -> str:
    """The recorded rate of bad or total events over a window, such as ``slo:bad:rate1h``.

    That of a calendar window is named ``slo:bad:rateMonth_Europe_Berlin``.
    """
    # Etc/GMT+5 and Etc/GMT-5 are not the same time.
    text = str(window).replace("+", "plus")
    return f"slo:{kind}:rate{_NOT_IN_NAMES.sub('_', text)}"


def point(kind: str) -> str:
    """What one look at a gauge found, every 30 s."""
    return f"slo:{kind}:point"


def timeslice(kind: str) -> str:
    """The verdict on a slice of time, recorded when it ends."""
    return f"slo:{kind}:timeslice"


def mean(points: str, window: Duration) -> str:
    """The mean over a window of a series recorded every 30 s; a missing point weighs nothing.

    Sums over points divided by the expected number of points, never averages: an average counts only
    the points that exist.
    """
    return f"sum_over_time({points}[{window}]) / {window.milliseconds // RAW_INTERVAL.milliseconds}"


def slice5m(kind: str) -> str:
    """The recorded mean rate of one 5-minute slice."""
    return f"slo:{kind}:slice{SLICE}"


def series(metric: str, objective: Objective) -> str:
    """A recorded series of one SLO. It pins ``sli``, so that history of another indicator never mixes in."""
    return metric + _pinned(objective.namespace, objective.name, objective.sli)


@lru_cache(maxsize=64)
def _pinned(namespace: str, slo: str, sli: str) -> str:
    """The matchers of one SLO's series; a rule object holds dozens of them."""
    return selector("", {"namespace": namespace, "slo": slo, "sli": sli})


def rule_name(slo: str) -> str:
    """Name of the PrometheusRule of one SLO."""
    return f"slo-{slo}"


def windows_name(source: str) -> str:
    """Name of the PrometheusRule with a namespace's shared windows for one source."""
    return f"fireline-windows-{source}"


def budget_tier(percent_consumed: Decimal) -> str:
    """Name of a budget alert: ``Exhausted`` for the whole budget, else ``Budget50``."""
    if percent_consumed == 100:
        return "Exhausted"
    return f"Budget{number(percent_consumed).replace('.', '_')}"
