"""The routing tree of a policy, in the order Alertmanager walks it.

Called by ``compile``. Two siblings with the same matchers have the same group key, and a provider
takes the second message for a repetition of the first: so every escalation level has a matcher of its
own that is always true, and a severity's receivers are different services (``checks``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fireline.alerting import names
from fireline.alerting.model import Matcher, Route, Step
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_severities import Sev, Severity, canonical
from fireline.api.strings import zero_or_seconds
from fireline.promql.durations import Duration

ALL = ("...",)
_AT_ONCE = "1s"
_TEST_INTERVAL = "30s"
"""Also how long Alertmanager tries to deliver before it calls a message failed."""
_LONG = "24h"


def routing_tree(spec: Spec, *, label: str, steps: Sequence[Step], rules_mode: bool) -> Route:
    """All routes of one policy. ``steps`` are the levels after the first, ``label`` is ``namespace/name``."""
    grouping = spec.grouping
    fallback = spec.fallback.receivers if spec.fallback else []
    children = [
        *_tests([one.name for one in spec.receivers]),
        *_deadman(spec),
        *(_escalated(spec, steps) if rules_mode else ()),
        *(
            route
            for severity in sorted(spec.severities, key=lambda one: names.sev_order(canonical(one.name)))
            for route in _severity(spec, severity, () if rules_mode else steps)
        ),
        *(_siblings(Route(name) for name in fallback) if len(fallback) > 1 else ()),
    ]
    return Route(
        receiver=fallback[0] if len(fallback) == 1 else names.NOBODY,
        matchers=(Matcher("alert_policy", label),),
        goes_on=True,  # prometheus-operator sets it whatever stands here
        group_by=tuple(grouping.by),
        wait=_text(grouping.wait),
        interval=_text(grouping.interval),
        repeat=_text(grouping.repeat.sev2),
        routes=tuple(children),
    )


def _siblings(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Routes that are all taken: each but the last lets the walk go on."""
    *first, last = routes
    return (*(replace(route, goes_on=True) for route in first), last)


def _tests(receivers: Sequence[str]) -> tuple[Route, ...]:
    test = Matcher("alertname", names.ALERT_TEST)
    return _siblings(
        Route(
            name,
            (test,),
            group_by=ALL,
            wait=_AT_ONCE,
            interval=_TEST_INTERVAL,
            repeat=_LONG,
        )
        for name in receivers
    )


def _deadman(spec: Spec) -> tuple[Route, ...]:
    if spec.deadman is None:
        return ()
    every = Duration.parse(spec.deadman.every)
    # A repetition is due at a tick of the interval, and one that is due a moment later waits for the next.
    sooner = Duration(every.milliseconds * 9 // 10 // 1000 * 1000)
    return (
        Route(
            spec.deadman.receiver,
            (Matcher("alertname", names.ALERT_HEARTBEAT),),
            group_by=ALL,
            wait=_AT_ONCE,
            interval=str(every),
            repeat=str(sooner),
        ),
    )


def _escalated(spec: Spec, steps: Sequence[Step]) -> tuple[Route, ...]:
    """Mode Rules: alerts of their own say that a level is due, in the hours of the first alert."""
    found: list[Route] = []
    hours = {canonical(one.name): one.hours for one in spec.severities}
    for step in steps:
        level = Matcher(names.LEVEL, str(step.number))
        for sev in step.sevs:
            matchers = (Matcher("alertname", names.ALERT_ESCALATION), level, Matcher("sev", sev))
            within, repeat = hours.get(sev), _repeat(spec, sev)
            active = (within,) if within else ()
            found += _siblings(
                Route(name, matchers, group_by=ALL, wait=_AT_ONCE, repeat=repeat, active=active)
                for name in step.receivers
            )
    return tuple(found)


def _severity(spec: Spec, severity: Severity, steps: Sequence[Step]) -> tuple[Route, ...]:
    sev = canonical(severity.name)
    matcher, repeat = Matcher("sev", sev), _repeat(spec, sev)
    inside = (severity.hours,) if severity.hours else ()
    routes = [Route(name, (matcher,), repeat=repeat, active=inside) for name in at_once(spec, severity)]
    if severity.hours and severity.outside_hours:
        outside = (names.outside(severity.hours),)
        own = Matcher(names.level_label(0), "off", "!=")
        routes += [
            Route(name, (matcher, own), repeat=repeat, active=outside) for name in severity.outside_hours
        ]
    for step in steps:
        if sev in step.sevs:
            own = Matcher(names.level_label(step.number), "off", "!=")
            routes += [
                Route(
                    name,
                    (matcher, own),
                    group_by=ALL,
                    wait=str(Duration(step.after * 1000)),
                    repeat=repeat,
                    active=inside,
                )
                for name in step.receivers
            ]
    return _siblings(routes)


def at_once(spec: Spec, severity: Severity) -> list[str]:
    """Receivers of a severity and those of escalation levels without delay, each once."""
    sev = canonical(severity.name)
    found = dict.fromkeys(severity.receivers)
    if spec.escalation is not None and sev in escalating(spec):
        for level in spec.escalation.levels:
            of_level = {canonical(name) for name in level.severities} if level.severities else {sev}
            if sev in of_level and not zero_or_seconds(level.after):
                found |= dict.fromkeys(level.receivers)
    return list(found)


def escalating(spec: Spec) -> tuple[Sev, ...]:
    """The severities that escalate: those named, else those that page."""
    if spec.escalation is None:
        return ()
    if spec.escalation.severities:
        return tuple(sorted(canonical(name) for name in spec.escalation.severities))
    return tuple(sorted(canonical(one.name) for one in spec.severities if one.page))


def _repeat(spec: Spec, sev: Sev) -> str:
    return _text(getattr(spec.grouping.repeat, sev))


def _text(duration: str) -> str:
    """The shortest spelling, so that ``60m`` and ``1h`` are the same bytes."""
    return str(Duration.parse(duration))
