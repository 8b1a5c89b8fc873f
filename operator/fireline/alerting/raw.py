"""A policy in Alertmanager's own words, and all of them merged into one configuration.

For what AlertmanagerConfig cannot express. Credentials are files under the Secrets that
``Alertmanager.spec.secrets`` mounts. A Secret there is named ``<namespace>.<name>``: a namespace has no
dot in its name, so no policy can name the credentials of another namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fireline.alerting.effective.routes import escaped
from fireline.alerting.hours import native_complement, native_intervals
from fireline.alerting.model import Inhibition, Interval, Matcher, Policy, Route
from fireline.alerting.names import NOBODY, config_name
from fireline.alerting.receivers import native_receiver, secrets_of
from fireline.api.alert_policy_receivers_parts import SecretKey
from fireline.api.plan import Manifest

MOUNTS = "/etc/alertmanager/secrets"
KEY = "alertmanager.yaml"
_NULL = "null"


def mounted(namespace: str, secret: str) -> str:
    """Name of the Secret in Alertmanager's namespace that stands for one of a policy's namespace."""
    return f"{namespace}.{secret}"


def fragment(policy: Policy) -> Manifest:
    """What one policy adds: ``route``, ``receivers``, ``time_intervals`` and ``inhibit_rules``."""
    prefix = f"{policy.namespace}/{config_name(policy.name)}/"

    def mount(key: SecretKey) -> str:
        return f"{MOUNTS}/{mounted(policy.namespace, key.name)}/{key.key}"

    receivers = [
        *([{"name": prefix + NOBODY}] if policy.route.receiver == NOBODY else []),
        *(
            native_receiver(one, name=prefix + one.name, mount=mount, severities=policy.provider_severities)
            for one in policy.receivers
        ),
    ]
    own = Matcher("namespace", policy.namespace)
    return {
        "route": _route(policy.route, prefix, (own,)),
        "receivers": receivers,
        "time_intervals": [_interval(one, prefix) for one in policy.intervals],
        "inhibit_rules": [_inhibition(one) for one in policy.inhibitions],
    }


def secrets_to_mount(policy: Policy) -> list[str]:
    """Secrets that ``Alertmanager.spec.secrets`` must list, in order."""
    return sorted(
        {mounted(policy.namespace, ref.name) for one in policy.receivers for ref in secrets_of(one)}
    )


def merged(base: Mapping[str, Any], fragments: Iterable[Manifest]) -> Manifest:
    """The whole configuration: the fragments, in the order given, before the base's own routes."""
    parts = list(fragments)
    found: Manifest = {key: value for key, value in base.items() if key not in _LISTS and key != "route"}
    route = dict(base.get("route") or {"receiver": _NULL})
    found["route"] = {**route, "routes": [*(part["route"] for part in parts), *route.get("routes", ())]}
    for name in _LISTS:
        listed = [*base.get(name, ()), *(entry for part in parts for entry in part.get(name, ()))]
        if listed:
            found[name] = listed
    names = {one["name"] for one in found.get("receivers", ())}
    if "route" not in base and _NULL not in names:
        found["receivers"] = [{"name": _NULL}, *found.get("receivers", ())]
    return found


_LISTS = ("receivers", "time_intervals", "inhibit_rules")


def _route(route: Route, prefix: str, further: tuple[Matcher, ...] = ()) -> Manifest:
    found: Manifest = {"receiver": prefix + route.receiver}
    if matchers := (*route.matchers, *further):
        found["matchers"] = [_matcher(one) for one in matchers]
    if route.goes_on:
        found["continue"] = True
    if route.group_by:
        found["group_by"] = list(route.group_by)
    times = {"group_wait": route.wait, "group_interval": route.interval, "repeat_interval": route.repeat}
    found |= {key: value for key, value in times.items() if value is not None}
    if route.active:
        found["active_time_intervals"] = [prefix + name for name in route.active]
    if route.routes:
        found["routes"] = [_route(one, prefix) for one in route.routes]
    return found


def _matcher(matcher: Matcher) -> str:
    return f'{matcher.name}{matcher.type}"{escaped(matcher.value)}"'


def _inhibition(rule: Inhibition) -> Manifest:
    found: Manifest = {
        "source_matchers": [_matcher(one) for one in rule.source],
        "target_matchers": [_matcher(one) for one in rule.target],
    }
    return found | ({"equal": list(rule.equal)} if rule.equal else {})


def _interval(interval: Interval, prefix: str) -> Manifest:
    times = (native_complement if interval.outside else native_intervals)(interval.hours)
    return {"name": prefix + interval.name, "time_intervals": times}
