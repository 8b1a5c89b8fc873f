"""A backtest as plain data, for ``--output json`` and ``yaml``. Shares are numbers, unknown is null."""

from __future__ import annotations

from typing import Any

from fireline.cli.when import timestamp
from fireline.promql.expr import number
from fireline.slo.replay.incidents import Score
from fireline.slo.replay.outcome import Judged, Outcome
from fireline.slo.replay.states import Period
from fireline.slo.replay.track import Value


def plain(outcomes: list[list[Outcome]], *, step: int) -> dict[str, Any]:
    """All SLOs, each with its objectives."""
    return {"stepSeconds": step, "slos": [_slo(one) for one in outcomes]}


def _slo(outcomes: list[Outcome]) -> dict[str, Any]:
    first = outcomes[0]
    return {
        "namespace": first.objective.namespace,
        "name": first.objective.name,
        "service": first.objective.service,
        "window": str(first.objective.window),
        "from": timestamp(first.start),
        "to": timestamp(first.end),
        "objectives": [_objective(one) for one in outcomes],
    }


def _objective(outcome: Outcome) -> dict[str, Any]:
    peak = outcome.peak
    return {
        "objective": number(outcome.objective.percent),
        "held": outcome.held,
        "consumed": {
            "atEnd": _rounded(outcome.consumed),
            "worst": _rounded(peak.consumed if peak else None),
            "worstAt": timestamp(peak.at) if peak else None,
        },
        "sli": _rounded(outcome.sli),
        "coverage": _rounded(outcome.coverage),
        "alerts": [_alert(one, outcome.end) for one in outcome.alerts],
        "notes": list(outcome.objective.notes),
    }


def _alert(judged: Judged, end: int) -> dict[str, Any]:
    alert = judged.alert
    return {
        "tier": alert.tier,
        "severity": alert.severity,
        **({"group": dict(alert.group)} if alert.group else {}),
        "fired": len(alert.periods),
        "firingSeconds": sum(lasted(period, end) for period in alert.periods),
        "periods": [_period(period, end) for period in alert.periods],
        **(_score(judged.score) if judged.score else {}),
    }


def _period(period: Period, end: int) -> dict[str, Any]:
    return {
        "from": timestamp(period.start),
        "to": None if period.end is None else timestamp(period.end),
        "seconds": lasted(period, end),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "right": score.right,
        "precision": _rounded(score.precision),
        "detected": score.detected,
        "incidents": score.happened,
        "recall": _rounded(score.recall),
        "detections": [
            {"incident": one.incident.name, "afterSeconds": one.delay, "resetSeconds": one.reset}
            for one in score.detections
        ],
    }


def lasted(period: Period, end: int) -> int:
    """Seconds of a period; one that still fires lasts until ``end``."""
    return (end if period.end is None else period.end) - period.start


def _rounded(value: Value) -> Value:
    return None if value is None else round(value, 6)
