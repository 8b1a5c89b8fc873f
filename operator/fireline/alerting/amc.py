"""A policy as an AlertmanagerConfig v1alpha1, the only version clusters have installed.

prometheus-operator prefixes all names with ``<namespace>/<object>/``, forces ``continue`` on the top
route and adds ``namespace="<namespace>"`` to it and to every inhibition. There are no time zones.
"""

from __future__ import annotations

from typing import Any

from fireline.alerting.hours import utc_complement, utc_intervals
from fireline.alerting.model import Inhibition, Interval, Matcher, Policy, Route
from fireline.alerting.names import NOBODY, config_name
from fireline.alerting.receivers import amc_receiver
from fireline.api.plan import Manifest
from fireline.api.resources import ALERTMANAGER_CONFIG


def alertmanager_config(
    policy: Policy,
    *,
    years: range,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    """The object, without what the engine stamps on every child. ``years``: see ``hours.valid_years``."""
    spec: Manifest = {
        "route": _route(policy.route, top=True),
        "receivers": [
            *([{"name": NOBODY}] if policy.route.receiver == NOBODY else []),
            *(amc_receiver(one, severities=policy.provider_severities) for one in policy.receivers),
        ],
    }
    if policy.intervals:
        spec["muteTimeIntervals"] = [_interval(one, years) for one in policy.intervals]
    if policy.inhibitions:
        spec["inhibitRules"] = [_inhibition(one) for one in policy.inhibitions]
    return object_of(policy, spec, labels=labels, annotations=annotations)


def object_of(
    policy: Policy, spec: Manifest, *, labels: dict[str, str] | None, annotations: dict[str, str] | None
) -> Manifest:
    """An AlertmanagerConfig of this policy with any spec."""
    return {
        "apiVersion": ALERTMANAGER_CONFIG.api_version,
        "kind": ALERTMANAGER_CONFIG.kind,
        "metadata": {
            "name": config_name(policy.name),
            "namespace": policy.namespace,
            "labels": dict(labels or {}),
            "annotations": dict(annotations or {}),
        },
        "spec": spec,
    }


def _route(route: Route, *, top: bool = False) -> Manifest:
    found: Manifest = {"receiver": route.receiver}
    if route.matchers:
        found["matchers"] = [_matcher(one) for one in route.matchers]
    if route.goes_on and not top:
        found["continue"] = True
    found |= _timing(route)
    if route.active:
        found["activeTimeIntervals"] = list(route.active)
    if route.routes:
        found["routes"] = [_route(one) for one in route.routes]
    return found


def _timing(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {"groupBy": list(route.group_by)} if route.group_by else {}
    times = {"groupWait": route.wait, "groupInterval": route.interval, "repeatInterval": route.repeat}
    return found | {key: value for key, value in times.items() if value is not None}


def _matcher(matcher: Matcher) -> Manifest:
    return {"name": matcher.name, "value": matcher.value, "matchType": matcher.type}


def _inhibition(rule: Inhibition) -> Manifest:
    found: Manifest = {
        "sourceMatch": [_matcher(one) for one in rule.source],
        "targetMatch": [_matcher(one) for one in rule.target],
    }
    return found | ({"equal": list(rule.equal)} if rule.equal else {})


def _interval(interval: Interval, years: range) -> Manifest:
    times = (utc_complement if interval.outside else utc_intervals)(interval.hours, years)
    return {"name": interval.name, "timeIntervals": times}
