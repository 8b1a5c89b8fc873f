"""What Prometheus is asked about the past of alerts and budgets. PromQL text only.

Of alerts it is asked where they began and ended, not when they fired: an alert that fires for a month is
two numbers instead of forty thousand, and the answers to two pieces of the past simply follow one another.
Names of series are those of docs/reference/series.md; a test compares them with the room that writes the
rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from fireline.alerting import names
from fireline.alerting.quality.model import DAY, SLOKey
from fireline.promql.expr import quote, selector

STEP = 60
"""Seconds between two looks at alerts: they begin and end at most so much earlier than is told."""
SLICE = 300
"""Seconds of one recorded slice of a budget."""
_SENTINELS = 5
_SIGNS = ('ALERTS{alert_policy!=""}', 'ALERTS{alertname="Watchdog"}', "prometheus_build_info")
_COVERAGE_POINTS = 168
_CLOSELY = "10m"
"""Between two looks at what is consumed, which is recorded every 2m30s and stays for days."""
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9]+")
_IDENTITY = ("alert_policy", "namespace", "alertname", "slo", "slo_tier", "sev", "severity")
NOT_ALERTS = "|".join(names.GENERATED)
"""What is no news of its own: heartbeats, which fire for ever, tests, levels of an escalation."""
_SLO = "by (namespace, slo, sli)"
_ON = "on (namespace, slo, sli)"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """An SLO window as its series are named after it (``30d``, ``Month Europe/Berlin``), and its length."""

    text: str
    seconds: int


def edges(groups: Iterable[str], *, step: int = STEP) -> dict[str, str]:
    """Range queries ``began`` and ``ended``, to be asked every ``step`` seconds.

    ``began``: one point where an alert fires that did not one step before; ``ended``: the other way round.
    Replicas, instances and pods are folded; ``groups`` are the labels SLOs are grouped by.
    """
    labels = sorted({*_IDENTITY, *groups})
    return _edges(lambda offset: firing(labels, offset), step)


def firing_now(groups: Iterable[str]) -> str:
    """Every alert that fires at a moment, with the labels of :func:`edges`."""
    return firing(sorted({*_IDENTITY, *groups}))


def firing(labels: Iterable[str], offset: str = "", over: str = "") -> str:
    """Firing alerts of policies and of SLOs, one series for each set of ``labels``."""
    common = f'alertstate="firing",alertname!~{quote(NOT_ALERTS)}'
    ours = (f'{common},alert_policy!=""', f'{common},alert_policy="",slo!="",slo_tier!=""')
    both = " or ".join(_over(f"ALERTS{{{matchers}}}", over, offset) for matchers in ours)
    return f"max by ({', '.join(labels)}) ({both})"


def _over(vector: str, over: str, offset: str) -> str:
    return f"present_over_time({vector}[{over}])" if over else f"{vector}{offset}"


def alive(sentinels: Iterable[SLOKey], *, step: int = STEP) -> dict[str, str]:
    """Range queries ``up`` and ``down``: where Prometheus began and ceased to evaluate anything.

    It is seen by alerts of policies, by what is recorded all the time of some of the SLOs, by the watchdog
    most clusters have, and by Prometheus' own build information where it scrapes itself.
    """
    told = sorted(sentinels)[:_SENTINELS]

    def expr(offset: str) -> str:
        return f"count({_signs(told, offset)})"

    found = _edges(expr, step)
    return {"up": found["began"], "down": found["ended"]}


def alive_now(sentinels: Iterable[SLOKey]) -> str:
    """One sample while Prometheus evaluates."""
    return f"count({_signs(sorted(sentinels)[:_SENTINELS], '')})"


def _signs(told: Iterable[SLOKey], offset: str) -> str:
    recorded = [
        selector("slo:objective:ratio", {"namespace": namespace, "slo": slo}) for namespace, slo in told
    ]
    return " or ".join(f"{sign}{offset}" for sign in (*_SIGNS, *recorded))


def _edges(expr: Callable[[str], str], step: int) -> dict[str, str]:
    now, before = expr(""), expr(f" offset {step}s")
    return {"began": f"{now} unless {before}", "ended": f"{before} unless {now}"}


def fired(seconds: int) -> str:
    """Instant query: every alert that fired at any moment of the past ``seconds``."""
    return firing(("alert_policy", "namespace", "alertname", "slo", "slo_tier"), over=f"{seconds}s")


def slo_coverage(seconds: int) -> str:
    """Instant query: for each SLO, at which share of the past ``seconds`` its rules were evaluated."""
    step = _looks(seconds)
    seen = 'max by (namespace, slo) (slo:objective:ratio{sli!=""})'
    return f"count_over_time({seen}[{step * (seconds // step)}s:{step}s]) / {seconds // step}"


def _looks(seconds: int) -> int:
    """Seconds between two looks at a long time."""
    return max(STEP, seconds // _COVERAGE_POINTS // STEP * STEP)


def candidates(seconds: int, least: float) -> str:
    """Instant query: SLOs that had spent so much of their budget at some moment of the past ``seconds``.

    No other SLO can have a budget event, since the SLO window covers every tier's long window.
    """
    most = f"max_over_time(slo:error_budget_consumed:ratio[{seconds}s:{_CLOSELY}])"
    return f"max by (namespace, slo) ({most}) >= {least:g}"


def spending(slos: Collection[SLOKey], window: Window) -> dict[str, str]:
    """Range queries, every ``SLICE`` seconds, about SLOs with this window.

    ``bad``: bad events of the slice that ended last, where there are any. ``scale``: the share of the budget
    that one bad event spends, from what is recorded as consumed: it is right for every kind of weighting,
    and for young SLOs.
    """
    mine = _matchers(slos)
    name = f"slo:bad:rate{_NOT_IN_NAMES.sub('_', window.text.replace('+', 'plus'))}"
    own = f"and {_ON} slo:info{{{mine},slo_window={quote(window.text)}}}"
    bad = f"sum {_SLO} (slo:bad:slice5m{{{mine}}}) * {SLICE} > 0"
    events = f"(sum {_SLO} ({name}{{{mine}}}) * {window.seconds} > 0)"
    consumed = f"max {_SLO} (slo:error_budget_consumed:ratio{{{mine}}})"
    return {"bad": f"({bad}) {own}", "scale": f"({consumed} / {_ON} {events}) {own}"}


def burning(slo: SLOKey, limit: float) -> str:
    """Range query: where an SLO's burn rate over 5 minutes is above the limit."""
    namespace, name = slo
    series = selector("slo:burn_rate:ratio", {"namespace": namespace, "slo": name, "window": "5m"})
    return f"max by (namespace, slo) ({series}) > {limit:g}"


