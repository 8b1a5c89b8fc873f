"""Pyrra's alerts: four burn rates scaled from 28 days, and one for absent series.

Pyrra's windows are those of 28 days times window / 28d, rounded to minutes; its factors 14, 7, 2 and 1
are the same for every window. They stand in the object as tiers of their own.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fireline.cli.importing.source import Field
from fireline.cli.importing.tiers import STEP, Severity, Tier, by_factor, on_grid, that_can_fire
from fireline.promql.durations import Duration

_BASE = Duration.of(days=28)
_HOUR = Duration.of(hours=1)
_MINUTE = Duration.of(minutes=1).milliseconds
_TIERS: tuple[tuple[str, str, Severity, str, str, int], ...] = (
    ("FastBurn", "fastBurn", "Page", "1h", "5m", 14),
    ("MediumBurn", "mediumBurn", "Page", "6h", "30m", 7),
    ("SlowBurn", "slowBurn", "Ticket", "1d", "2h", 2),
    ("LongTermBurn", "longTermBurn", "Ticket", "4d", "6h", 1),
)
"""Name here, name in ``alerting.severities``, severity, long and short window for 28 days, factor."""
_FAST_FOR = Duration.of(minutes=2)
_SEVERITIES: dict[str, Severity] = {
    "critical": "Page",
    "page": "Page",
    "warning": "Ticket",
    "ticket": "Ticket",
}
_SHORTEST_ABSENCE, _LONGEST_ABSENCE = Duration.of(minutes=5), Duration.of(hours=1)


def alerting(spec: Field, window: Duration, objective: Decimal) -> dict[str, Any]:
    """``spec.alerting``, without labels and annotations."""
    field = spec.get("alerting")
    _names(field)
    burning = field.get("burnrates").flag(default=True) and not field.get("disabled").flag(default=False)
    absent = field.get("absent").flag(default=True)
    severities = field.get("severities")
    if not burning:
        if absent:
            switch = next(each for each in ("disabled", "burnrates") if field.get(each).present)
            field.get(switch).changed(
                "Pyrra would still tell of absent series; here no alert is left at all",
                "enable alerting to hear of missing data",
            )
        severities.drop("alerting is disabled", "")
        return {"disabled": True}
    tiers = _tiers(spec, window, objective)
    found: dict[str, Any] = {"burnRates": tiers} if tiers else {}
    return found | {"budget": [], "noData": _no_data(field, absent, window, objective)}


def scaled(length: Duration, window: Duration) -> Duration:
    """Pyrra's window for an objective over ``window``: that of 28 days in proportion, to the minute."""
    exact = Decimal(length.milliseconds) * window.milliseconds / _BASE.milliseconds / _MINUTE
    return Duration(int(exact.quantize(Decimal(1), ROUND_HALF_UP)) * _MINUTE)


def _tiers(spec: Field, window: Duration, objective: Decimal) -> list[Tier]:
    tiers, moved = [], []
    for name, key, usual, long, short, factor in _TIERS:
        theirs = [scaled(Duration.parse(each), window) for each in (long, short)]
        ours = [_near(each) for each in theirs]
        moved += [f"{old} is {new}" for old, new in zip(theirs, ours, strict=True) if old != new]
        severity = _severity(spec.get("alerting", "severities", key), usual)
        tiers.append(by_factor(name, severity, ours[0], ours[1], Decimal(factor)))
    if moved:
        spec.get("window").changed(
            f"alert windows moved to whole five minutes: {', '.join(dict.fromkeys(moved))}",
            "remove alerting.burnRates to use Fireline's standard tiers",
        )
    return that_can_fire(tiers, str(objective), {"rolling": str(window)}, spec.get("target"))


def _near(length: Duration) -> Duration:
    """The nearest window of Fireline's. Up to an hour it reads raw series, which is minutes faster: so an
    hour also stands for the few minutes more that Pyrra looks back with windows of 29 to 30 days."""
    return _HOUR if _HOUR < length < Duration(_HOUR.milliseconds + STEP.milliseconds) else on_grid(length)


def _severity(field: Field, usual: Severity) -> Severity:
    text = field.text()
    if text is None:
        return usual
    found = _SEVERITIES.get(text.lower())
    if found is None or text.lower() not in {"critical", "warning"}:
        field.lost(
            f"severity is critical for a Page and warning for a Ticket; this is a {found or usual}",
            "map it in the routes, by severity or slo_tier",
        )
    return found or usual


def _no_data(field: Field, absent: bool, window: Duration, objective: Decimal) -> dict[str, str]:
    """The alert for absent series, as late as Pyrra has it: when a total outage would page."""
    severity = field.get("severities", "absent")
    if severity.value == "critical":
        severity.take()
    else:
        severity.drop("missing data is always critical", "map it in the routes, by slo_tier=NoData")
    if not absent:
        return {"action": "Ignore"}
    long, bad = scaled(Duration.parse("1h"), window), (100 - objective) / 100
    waits = int(14 * bad * long.milliseconds) + _FAST_FOR.milliseconds
    after = Duration(round(waits / _MINUTE) * _MINUTE)
    return {"after": str(min(max(after, _SHORTEST_ABSENCE), _LONGEST_ABSENCE)), "action": "Alert"}


def _names(field: Field) -> None:
    for name in ("name", "absentName"):
        field.get(name).drop(
            "Fireline's alerts have fixed names, one for each severity",
            "match slo, service and severity in routes and silences instead",
        )
