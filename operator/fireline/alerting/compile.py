"""A checked AlertPolicy → the :class:`~fireline.alerting.model.Policy` all else starts from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Literal

from fireline.alerting import names
from fireline.alerting.escalation import mode_of, steps_of
from fireline.alerting.hours_model import DAY, Hours
from fireline.alerting.inhibition import foreign, inhibitions
from fireline.alerting.model import DeliveryMode, Interval, Policy, Route
from fireline.alerting.own_alerts import own_group
from fireline.alerting.receivers import lost_in_amc
from fireline.alerting.routes import routing_tree
from fireline.alerting.rules.context import USUAL, RuleContext, SeverityLabels
from fireline.alerting.rules.render import rule_groups
from fireline.api.alert_policy import AlertPolicy, Spec
from fireline.api.alert_policy_severities import SEVS, ProviderSeverity, Sev, canonical
from fireline.api.alert_policy_time import WEEKDAYS
from fireline.api.alert_policy_time import Hours as GivenHours
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.settings import Settings

_PAGERDUTY: dict[Sev, Literal["critical", "error", "warning"]] = {
    "sev0": "critical",
    "sev1": "error",
    "sev2": "warning",
}
_OPSGENIE: dict[Sev, Literal["P1", "P2", "P3"]] = {"sev0": "P1", "sev1": "P2", "sev2": "P3"}


def compile_policy(
    policy: AlertPolicy,
    *,
    settings: Settings,
    group_labels: Collection[str] = (),
    confined: bool = True,
) -> Policy:
    """The compiled policy of a spec that ``checks.check`` found nothing wrong with.

    ``group_labels`` are the groupBy labels of its SLOs; ``confined`` whether prometheus-operator keeps
    the inhibitions of a namespace to alerts of that namespace.
    """
    spec, meta = policy.spec, policy.metadata
    label = f"{meta.namespace}/{meta.name}"
    mode, steps = mode_of(spec), steps_of(spec)
    by_rules = mode == "Rules"
    route = routing_tree(spec, label=label, steps=() if mode == "Provider" else steps, rules_mode=by_rules)
    delivery, reason = delivery_of(spec, meta.namespace, confined=confined, merged=has_merged(spec, settings))
    context = rule_context(spec, meta.namespace, meta.name, settings)
    rules = spec.rules_ or []
    of_rules = rule_groups(rules, context)
    groups = [
        *of_rules,
        *own_group(
            meta.name,
            meta.namespace,
            heartbeat=spec.deadman is not None,
            steps=steps if by_rules else (),
            pending=_pending(of_rules),
            runbook=context.runbook_url,
        ),
    ]
    used = _receivers(route)
    return Policy(
        namespace=meta.namespace,
        name=meta.name,
        route=route,
        receivers=tuple(one for one in spec.receivers if one.name in used),
        intervals=tuple(_intervals(spec, _active(route))),
        inhibitions=inhibitions(spec, namespace=meta.namespace, label=label, group_labels=group_labels),
        provider_severities=provider_severities(spec),
        escalation=mode,
        steps=steps,
        groups=tuple(groups),
        alertnames=tuple(rule.name for rule in rules),
        mode=delivery,
        mode_reason=reason,
        alertmanager=spec.alertmanager,
        source=spec.prometheus,
        runbook_url=context.runbook_url,
        no_runbook=tuple(_without_runbook(groups, {rule.name for rule in rules if rule.page})),
    )


def delivery_of(spec: Spec, namespace: str, *, confined: bool, merged: bool) -> tuple[DeliveryMode, str]:
    """What is written, and why, in words. ``checks`` refuses what neither way can carry out.

    ``merged``: whether the operator writes a merged configuration for this Alertmanager.
    """
    if spec.delivery.mode != "Auto":
        return spec.delivery.mode, "asked for by spec.delivery.mode"
    parents = foreign(spec, namespace)
    if parents and confined:
        _, parent = parents[0]
        return "Secret", (
            f"spec.inhibition.parents names {parent.namespace}/{parent.slo}, and an AlertmanagerConfig sees "
            f"alerts of its own namespace only"
        )
    lost = [field for one in spec.receivers for field in lost_in_amc(one)]
    if lost and merged:
        return "Secret", f"prometheus-operator drops {', '.join(lost)} of an AlertmanagerConfig"
    if lost:
        return (
            "AlertmanagerConfig",
            f"prometheus-operator drops {', '.join(lost)}, and there is no merged Secret",
        )
    return "AlertmanagerConfig", "an AlertmanagerConfig expresses everything this policy asks for"


def has_merged(spec: Spec, settings: Settings) -> bool:
    """Whether the operator writes a merged configuration for the policy's Alertmanager."""
    found = settings.alertmanagers.get(spec.alertmanager)
    return found is not None and found.merged_secret is not None