def remaining() -> str:
    """Instant query: the budget that is left of each SLO, 1 is all of it."""
    return "max by (namespace, slo) (slo:error_budget_remaining:ratio)"


def recorded_slices(seconds: int) -> str:
    """Instant query: SLOs of which slices of bad events were recorded in the past ``seconds``."""
    step = max(SLICE, _looks(seconds))
    return f"count by (namespace, slo) (count_over_time(slo:bad:slice5m[{seconds}s:{step}s]))"


def coverage(sentinels: Iterable[SLOKey], seconds: int) -> str:
    """Instant query: at which share of the past ``seconds`` Prometheus evaluated anything."""
    step = _looks(seconds)
    looks = seconds // step
    return f"count_over_time(({alive_now(sentinels)})[{step * looks}s:{step}s]) / {looks}"


def _matchers(slos: Collection[SLOKey]) -> str:
    """Matchers of at least these SLOs. Answers are sorted by key, so a few too many do no harm."""
    namespaces = "|".join(sorted({re.escape(namespace) for namespace, _ in slos}))
    names = "|".join(sorted({re.escape(name) for _, name in slos}))
    return f"namespace=~{quote(namespaces)},slo=~{quote(names)}"


DEAD_AFTER = 90 * DAY
"""An alert that did not fire for so long is told of."""
