"""To which AlertPolicy an object belongs, and what its alerts get from it.

Shared by the kinds that alert (they label their alerts) and by the policies (they show whom they
have). Only fields that the API server has checked are read here, so that a policy that is wrong in
another place keeps its objects, and they keep their labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.alert_policy_severities import Sev, canonical
from fireline.api.label_selector import matches
from fireline.api.plan import Change, Manifest, Seen
from fireline.api.resources import ALERT_POLICY, Resource

_Pair = tuple[str, str]
"""A label and its value."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A policy as the alerts of its objects see it."""

    namespace: str
    name: str
    tiers: tuple[tuple[str, Sev], ...] = ()
    """What the policy says about tiers, by name."""
    runbook_url: str | None = None
    """With its placeholders."""

    @property
    def label(self) -> str:
        """Value of the label ``alert_policy``: ``shop/checkout``."""
        return f"{self.namespace}/{self.name}"

    def sev(self, tier: str, default: Sev) -> Sev:
        """The severity of a tier; ``default`` is that of the object itself."""
        return dict(self.tiers).get(tier, default)


def filled(template: str, values: Mapping[str, str]) -> str:
    """A URL with ``{name}`` replaced by values; a placeholder without a value becomes nothing."""
    for name in ("namespace", "slo", "service", "alertname"):
        template = template.replace(f"{{{name}}}", values.get(name, ""))
    return template


