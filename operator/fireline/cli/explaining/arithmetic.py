"""The numbers of an SLO worked out by hand, so that a person can check every one of them. Pure.

Figures come from the object's status and are never computed anew here: what is computed is what they
follow from. A figure that is missing there is Unknown here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fireline.api.conditions import found, parse_timestamp
from fireline.cli.standing import NEVER
from fireline.cli.words import exact, rough
from fireline.promql.expr import number
from fireline.slo.budget import weighting
from fireline.slo.model import Objective

UNKNOWN = "Unknown"
_YOUNG = Decimal("0.85")
"""Below this a quotient is smaller than the rounding of its parts can explain."""
Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One number: its name, its value as in the status, and where it comes from."""

    name: str
    figure: str
    words: tuple[str, ...] = ()


def numbers(objective: Objective, status: Status, now: datetime) -> list[Line]:
    """Every number, in the order in which each follows from those before it."""
    budget = status.get("budget", {})
    lines = [_objective(objective, status, now)]
    if not status:
        return lines
    if "consumed" not in budget:
        return [*lines, _no_budget(status, budget)]
    lines += [_consumed(objective, budget), _left(objective, budget, now)]
    lines += _burn(objective, status)
    lines += _runs_out(objective, status, now)
    return [*lines, *_audit(budget), *_groups(status)]


def allowed(objective: Objective) -> str:
    """The error budget as a percentage: ``0.1 %``."""
    return f"{number(objective.budget_ratio * 100)} %"


def outage(objective: Objective, now: datetime) -> float:
    """The whole budget as seconds of total outage, in the running period of a calendar window."""
    return float(objective.budget_ratio) * objective.window.span(now.timestamp()).seconds


def window_text(objective: Objective) -> str:
    """``30d``, or ``the calendar month (Europe/Berlin)``."""
    window = objective.window
    return (
        str(window) if window.calendar is None else f"the calendar {window.calendar.lower()} ({window.zone})"
    )


def things(objective: Objective) -> str:
    """What is counted: events, slices of time, or time itself."""
    match weighting(objective):
        case "Events":
            return "events"
        case "Slices":
            assert objective.timeslice is not None  # noqa: S101 - that is what the weighting says
            return f"slices of {objective.timeslice.length}"
        case "Time":
            return "moments"
        case _:
            return "events of its members"


def _objective(objective: Objective, status: Status, now: datetime) -> Line:
    share = Fraction(objective.budget_ratio)
    span = objective.window.span(now.timestamp())
    running = "" if objective.window.calendar is None else " (the one running)"
    words = [
        f"100 % - {number(objective.percent)} % = {allowed(objective)} may be bad: the error budget",
        f"that is {share.numerator:,} of {share.denominator:,} {things(objective)}",
        f"as time of total outage: {allowed(objective)} × {exact(span.seconds)}{running} = "
        + exact(outage(objective, now)),
    ]
    if objective.timeslice is not None:
        limit = number(objective.timeslice.bad_above * 100)
        words.append(f"a slice is bad when more than {limit} % of its events are")
    if objective.composite is not None:
        members = ", ".join(f"{name} × {number(weight)}" for name, weight in objective.composite.members)
        words.append(f"made of {members}, {_method(objective.composite.method)}")
    since = status.get("objective", {}).get("since")
    if since:
        words.append(
            f"it was changed on {since}: the figures reach back before that and are judged by the new one"
        )
    return Line("Objective", f"{number(objective.percent)} % over {window_text(objective)}", tuple(words))


def _method(method: str) -> str:
    return "their burn added up by weight" if method == "Weighted" else "the one that burns fastest counts"


def _no_budget(status: Status, budget: Mapping[str, Any]) -> Line:
    why = found(status, "BudgetHealthy") or {}
    words = [str(why.get("message", "no operator has written a figure yet"))]
    if "queuePosition" in budget:
        words.append(f"it waits for its turn to be counted: place {budget['queuePosition']} in the queue")
    return Line("Budget consumed", UNKNOWN, tuple(words))


def _consumed(objective: Objective, budget: Mapping[str, Any]) -> Line:
    share, whole = allowed(objective), "window" if objective.window.calendar is None else "period"
    words = [f"bad ÷ ({share} × all) × the part of the {whole} that has passed since the first data"]
    words += _counted(objective, budget)
    words.append(_SOURCES.get(str(budget.get("source")), "where it was counted is not known"))
    if "coverage" in budget and float(budget["coverage"]) < 100:
        words.append(f"data was seen for {budget['coverage']} % of the {whole}; the rest weighs nothing")
    if "asOf" in budget:
        words.append(f"measured at {budget['asOf']}; the time moves only when a rounded figure does")
    return Line("Budget consumed", f"{budget['consumed']} %", tuple(words))


