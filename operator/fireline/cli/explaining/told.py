"""Who is told, when, by an AlertPolicy: in the words of a person reading it aloud. Pure.

Used for the policy itself and, in one line per severity, for its SLOs. `fireline route` walks the real
configuration for one alert; here all severities are read off the spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fireline.alerting.escalation import mode_of, steps_of
from fireline.alerting.model import EscalationMode, Step
from fireline.alerting.receivers import address
from fireline.alerting.routes import at_once
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_severities import SEVS, Sev, Severity, canonical
from fireline.api.alert_policy_time import WEEKDAYS, Hours
from fireline.cli.explaining.arithmetic import Line
from fireline.promql.durations import Duration

NOBODY = "nobody"
_ACKNOWLEDGED: dict[EscalationMode, str] = {
    "Alertmanager": "if it still fires and no silence acknowledges it",
    "Rules": "if it still fires, silenced or not",
}


def told_lines(spec: Spec) -> list[Line]:
    """One line per severity, then what is told to nobody else: the heartbeat."""
    lines = [_severity(spec, sev) for sev in SEVS]
    if spec.deadman is not None:
        every = f"an alert that always fires is sent every {spec.deadman.every}"
        why = "who stops hearing of it knows that alerting is broken"
        lines.append(Line("Heartbeat", _named(spec, [spec.deadman.receiver]), (f"{every}: {why}",)))
    return lines


def short(spec: Spec, sev: Sev) -> str:
    """Who is told of one severity, in one line: ``oncall, chat; after 15m lead``."""
    severity = _mapped(spec, sev)
    if severity is None:
        return ", ".join(_fallback(spec)) or NOBODY
    parts = [", ".join(at_once(spec, severity))]
    if severity.hours:
        outside = ", ".join(severity.outside_hours or ()) or "wait until then"
        parts = [f"{parts[0]} in hours {severity.hours}, outside: {outside}"]
    parts += [f"after {_length(step)} {', '.join(step.receivers)}" for step in _later(spec, sev)]
    return "; ".join(parts)


def _severity(spec: Spec, sev: Sev) -> Line:
    severity = _mapped(spec, sev)
    if severity is None:
        return _unmapped(spec, sev)
    name = sev if severity.name == sev else f"{sev} ({severity.name})"
    figure = f"{'pages' if severity.page else 'does not page'}: {_named(spec, at_once(spec, severity))}"
    words = (*_hours(spec, severity), *_levels(spec, sev), _pace(spec, sev))
    return Line(name, figure, words)


def _unmapped(spec: Spec, sev: Sev) -> Line:
    names = _fallback(spec)
    if not names:
        return Line(sev, NOBODY, ("severities has no such entry, and there is no fallback",))
    words = f"by fallback, since severities has no such entry; {_pace(spec, 'sev2')}"
    return Line(sev, _named(spec, names), (words,))


def _hours(spec: Spec, severity: Severity) -> Iterator[str]:
    if severity.hours is None:
        return
    (hours,) = [one for one in spec.hours or () if one.name == severity.hours]
    yield f"in hours {hours.name} only: {_week(hours)}"
    if severity.outside_hours:
        yield f"outside of them at once: {_named(spec, severity.outside_hours)}"
    else:
        yield "what begins to fire outside of them is told when they begin, if it still fires"


def _week(hours: Hours) -> str:
    """``Monday to Friday, 09:00 to 17:00 in Europe/Berlin, but for 2 holidays``."""
    days = sorted(hours.weekdays, key=WEEKDAYS.index)
    at = [WEEKDAYS.index(day) for day in days]
    in_a_row = len(days) > 2 and at == list(range(at[0], at[0] + len(at)))
    listed = f"{days[0]} to {days[-1]}" if in_a_row else ", ".join(days)
    count = len(hours.holidays or ())
    holidays = f", but for {count} holiday{'' if count == 1 else 's'}" if count else ""
    return f"{listed}, {hours.from_} to {hours.to} in {hours.time_zone}{holidays}"


def _levels(spec: Spec, sev: Sev) -> Iterator[str]:
    mode = mode_of(spec)
    for step in _later(spec, sev):
        yield f"after {_length(step)}, {_ACKNOWLEDGED[mode]}: {_named(spec, step.receivers)}"
    if mode == "Provider":
        yield "later levels are the provider's, by its own rules"


def _later(spec: Spec, sev: Sev) -> list[Step]:
    """The levels Fireline carries out for a severity."""
    return [step for step in steps_of(spec) if sev in step.sevs] if mode_of(spec) in _ACKNOWLEDGED else []


def _pace(spec: Spec, sev: Sev) -> str:
    grouping = spec.grouping
    repeat = getattr(grouping.repeat, sev)
    together = (
        "each alert is a message of its own"
        if grouping.by == ["..."]
        else f"one message for all with the same {', '.join(grouping.by)}"
    )
    return (
        f"{together}: {grouping.wait} after the first, {grouping.interval} after a change, and every "
        f"{repeat} as a reminder"
    )


def _mapped(spec: Spec, sev: Sev) -> Severity | None:
    return next((one for one in spec.severities if canonical(one.name) == sev), None)


def _fallback(spec: Spec) -> list[str]:
    return list(spec.fallback.receivers) if spec.fallback else []


def _named(spec: Spec, names: Sequence[str]) -> str:
    by_name = {one.name: one for one in spec.receivers}
    return ", ".join(f"{name} ({address(by_name[name])})" if name in by_name else name for name in names)


def _length(step: Step) -> str:
    return str(Duration(step.after * 1000))
