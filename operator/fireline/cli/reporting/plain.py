"""A report as plain data, for JSON and YAML. Shares are numbers between 0 and 1, unknown is null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fireline.alerting.quality.dead import Silence
from fireline.alerting.quality.judging import Detection, Judged
from fireline.alerting.quality.measure import Quality, Row, Timing
from fireline.alerting.quality.model import Alert, Episode
from fireline.alerting.runbooks import Runbook, stale
from fireline.cli.reporting.asking import Budget, Report, Told
from fireline.cli.reporting.checks import CheckReport, Day
from fireline.cli.when import timestamp
from fireline.promql.expr import number


def plain(report: Report, pages: Sequence[Runbook] | None, today: date) -> dict[str, Any]:
    """The whole report. Times are RFC 3339 in UTC, lengths of time seconds."""
    found: dict[str, Any] = {
        "from": timestamp(report.period.start),
        "to": timestamp(report.period.end),
        "policies": [_policy(one) for one in report.told],
        "budgets": [_budget(one) for one in report.budgets],
        "checks": [_check(one) for one in report.checks],
        "notEvaluated": {
            name: [{"from": timestamp(hole.start), "to": timestamp(hole.end)} for hole in holes]
            for name, holes in sorted(report.holes.items())
        },
    }
    if pages is not None:
        found["staleRunbooks"] = [
            {"page": one.file, "reviewed": one.reviewed.isoformat(), "owner": one.owner or None}
            for one in stale(pages, today)
        ]
    return found


def _policy(one: Told) -> dict[str, Any]:
    return {
        "policy": one.policy.key or None,
        "source": one.source or None,
        "pagesPerWeekWanted": one.policy.pages_per_week,
        "now": _quality(one.quality),
        "before": _figures(one.before),
        "neverFired": _silence(one.silence),
        "proposals": [
            {"kind": each.kind, **alert(each.alert), "evidence": each.evidence, "change": each.change}
            for each in one.proposals
        ],
    }


def _figures(quality: Quality) -> dict[str, Any]:
    known = quality.coverage > 0
    return {
        "coverage": rounded(quality.coverage),
        "episodes": len(quality.episodes) if known else None,
        "pages": len(quality.pages) if known else None,
        "pagesPerWeek": rounded(quality.pages_per_week),
        "offHoursPages": len(quality.off_hours) if known else None,
        "flapping": len(quality.flapping) if known else None,
        "meanSecondsToResolve": rounded(quality.resolve_seconds),
        "right": quality.right,
        "judged": quality.judged,
        "precision": rounded(quality.precision),
        "falsePositives": rounded(quality.false_share),
        "detected": quality.detected,
        "losses": len(quality.detections),
        "recall": rounded(quality.recall),
        "detection": [_timing(one) for one in quality.timings],
    }


def _quality(quality: Quality) -> dict[str, Any]:
    off = {page.start for page in quality.off_hours}
    return {
        **_figures(quality),
        "pagesList": [_page(one, off) for one in quality.pages],
        "lossesList": [_detection(one) for one in quality.detections],
        "episodesList": [_episode(one) for one in quality.episodes],
        "alerts": [_row(one) for one in quality.rows],
        "flappingAlerts": [
            {
                **alert(one.alert),
                "mostInAnHour": one.most,
                "bursts": one.bursts,
                "longestPauseSeconds": one.pause,
            }
            for one in quality.flapping
        ],
        "repeated": [{**alert(one.alert), "times": one.times} for one in quality.repeated],
    }


def alert(one: Alert) -> dict[str, Any]:
    """Which alert it is."""
    return {
        "alert": one.name,
        "namespace": one.namespace,
        **({"slo": one.slo, "tier": one.tier} if one.slo else {}),
        **({"group": dict(one.group)} if one.group else {}),
    }


def _page(judged: Judged, off: set[int]) -> dict[str, Any]:
    page = judged.page
    return {
        **alert(page.first.alert),
        "sev": page.first.sev,
        "from": timestamp(page.start),
        "to": None if page.end is None else timestamp(page.end),
        "seconds": page.lasted,
        "offHours": page.start in off,
        "right": judged.right,
        "episodes": len(page.episodes),
    }


def _episode(one: Episode) -> dict[str, Any]:
    return {
        **alert(one.alert),
        "sev": one.sev,
        "severity": one.severity,
        "from": timestamp(one.start),
        "to": None if one.end is None else timestamp(one.end),
        "endKnown": not one.lost,
    }


def _detection(one: Detection) -> dict[str, Any]:
    namespace, slo = one.event.slo
    return {
        "namespace": namespace,
        "slo": slo,
        "tier": one.event.tier,
        "from": None if one.event.started is None else timestamp(one.event.started),
        "reached": timestamp(one.event.crossed),
        "to": None if one.event.end is None else timestamp(one.event.end),
        "paged": one.page is not None,
        "afterSeconds": one.seconds,
    }


def _timing(one: Timing) -> dict[str, Any]:
    return {
        "sev": one.sev,
        "count": one.count,
        "medianSeconds": one.median,
        "p90Seconds": one.p90,
        "targetSeconds": one.target,
        "withinTarget": one.within,
    }


def _row(one: Row) -> dict[str, Any]:
    return {
        **alert(one.alert),
        "page": one.page,
        "episodes": one.episodes,
        "firingSeconds": one.seconds,
        "right": one.right,
        "judged": one.judged,
    }


def _silence(one: Silence | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "seconds": one.seconds,
        "alerts": [alert(each.alert) for each in one.silent],
        "unknown": [alert(each.alert) for each in one.unknown],
    }


def _budget(one: Budget) -> dict[str, Any]:
    return {
        "namespace": one.objective.namespace,
        "name": one.objective.name,
        "objective": number(one.objective.percent),
        "window": str(one.objective.window),
        "spent": rounded(one.spent),
        "spentLessThan": rounded(one.less_than),
        "remaining": rounded(one.left),
    }


def _check(one: CheckReport) -> dict[str, Any]:
    """Percentages are text, as in the status; unknown is null."""
    return {
        "namespace": one.namespace,
        "name": one.name,
        "location": one.location,
        "target": one.target,
        "window": one.window,
        "availability": one.value,
        "met": one.met,
        "inPeriod": _day(one.total) | {"since": one.since},
        "countedThrough": one.through,
        "days": [{"day": day.day, **_day(day)} for day in one.days],
        "worstDays": [day.day for day in one.worst],
        "failures": [
            {
                "step": each.step or None,
                "reason": each.reason or None,
                "times": each.times,
                "last": each.last or None,
                "message": each.message or None,
            }
            for each in one.failures
        ],
    }


def _day(day: Day) -> dict[str, Any]:
    return {"availability": day.available, "coverage": day.covered, "counts": dict(day.counts)}


def rounded(value: float | None) -> float | None:
    """Four decimals; None stays None."""
    return None if value is None else round(value, 4)