def rule_context(spec: Spec, namespace: str, name: str, settings: Settings) -> RuleContext:
    """What the policy's own rules get from it."""
    return RuleContext(
        namespace=namespace,
        policy=name,
        severities=severity_labels(spec),
        runbook_url=spec.runbook_url or settings.runbook_url,
        dashboard_url=settings.dashboard_url,
    )


def severity_labels(spec: Spec) -> dict[Sev, SeverityLabels]:
    """The labels of each severity the policy maps."""
    found = {}
    for one in spec.severities:
        sev = canonical(one.name)
        found[sev] = SeverityLabels(sev, one.severity or USUAL[sev].severity, one.page)
    return found


def provider_severities(spec: Spec) -> dict[Sev, ProviderSeverity]:
    """What the providers call each severity."""
    given = {canonical(one.name): one.provider_severity for one in spec.severities}
    found: dict[Sev, ProviderSeverity] = {}
    for sev in SEVS:
        own = given.get(sev)
        found[sev] = ProviderSeverity(
            pagerduty=(own.pagerduty if own else None) or _PAGERDUTY[sev],
            opsgenie=(own.opsgenie if own else None) or _OPSGENIE[sev],
        )
    return found


def hours_of(given: GivenHours) -> Hours:
    """The timetable behind an entry of ``spec.hours``. Raises ValueError for a date that does not exist."""
    return Hours(
        name=given.name,
        zone=given.time_zone,
        weekdays=frozenset(WEEKDAYS.index(day) for day in given.weekdays),
        start_minute=_minute(given.from_),
        end_minute=_minute(given.to),
        holidays=frozenset(date.fromisoformat(text) for text in given.holidays or ()),
    )


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return min(DAY, int(hours) * 60 + int(minutes))


def _intervals(spec: Spec, used: Collection[str]) -> Iterator[Interval]:
    for given in spec.hours or ():
        hours = hours_of(given)
        if given.name in used:
            yield Interval(given.name, hours)
        if (outside := names.outside(given.name)) in used:
            yield Interval(outside, hours, outside=True)


def _receivers(route: Route) -> set[str]:
    return {route.receiver}.union(*(_receivers(one) for one in route.routes))


def _active(route: Route) -> set[str]:
    return set(route.active).union(*(_active(one) for one in route.routes))


def _pending(groups: Collection[Manifest]) -> dict[str, int]:
    """The longest ``for`` of each alert, in seconds: some types wait though their spec says nothing."""
    found: dict[str, int] = {}
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        seconds = int(Duration.parse(rule["for"]).seconds) if "for" in rule else 0
        found[rule["alert"]] = max(seconds, found.get(rule["alert"], 0))
    return found


def _without_runbook(groups: Collection[Manifest], paging: Collection[str]) -> Iterator[str]:
    alerts = (rule for group in groups for rule in group["rules"] if "alert" in rule)
    for rule in alerts:
        if rule["alert"] in paging and "runbook_url" not in rule.get("annotations", {}):
            yield rule["alert"]
