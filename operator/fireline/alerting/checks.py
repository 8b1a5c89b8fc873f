"""What is wrong with an AlertPolicy that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a
small function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the
first issue found is the reason users see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from fireline.alerting.compile import delivery_of, has_merged, severity_labels
from fireline.alerting.escalation import mode_of, steps_of
from fireline.alerting.inhibition import foreign
from fireline.alerting.notes import (
    everybody_is_told,
    levels_follow_the_first_message,
    tickets_that_stay_open,
)
from fireline.alerting.receivers import (
    check_receiver,
    lost_in_amc,
    not_in_files,
    service_key,
)
from fireline.alerting.routes import at_once
from fireline.alerting.rules.checks import check_rules
from fireline.api.alert_policy import AlertPolicy, Spec
from fireline.api.alert_policy_severities import SeverityName, canonical
from fireline.api.issues import Issue, Location, explain, source_is_known
from fireline.api.strings import zero_or_seconds
from fireline.api.zones import zones
from fireline.promql.durations import Duration
from fireline.settings import Settings

Found = Iterator[Issue]
_SHORTEST_HEARTBEAT = 10


def read(
    manifest: dict[str, Any], *, settings: Settings, confined: bool = True
) -> tuple[AlertPolicy | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note. ``confined``: see ``compile_policy``.
    """
    try:
        policy = AlertPolicy.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import policy_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, policy_schema())
    issues = check(policy, settings=settings, confined=confined)
    return (None if any(not issue.note for issue in issues) else policy), issues


def check(policy: AlertPolicy, *, settings: Settings, confined: bool = True) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    spec = policy.spec
    issues = [issue for function in _CHECKS for issue in function(spec)]
    issues += _rules_are_sound(policy, settings)
    issues += _servers_are_known(spec, settings)
    issues += _delivery_is_possible(policy, settings, confined)
    return sorted(issues, key=lambda issue: issue.note)


def _receivers_exist(spec: Spec) -> Found:
    """Every name of a receiver is one of ``spec.receivers``."""
    known = {one.name for one in spec.receivers}
    for at, name in _named_receivers(spec):
        if name not in known:
            listed = ", ".join(sorted(known))
            yield Issue("UnknownReceiver", at, f"{name!r} is not among spec.receivers; there are: {listed}")


def _named_receivers(spec: Spec) -> Iterator[tuple[Location, str]]:
    lists: list[tuple[Location, Collection[str]]] = []
    for number, severity in enumerate(spec.severities):
        at: Location = ("spec", "severities", number)
        lists.append(((*at, "receivers"), severity.receivers))
        lists.append(((*at, "outsideHours"), severity.outside_hours or ()))
    for number, level in enumerate(spec.escalation.levels if spec.escalation else ()):
        lists.append((("spec", "escalation", "levels", number, "receivers"), level.receivers))
    lists.append((("spec", "fallback", "receivers"), spec.fallback.receivers if spec.fallback else ()))
    for at, named in lists:
        for place, name in enumerate(named):
            yield (*at, place), name
    if spec.deadman is not None:
        yield ("spec", "deadman", "receiver"), spec.deadman.receiver


def _hours_exist(spec: Spec) -> Found:
    """Hours that a severity names are there, and ``outsideHours`` has hours to be outside of."""
    known = {one.name for one in spec.hours or ()}
    for number, severity in enumerate(spec.severities):
        at: Location = ("spec", "severities", number)
        if severity.hours is not None and severity.hours not in known:
            listed = ", ".join(sorted(known)) or "none"
            yield Issue(
                "UnknownHours",
                (*at, "hours"),
                f"{severity.hours!r} is not among spec.hours; there are: {listed}",
            )
        if severity.outside_hours and severity.hours is None:
            yield Issue("InvalidSpec", (*at, "outsideHours"), "needs hours beside it, to be outside of")