def correlation_id(*names: str) -> str:
    """The same for every alert about one thing under one policy: what incidents and logs are joined by."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]


class Policies:
    """The policies of one namespace, found by the labels of what they may select.

    A policy is looked up under one of the labels it asks for, so that an object is compared with few.
    """

    def __init__(self, policies: Iterable[Manifest]) -> None:
        self._by_label: dict[_Pair | None, dict[str, Manifest]] = {}
        for one in policies:
            self.add(one)

    def add(self, policy: Manifest) -> None:
        """Takes one in; ``remove`` what it was before."""
        self._by_label.setdefault(_asked(policy), {})[policy["metadata"]["name"]] = policy

    def remove(self, policy: Manifest) -> None:
        """Forgets one, as it was when it was added."""
        self._by_label.get(_asked(policy), {}).pop(policy["metadata"]["name"], None)

    def ranked(self, labels: Mapping[str, str]) -> list[Manifest]:
        """The policies that select an object with these labels, the one it belongs to first.

        The highest priority, then the oldest, then by name. Policies that are being deleted have none.
        """
        places = (None, *labels.items())
        listed = (one for place in places for one in self._by_label.get(place, {}).values())
        return sorted((one for one in listed if _selects(one, labels)), key=_rank)

    def owner(self, labels: Mapping[str, str]) -> Owner | None:
        """The policy an object with these labels belongs to, or None."""
        found = self.ranked(labels)
        return _as_owner(found[0]) if found else None


class KnownPolicies:
    """The policies of each namespace as the cache has them; ``saw`` must be told of every change."""

    def __init__(self) -> None:
        self._known: dict[str, Policies] = {}

    def of(self, namespace: str, seen: Seen) -> Policies:
        """Those of one namespace."""
        found = self._known.get(namespace)
        if found is None:
            found = self._known[namespace] = Policies(seen.all(ALERT_POLICY, namespace))
        return found

    def saw(self, change: Change) -> bool:
        """Whether a change is one of what a policy means to its objects."""
        if change.resource != ALERT_POLICY:
            return False
        old, new = (one if isinstance(one, dict) else None for one in (change.old, change.new))
        known = self._known.get(change.namespace)
        if known is not None:
            if old is not None:
                known.remove(old)
            if new is not None:
                known.add(new)
        return concern(old) != concern(new)


class KnownObjects:
    """The objects of one kind in each namespace, found by the labels that a policy asks for.

    ``saw`` must be told of every change.
    """

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._known: dict[str, dict[_Pair | None, set[str]]] = {}

    def selected(self, policy: Manifest, namespace: str, seen: Seen) -> list[Manifest]:
        """The objects a policy selects, by name; those being deleted are none."""
        names = self._of(namespace, seen).get(_asked(policy), set())
        found = (seen.get(self._resource, namespace, name) for name in sorted(names))
        return [
            one
            for one in found
            if one is not None
            and "deletionTimestamp" not in one["metadata"]
            and _matches(policy, one["metadata"].get("labels", {}))
        ]

    def saw(self, change: Change) -> None:
        """Takes notice of a change of an object."""
        known = self._known.get(change.namespace)
        if change.resource != self._resource or known is None:
            return
        for one, add in ((change.old, False), (change.new, True)):
            if isinstance(one, dict):
                for place in _places(one):
                    names = known.setdefault(place, set())
                    (names.add if add else names.discard)(change.name)

    def _of(self, namespace: str, seen: Seen) -> dict[_Pair | None, set[str]]:
        known = self._known.get(namespace)
        if known is None:
            known = self._known[namespace] = {}
            for one in seen.all(self._resource, namespace):
                for place in _places(one):
                    known.setdefault(place, set()).add(one["metadata"]["name"])
        return known


def _places(found: Manifest) -> tuple[_Pair | None, ...]:
    return (None, *found["metadata"].get("labels", {}).items())


def owner(labels: Mapping[str, str], policies: Iterable[Manifest]) -> Owner | None:
    """The policy an object with these labels belongs to, of a few policies of its namespace."""
    return Policies(policies).owner(labels)


def concern(policy: Manifest | None) -> object:
    """What of a policy the alerts of its objects depend on, to compare; None when there is none."""
    if policy is None or "deletionTimestamp" in policy["metadata"]:
        return None
    return _rank(policy), policy["spec"].get("selector"), _as_owner(policy)


def _asked(policy: Manifest) -> _Pair | None:
    selector = policy["spec"].get("selector")
    if not _sound(selector) or not selector.get("matchLabels"):
        return None
    name, value = next(iter(selector["matchLabels"].items()))
    return name, value


def _selects(policy: Manifest, labels: Mapping[str, str]) -> bool:
    return "deletionTimestamp" not in policy["metadata"] and _matches(policy, labels)


def _matches(policy: Manifest, labels: Mapping[str, str]) -> bool:
    selector = policy["spec"].get("selector")
    return _sound(selector) and matches(selector, labels)


def _sound(selector: Any) -> bool:
    """From a file a selector may be anything: what is no selector selects nothing."""
    if not isinstance(selector, dict):
        return False
    wanted, conditions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    return (
        isinstance(wanted, dict)
        and all(isinstance(value, str) for value in wanted.values())
        and isinstance(conditions, list)
        and all(_is_condition(one) for one in conditions)
    )


def _is_condition(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("key"), str)
        and "operator" in one
        and isinstance(one.get("values") or [], list)
    )


def _rank(policy: Manifest) -> tuple[int, str, str]:
    metadata = policy["metadata"]
    priority = policy["spec"].get("priority", 0)
    # RFC 3339 in UTC sorts as text; an object read from a file is new.
    return (
        -priority if isinstance(priority, int) else 0,
        metadata.get("creationTimestamp") or "~",
        metadata["name"],
    )


def _as_owner(policy: Manifest) -> Owner:
    metadata, spec = policy["metadata"], policy["spec"]
    tiers = spec.get("tiers") or {}
    found = {str(tier): name for tier, name in tiers.items()} if isinstance(tiers, dict) else {}
    known = tuple(sorted((tier, sev) for tier, name in found.items() if (sev := _sev(name)) is not None))
    runbook = spec.get("runbookURL")
    return Owner(
        metadata.get("namespace", "default"),
        metadata["name"],
        known,
        runbook if isinstance(runbook, str) else None,
    )


def _sev(name: Any) -> Sev | None:
    try:
        return canonical(name)
    except StopIteration:
        return None
