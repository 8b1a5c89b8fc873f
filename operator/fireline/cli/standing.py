"""How one SLO stands, read from the status the operator wrote: what ``fireline status`` sorts and counts.

Unknown stays Unknown: a figure nobody measured is None here, never 0 or 100. A figure that was
measured once, while nobody can say whether it still holds, is kept and marked ``stale``; what was bad when
it was last seen still counts as bad, what was good then counts as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fireline.api.conditions import found, parse_timestamp, timestamp
from fireline.api.issues import Issue

Manifest = dict[str, Any]
NEVER = "Never"
_STANDARD_PAGES = frozenset({"PageFast", "PageSlow"})


UNFIT = Issue("NoShape", (), "is no object as the API server hands it out; fireline validate says why")


def readable(manifest: Manifest) -> bool:
    """Whether an object, of a file, has the shape that its standing is read from."""
    metadata, spec, status = (manifest.get(part, {}) for part in ("metadata", "spec", "status"))
    if not all(isinstance(part, dict) for part in (metadata, spec, status)):
        return False
    mappings = (metadata.get("labels"), spec.get("window"), spec.get("alerting"))
    texts = map(spec.get, ("service", "tier", "objective"))
    tiers = spec["alerting"].get("burnRates") if isinstance(spec.get("alerting"), dict) else None
    return (
        all(isinstance(metadata.get(key), str) for key in ("name", "namespace"))
        and all(one is None or isinstance(one, dict) for one in mappings)
        and all(one is None or isinstance(one, str) for one in texts)
        and (tiers is None or isinstance(tiers, list))
        and all(isinstance(tier, dict) and "name" in tier for tier in tiers or ())
    )


class Fact(StrEnum):
    """Something a person should know about an SLO, the most urgent first: what hurts users now leads."""

    BURNING = "Burning"
    """A page fires."""
    NO_DATA = "NoData"
    """The series it is measured by are missing."""
    EXHAUSTED = "Exhausted"
    """The error budget is spent."""
    NOT_READY = "NotReady"
    """Its rules are not, or not surely, at work: nobody would be told."""
    ALERTING = "Alerting"
    """An alert fires, and none of the above tells why."""
    UNKNOWN = "Unknown"
    """Nobody can say how much budget is left."""


OK = "OK"
PAGES_AND_NO_DATA = frozenset({Fact.BURNING, Fact.NO_DATA})
"""What hurts users now, or may: the names of such SLOs stand out."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing alert."""

    tier: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One SLO. Figures are the status's own text (percent, multiples, durations); None is Unknown."""

    namespace: str
    name: str
    service: str | None
    team: str | None
    tier: str | None
    objective: str | None
    window: str
    remaining: str | None
    left: str | None
    consumed: str | None
    source: str | None
    coverage: str | None
    as_of: str | None
    queue: int | None
    burn: Mapping[str, str]
    at_current_burn: str | None
    net_of_roll_off: str | None
    firing: tuple[Firing, ...]
    ready: str
    reason: str
    message: str
    stale: bool
    facts: frozenset[Fact]

    @property
    def state(self) -> str:
        """The most urgent fact, or OK."""
        return next((fact.value for fact in Fact if fact in self.facts), OK)

    @property
    def share_left(self) -> float | None:
        """The budget that is left as a fraction; negative when overspent."""
        return None if self.remaining is None else float(self.remaining) / 100

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Sorts the worst first: by facts, then by budget left, then by name."""
        left = self.share_left
        return (
            *(fact not in self.facts for fact in Fact),
            float("inf") if left is None else left,
            self.namespace,
            self.name,
        )

    @classmethod
    def of(cls, slo: Manifest) -> Standing:
        """From an object as the API server hands it out, with or without a status."""
        metadata, spec, status = slo.get("metadata", {}), slo.get("spec", {}), slo.get("status", {})
        budget = status.get("budget", {})
        exhaustion = budget.get("exhaustion", {})
        ready = found(status, "Ready") or {}
        stale = "remaining" in budget and _says(status, "BudgetHealthy") not in {"True", "False"}
        firing = tuple(
            Firing(alert["tier"], parse_timestamp(alert["since"]) if "since" in alert else None)
            for alert in status.get("alerts", ())
            if alert["state"] == "Firing"
        )
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata.get("name", ""),
            service=spec.get("service"),
            team=metadata.get("labels", {}).get("team"),
            tier=status.get("tier") or spec.get("tier"),
            objective=status.get("objective", {}).get("value") or spec.get("objective"),
            window=window_text(spec),
            remaining=budget.get("remaining"),
            left=budget.get("left"),
            consumed=budget.get("consumed"),
            source=budget.get("source"),
            coverage=budget.get("coverage"),
            as_of=budget.get("asOf"),
            queue=budget.get("queuePosition"),
            burn={one["window"]: one["value"] for one in status.get("burnRates", ())},
            at_current_burn=exhaustion.get("atCurrentBurn"),
            net_of_roll_off=exhaustion.get("netOfRollOff"),
            firing=firing,
            ready=ready.get("status", "Unknown"),
            reason=ready.get("reason", "NoStatus"),
            message=ready.get("message", "no operator has written a status yet"),
            stale=stale,
            facts=_facts(status, budget, firing, _pages(spec), stale=stale),
        )


def window_text(spec: Mapping[str, Any]) -> str:
    """The SLO window as people say it: ``30d``, ``Month``."""
    window = spec.get("window") or {}
    return str(window.get("rolling") or window.get("calendar") or "30d")


def _facts(
    status: Mapping[str, Any],
    budget: Mapping[str, Any],
    firing: Sequence[Firing],
    pages: frozenset[str],
    *,
    stale: bool,
) -> frozenset[Fact]:
    tiers = {alert.tier for alert in firing}
    urgent = {
        Fact.BURNING: bool(tiers & pages),
        Fact.NO_DATA: "NoData" in tiers or _says(status, "DataPresent") == "False",
        Fact.EXHAUSTED: "remaining" in budget and float(budget["remaining"]) <= 0,
    }
    holds = {
        **urgent,
        Fact.NOT_READY: _says(status, "Ready") != "True",
        Fact.ALERTING: bool(tiers) and not any(urgent.values()),
        Fact.UNKNOWN: "remaining" not in budget or stale,
    }
    return frozenset(fact for fact, true in holds.items() if true)


def _pages(spec: Mapping[str, Any]) -> frozenset[str]:
    """Names of the tiers that wake people: the standard ones, or those of the spec's own."""
    own = (spec.get("alerting") or {}).get("burnRates")
    if own:
        return frozenset(tier["name"] for tier in own if tier.get("severity") == "Page")
    return _STANDARD_PAGES


def _says(status: Mapping[str, Any], condition: str) -> str | None:
    one = found(status, condition)
    return None if one is None else str(one["status"])


def plain(one: Standing) -> dict[str, Any]:
    """For JSON and YAML: figures as text, spelled as in the object's status; null is Unknown."""
    return {
        "namespace": one.namespace,
        "name": one.name,
        "service": one.service,
        "team": one.team,
        "tier": one.tier,
        "objective": one.objective,
        "window": one.window,
        "state": one.state,
        "facts": [fact.value for fact in Fact if fact in one.facts],
        "ready": {"status": one.ready, "reason": one.reason, "message": one.message},
        "budget": {
            "remaining": one.remaining,
            "left": one.left,
            "consumed": one.consumed,
            "source": one.source,
            "coverage": one.coverage,
            "queuePosition": one.queue,
            "asOf": one.as_of,
            "stale": one.stale,
        },
        "burnRates": dict(one.burn),
        "exhaustion": {"atCurrentBurn": one.at_current_burn, "netOfRollOff": one.net_of_roll_off},
        "firing": [
            {"tier": alert.tier, "since": timestamp(alert.since) if alert.since else None}
            for alert in one.firing
        ],
    }
