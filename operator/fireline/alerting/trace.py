"""What of a policy's objects an open incident hangs on, as short hashes in annotations.

Alertmanager tells a provider's incidents apart by the matchers on the way to a route and by the labels
it groups by. Take one of those away while an alert fires, and the incident is never resolved. The same
holds for the labels of an alert: Prometheus takes it for another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from fireline.alerting.model import Matcher, Route
from fireline.alerting.names import ALERT_HEARTBEAT, ALERT_TEST
from fireline.api.plan import Manifest

_DIGITS = 6
_PASSING = frozenset({Matcher("alertname", ALERT_TEST), Matcher("alertname", ALERT_HEARTBEAT)})
"""Nobody has an incident open for these."""


def trace(route: Route) -> str:
    """Hashes of what each way through the tree notifies by, in order, without repetitions."""
    return " ".join(sorted(set(_ways(route, (), None))))


def _ways(route: Route, before: tuple[Matcher, ...], groups: tuple[str, ...] | None) -> Iterator[str]:
    matchers = (*before, *route.matchers)
    by = route.group_by or groups
    if not _PASSING.isdisjoint(matchers):
        return
    way = [f"{one.name}{one.type}{one.value}" for one in matchers]
    yield _hash(repr((way, list(by or ()), route.receiver)))
    for inner in route.routes:
        yield from _ways(inner, matchers, by)


def lost(before: str, after: str) -> bool:
    """Whether a way that was there is not there any more."""
    return not set(before.split()) <= set(after.split())


def alert_labels(groups: Sequence[Manifest]) -> str:
    """``Name=hash`` of the labels of each alert, in order of names."""
    found = {
        rule["alert"]: _hash(str(sorted(rule["labels"].items())))
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    return " ".join(f"{name}={value}" for name, value in sorted(found.items()))


def relabelled(before: str, after: str) -> set[str]:
    """Alerts that stay and get other labels."""
    old, new = _pairs(before), _pairs(after)
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def _pairs(text: str) -> Mapping[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in text.split())}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
