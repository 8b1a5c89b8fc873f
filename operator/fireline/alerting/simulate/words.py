"""Why somebody is told, or not, in words. Used by :class:`.told.Told`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fireline.alerting.effective.durations import printed
from fireline.alerting.simulate.matchers import Labels, shown

if TYPE_CHECKING:
    from fireline.alerting.simulate.routes import Route
    from fireline.alerting.simulate.told import Told


def reason(told: Told) -> str:
    """One or two sentences."""
    return f"{_where(told)} {timing(told)}"


def timing(told: Told) -> str:
    """When, or why not: one sentence."""
    if told.inhibited_by:
        first = told.inhibited_by[0]
        return f"Quiet while {alert(first.by)} fires: inhibited by {first.rule}."
    if told.repeats:
        return "Receiver and group are those of an entry above, so it counts as sent."
    wait = f"{length(told.timing.wait)} after the start (group_wait)" if told.timing.wait else "At once"
    if not told.waits:
        return f"{wait[0].upper()}{wait[1:]}, then every {length(told.timing.repeat)} while it fires."
    against = " and ".join(_against(told))
    if told.when is None:
        return f"Never: {against}, and that does not end within a year."
    return f"Not before {moment(told.when)}, if it still fires then: {against}."


def _against(told: Told) -> Iterator[str]:
    names = ", ".join(told.muted_by)
    if names:
        yield f"outside of the active hours {names}" if told.outside_hours else f"muted by {names}"
    for one in told.silenced_by:
        words = f" ({one.comment})" if one.comment else ""
        yield f"silenced by {one.by or 'somebody'} until {moment(one.ends)}{words}"


def length(span: timedelta) -> str:
    """A length of time as configurations write it."""
    return printed(round(span / timedelta(milliseconds=1)))


def moment(instant: datetime) -> str:
    """``Mon 2026-11-23 09:00:00 UTC``: with the weekday, since hours are about it."""
    return instant.strftime("%a %Y-%m-%d %H:%M:%S %Z").rstrip()


def path(routes: tuple[Route, ...]) -> str:
    """Matchers from the first route below the root to the last, or that there are none."""
    below = [shown(route.matchers) for route in routes if route.parent]
    return " → ".join(below) or "the root route, where alerts end that nothing else takes"


def alert(labels: Labels) -> str:
    """An alert by its name and its other labels."""
    others = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "alertname")
    return f"{labels.get('alertname', 'an alert')}{{{others}}}"


def _where(told: Told) -> str:
    return f"It matches {path(told.path)}."