def _hours_are_sound(spec: Spec) -> Found:
    """Time zones and dates exist, and the names of inside and outside differ."""
    listed = spec.hours or ()
    for number, one in enumerate(listed):
        at: Location = ("spec", "hours", number)
        if one.time_zone not in zones():
            yield Issue(
                "UnknownTimeZone",
                (*at, "timeZone"),
                f"{one.time_zone!r} is no IANA time zone; write it like Europe/Berlin or UTC",
            )
            continue
        for place, text in enumerate(one.holidays or ()):
            if not _exists(text):
                words = f"there is no {text}; write the date of a day that exists, such as 2026-12-25"
                yield Issue("InvalidSpec", (*at, "holidays", place), words)
        if one.name.endswith("-outside") and one.name.removesuffix("-outside") in {h.name for h in listed}:
            yield Issue("InvalidSpec", (*at, "name"), f"{one.name!r} is taken for the outside of other hours")


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _receivers_are_sound(spec: Spec) -> Found:
    """What each kind of receiver needs."""
    for number, one in enumerate(spec.receivers):
        yield from check_receiver(one, ("spec", "receivers", number))


def _services_differ(spec: Spec) -> Found:
    """Two receivers told by the same matchers at the same service would be one incident, told once."""
    by_name = {one.name: one for one in spec.receivers}
    for at, names in _told_together(spec):
        seen: dict[Any, str] = {}
        for name in names:
            key = service_key(by_name[name]) if name in by_name else None
            if key is not None and key in seen:
                yield Issue(
                    "SameService",
                    at,
                    f"{seen[key]} and {name} are the same service with the same key: it would take the "
                    f"second message for a repetition of the first; name one of them",
                )
            if key is not None:
                seen.setdefault(key, name)


def _told_together(spec: Spec) -> Iterator[tuple[Location, Collection[str]]]:
    """Lists of receivers whose routes have the same matchers, and so the same group keys."""
    for number, severity in enumerate(spec.severities):
        at: Location = ("spec", "severities", number)
        yield (*at, "receivers"), at_once(spec, severity)
        yield (*at, "outsideHours"), severity.outside_hours or ()
    for number, level in enumerate(spec.escalation.levels if spec.escalation else ()):
        if zero_or_seconds(level.after):
            yield ("spec", "escalation", "levels", number, "receivers"), level.receivers
    yield ("spec", "fallback", "receivers"), spec.fallback.receivers if spec.fallback else ()


def _levels_are_in_order(spec: Spec) -> Found:
    """Each level is later than the one before for every severity they share."""
    if spec.escalation is None:
        return
    before: int | None = None
    for number, level in enumerate(spec.escalation.levels):
        seconds = zero_or_seconds(level.after)
        if before is not None and seconds <= before:
            yield Issue(
                "InvalidEscalation",
                ("spec", "escalation", "levels", number, "after"),
                f"{level.after} is not later than the level before it; write levels in order, such as 0m, "
                f"15m, 30m",
            )
        before = seconds


def _escalating_severities_exist(spec: Spec) -> Found:
    """Severities that escalate are mapped: others have no route of their own."""
    if spec.escalation is None:
        return
    known = {canonical(one.name) for one in spec.severities}
    lists: list[tuple[Location, Sequence[SeverityName]]] = [
        (("spec", "escalation", "severities"), spec.escalation.severities or ())
    ]
    for number, level in enumerate(spec.escalation.levels):
        lists.append((("spec", "escalation", "levels", number, "severities"), level.severities or ()))
    for at, named in lists:
        for place, name in enumerate(named):
            if canonical(name) not in known:
                yield Issue("InvalidEscalation", (*at, place), f"{name} is not among spec.severities")
    if not spec.escalation.severities and not any(one.page for one in spec.severities):
        yield Issue(
            "InvalidEscalation",
            ("spec", "escalation", "severities"),
            "is missing, and no severity pages; name those that escalate, such as [sev0]",
        )


def _provider_escalates_itself(spec: Spec) -> Found:
    """With mode Provider further levels live there."""
    if spec.escalation is None or mode_of(spec) != "Provider":
        return
    if len(spec.escalation.levels) > 1 or steps_of(spec):
        yield Issue(
            "InvalidEscalation",
            ("spec", "escalation", "levels"),
            "with mode Provider the levels live in the provider: keep one with after: 0m here, or write "
            "mode: Alertmanager",
        )


def _heartbeat_has_a_pace(spec: Spec) -> Found:
    """A heartbeat faster than rules are evaluated says nothing more."""
    if spec.deadman is not None and Duration.parse(spec.deadman.every).seconds < _SHORTEST_HEARTBEAT:
        yield Issue(
            "InvalidSpec", ("spec", "deadman", "every"), f"{spec.deadman.every} is below 10s; write 1m"
        )