def _counted(objective: Objective, budget: Mapping[str, Any]) -> Iterator[str]:
    """The division with numbers of events, which the status has in two digits: hence "about"."""
    counted = budget.get("events", {})
    if not {"bad", "total"} <= counted.keys() or float(counted["total"]) <= 0:
        return
    lasting = Decimal(counted["total"]) * objective.budget_ratio
    spent = Decimal(counted["bad"]) / lasting * 100
    bad, total, may = (_grouped(one) for one in (counted["bad"], counted["total"], _round(lasting)))
    yield f"about {bad} bad ÷ ({allowed(objective)} × about {total} = {may}) = {_round(spent)} %"
    passed = Decimal(budget["consumed"]) / spent if spent > 0 else Decimal(1)
    if passed < _YOUNG:
        yield f"× about {passed:.0%}, the part that has passed: so little time has not spent a whole budget"


_SOURCES: Mapping[str, str] = {
    "Exact": "counted from your raw series, as far back as Prometheus has them",
    "Recorded": "summed up from the series Fireline's rules record",
}


def _left(objective: Objective, budget: Mapping[str, Any], now: datetime) -> Line:
    left, whole = budget.get("left", UNKNOWN), outage(objective, now)
    words = [
        f"100 % - {budget['consumed']} % = {budget['remaining']} %",
        f"as time of total outage: {budget['remaining']} % × {exact(whole)} = {left}",
    ]
    if "left" in budget.get("events", {}):
        words.append(f"or about {_grouped(budget['events']['left'])} more bad {things(objective)}")
    if objective.window.calendar is None:
        words.append(
            f"a rolling budget has no reset: it comes back as bad events become older than {objective.window}"
        )
    elif "period" in budget:
        words.append(f"the next budget begins at {budget['period']['to']}")
    return Line("Budget left", f"{budget['remaining']} %", tuple(words))


def _burn(objective: Objective, status: Status) -> Iterator[Line]:
    """What each burn rate says about the bad share, and how long a whole budget would last."""
    length = objective.window.nominal
    for reading in status.get("burnRates", ()):
        window, value = reading["window"], str(reading["value"])
        if value.startswith("<"):
            yield Line(
                f"Burn {window}", value, (f"a bad share so small that it is next to nothing in {window}",)
            )
            continue
        rate = Decimal(value)
        share = number(rate * objective.budget_ratio * 100)
        words = [
            f"{value} × {allowed(objective)} = {share} % of {things(objective)} in the last {window} were bad"
        ]
        if rate > 1:
            lasts = exact(length.seconds / float(rate)) if rate < 2 else rough(length.seconds / float(rate))
            words.append(f"at this rate a whole budget of {length} lasts {length} ÷ {value} = {lasts}")
        elif rate > 0:
            words.append("below 1: a budget spent like this is never used up")
        yield Line(f"Burn {window}", value, tuple(words))


def _runs_out(objective: Objective, status: Status, now: datetime) -> Iterator[Line]:
    budget = status["budget"]
    forecast = budget.get("exhaustion", {})
    if float(budget["remaining"]) <= 0:
        yield Line("Runs out", "spent", ("nothing is left to run out",))
        return
    if "atCurrentBurn" in forecast:
        burn = {one["window"]: str(one["value"]) for one in status.get("burnRates", ())}.get("1h", "?")
        length = exact(objective.window.span(now.timestamp()).seconds)
        yield Line(
            "Runs out, at this burn",
            _moment(forecast["atCurrentBurn"], now),
            (f"{budget['remaining']} % of {length} ÷ the burn of the last hour ({burn})",),
        )
    if "netOfRollOff" in forecast:
        calendar = objective.window.calendar is not None
        why = "the period ends first" if calendar else "old bad events leave the window meanwhile"
        yield Line(
            "Runs out, net", _moment(forecast["netOfRollOff"], now), (f"the same, counting that {why}",)
        )


def _moment(text: str, now: datetime) -> str:
    if text == NEVER:
        return "never"
    seconds = (parse_timestamp(text) - now).total_seconds()
    return f"{text} (in {rough(seconds)})" if seconds > 0 else f"{text} (now)"


def _audit(budget: Mapping[str, Any]) -> Iterator[Line]:
    audit = budget.get("audit", {})
    if "drift" in audit:
        yield Line(
            "Audit",
            f"{audit['drift']} points",
            (f"recorded minus exact; the raw series say {audit.get('consumed', UNKNOWN)} % consumed",),
        )


def _groups(status: Status) -> Iterator[Line]:
    worst = status.get("worstGroups", ())
    if worst:
        listed = tuple(f"{_labels(one['labels'])}: {one['consumed']} % consumed" for one in worst)
        yield Line(
            "Groups",
            str(status.get("groups", len(worst))),
            ("each has a budget of its own; the worst:", *listed),
        )


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in labels.items())


def _round(value: Decimal) -> str:
    return number(round(value, 1))


def _grouped(text: str) -> str:
    """``1200000`` as ``1,200,000``."""
    return f"{Decimal(text):,f}"
