"""``rateLimit``: limits requests with an Envoy Gateway BackendTrafficPolicy that exists already.

Facts, from Envoy Gateway's own API (gateway.envoyproxy.io/v1alpha1): of two policies with one target the
older one wins, so making another one would do nothing, and its status says so. A local limit counts in every
proxy by itself, and for every route by itself. At most one local rule is without ``clientSelectors``; it is
for all traffic, and its unit of time must divide those of the other rules. A request that several rules are
for meets the strictest. With the deprecated field ``type`` only the limit of that type holds; without it both
do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import RateLimit
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, entries, given, mapping
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Refusal, Value

_AT = "/spec/rateLimit"
_SECONDS = {"Second": 1, "Minute": 60, "Hour": 3600, "Day": 86400, "Month": 2592000, "Year": 31536000}
_PER_PROXY = (
    "the limit counts in each proxy, and for each route, by itself: what is let through is this number times "
    "the number of proxies"
)
_REFUSED = "what is over the limit is answered with 429: clients that try again at once make it worse"


class _RateLimit(SimpleAction):
    name = "rateLimit"
    targets = (("gateway.envoyproxy.io", "BackendTrafficPolicy"),)

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        wish = given(spec.action.rate_limit)
        found = _not_obeyed(target) or _in_the_way(target, wish)
        if found is not None:
            return found
        return change(
            target,
            _wanted(target, wish),
            summary=f"limits {called(target)} to {_rate(wish.requests, wish.unit)} in each proxy",
            notes=tuple(_notes(target, wish)),
        )


def _not_obeyed(target: Manifest) -> Refusal | None:
    """Whether Envoy Gateway says that it does not do what the policy says."""
    for ancestor in entries(target, "status", "ancestors"):
        where = mapping(ancestor, "ancestorRef").get("name", "a gateway")
        for condition in entries(ancestor, "conditions"):
            kind, state = condition.get("type"), condition.get("status")
            said = f"{condition.get('reason', '')}: {condition.get('message', '')}"
            if kind == "Accepted" and state == "False":
                words = f"{where} does not accept {called(target)}: a limit in it would do nothing ({said})"
                return Refusal("NotAccepted", words)
            if kind == "Overridden" and state == "True":
                words = (
                    f"{called(target)} is overridden at {where}, so a limit in it would not hold for all "
                    f"requests ({said}); target the policy that overrides it"
                )
                return Refusal("Overridden", words)
    return None


def _in_the_way(target: Manifest, wish: RateLimit) -> Refusal | None:
    """Whether there is a limit that this one would take the place of, or make invalid."""
    limit = mapping(target, "spec", "rateLimit")
    if limit.get("type") == "Global":
        words = (
            f"{called(target)} has a global limit and says `type: Global`, so a local one would have to take "
            f"its place. Remove the deprecated field {_AT}/type, then both hold; or change the global limit "
            f"with action patch"
        )
        return Refusal("GlobalLimit", words)
    for rule in _rules(target):
        unit = mapping(rule, "limit").get("unit")
        if not _is_for_all(rule) and _SECONDS.get(str(unit), 0) % _SECONDS[wish.unit]:
            words = (
                f"{called(target)} has a rule for some clients per {unit}, and Envoy wants the unit of the "
                f"limit for all, here {wish.unit}, to divide it; write the limit per {unit}"
            )
            return Refusal("UnitDoesNotFit", words)
    return None


def _wanted(target: Manifest, wish: RateLimit) -> list[tuple[str, Value]]:
    """The smallest field that holds the limit: what is around it stays everyone else's."""
    ours = {"limit": {"requests": wish.requests, "unit": wish.unit}}
    limit = mapping(target, "spec", "rateLimit")
    if not limit:
        # Versions before 1.6 need `type`.
        return [(_AT, {"type": "Local", "local": {"rules": [ours]}})]
    if not mapping(limit, "local"):
        return [(f"{_AT}/local", {"rules": [ours]})]
    rules = [dict(one) | ours if _is_for_all(one) else one for one in _rules(target)]
    return [(f"{_AT}/local/rules", rules if any(map(_is_for_all, rules)) else [*rules, ours])]


def _notes(target: Manifest, wish: RateLimit) -> Iterator[str]:
    kept = [one for one in _rules(target) if not _is_for_all(one)]
    if kept:
        words = "its rule for some clients stays" if len(kept) == 1 else f"its {len(kept)} other rules stay"
        yield f"{words}; a request that several rules are for meets the strictest"
    for rule in _rules(target):
        requests, unit = mapping(rule, "limit").get("requests", 0), str(mapping(rule, "limit").get("unit"))
        now = requests / _SECONDS.get(unit, 1)
        if _is_for_all(rule) and now < wish.requests / _SECONDS[wish.unit]:
            yield f"this is more than the {_rate(requests, unit)} that are let through now"
    if mapping(target, "spec", "rateLimit", "global"):
        yield "its global limit stays: both hold"
    if not entries(target, "status", "ancestors"):
        yield f"the status of {called(target)} is empty: no gateway says that it does what the policy says"
    yield _PER_PROXY
    yield _REFUSED


def _rules(target: Manifest) -> list[Mapping[str, Any]]:
    return entries(target, "spec", "rateLimit", "local", "rules")


def _is_for_all(rule: Mapping[str, Any]) -> bool:
    return not rule.get("clientSelectors")


def _rate(requests: int, unit: str) -> str:
    return f"{requests} requests per {unit.lower()}"


RATE_LIMIT = _RateLimit()