def _times_are_whole(spec: Spec) -> Found:
    """Alertmanager counts in whole seconds here, and a reminder is due at a tick of the interval."""
    grouping = spec.grouping
    interval = Duration.parse(grouping.interval)
    for sev in ("sev0", "sev1", "sev2"):
        repeat = Duration.parse(getattr(grouping.repeat, sev))
        if repeat < interval:
            yield Issue(
                "InvalidSpec",
                ("spec", "grouping", "repeat", sev),
                f"{repeat} is shorter than grouping.interval {interval}: reminders come with the interval at "
                f"the soonest",
            )


def _rules_are_sound(policy: AlertPolicy, settings: Settings) -> Found:
    """PromQL, templates and severities of the policy's own rules."""
    spec, meta = policy.spec, policy.metadata
    runbook = (spec.runbook_url or settings.runbook_url) is not None
    yield from check_rules(
        spec.rules_ or [], severity_labels(spec), runbook=runbook, owner=(meta.namespace, meta.name)
    )


def _everything_is_used(spec: Spec) -> Found:
    """A receiver nobody names is a receiver somebody forgot."""
    used = {name for _, name in _named_receivers(spec)}
    for number, one in enumerate(spec.receivers):
        if one.name not in used:
            yield Issue(
                "Unused", ("spec", "receivers", number), f"{one.name} is told of nothing but tests", note=True
            )
    hours = {one.hours for one in spec.severities}
    for number, given in enumerate(spec.hours or ()):
        if given.name not in hours:
            yield Issue("Unused", ("spec", "hours", number), f"no severity names {given.name}", note=True)


def _servers_are_known(spec: Spec, settings: Settings) -> Found:
    """The Prometheus and the Alertmanager are ones the operator was told about."""
    yield from source_is_known(spec.prometheus, settings.sources)
    if spec.alertmanager not in settings.alertmanagers and spec.alertmanager != "default":
        known = ", ".join(sorted(settings.alertmanagers)) or "none"
        yield Issue(
            "UnknownAlertmanager",
            ("spec", "alertmanager"),
            f"{spec.alertmanager!r} is no Alertmanager of this operator; known: {known}",
        )


def _delivery_is_possible(policy: AlertPolicy, settings: Settings, confined: bool) -> Found:
    """Neither way of delivery may drop a part of the policy in silence."""
    spec, namespace = policy.spec, policy.metadata.namespace
    mode, reason = delivery_of(spec, namespace, confined=confined, merged=has_merged(spec, settings))
    if mode == "AlertmanagerConfig":
        for at, parent in foreign(spec, namespace) if confined else ():
            yield Issue(
                "ParentOutOfReach",
                ("spec", "inhibition", "parents", at),
                f"{parent.namespace}/{parent.slo} is in another namespace, and an AlertmanagerConfig sees "
                f"alerts of {namespace} only; write delivery.mode: Secret, or give the Alertmanager the "
                f"alertmanagerConfigMatcherStrategy None",
            )
        for number, one in enumerate(spec.receivers):
            for field in lost_in_amc(one):
                words = f"prometheus-operator drops {field} of an AlertmanagerConfig"
                yield Issue("LostInDelivery", ("spec", "receivers", number), words, note=True)
        return
    if not has_merged(spec, settings):
        yield Issue(
            "NoMergedSecret",
            ("spec", "delivery", "mode"),
            f"Secret is needed ({reason}), and alertmanagers.{spec.alertmanager}.merged_secret is not set in "
            f"the operator's settings",
        )
    for number, one in enumerate(spec.receivers):
        for field in not_in_files(one):
            words = f"Alertmanager 0.28 reads {field} from no file, as delivery as a Secret needs it"
            yield Issue("NotInFiles", ("spec", "receivers", number), words)


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    _receivers_exist,
    _hours_exist,
    _hours_are_sound,
    _receivers_are_sound,
    _services_differ,
    _levels_are_in_order,
    _escalating_severities_exist,
    _provider_escalates_itself,
    _heartbeat_has_a_pace,
    _times_are_whole,
    _everything_is_used,
    levels_follow_the_first_message,
    everybody_is_told,
    tickets_that_stay_open,
)
