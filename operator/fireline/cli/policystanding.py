"""How one AlertPolicy stands, read from the status the operator wrote: for ``fireline status --policies``.

Unknown stays Unknown: what nobody measured is None here, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fireline.api.conditions import found, parse_timestamp

Manifest = dict[str, Any]


class Flaw(StrEnum):
    """Something a person should know about a policy, the most urgent first; also words of ``--fail-on``."""

    NOT_READY = "not-ready"
    """Its routes are not, or not surely, at work."""
    NOT_LOADED = "not-loaded"
    """Alertmanager does not have its newest routes."""
    TEST_FAILED = "test-failed"
    """The last test alert did not reach some receiver."""
    UNKNOWN = "unknown"
    """Nobody can say whether Alertmanager has its routes, or whether the test arrived."""
    UNTESTED = "untested"
    """Nobody ever proved that a receiver gets anything. No fault by itself."""


@dataclass(frozen=True, slots=True)
class PolicyStanding:
    """One policy. Figures are the status's own text; None is Unknown."""

    namespace: str
    name: str
    ready: str
    ready_reason: str
    ready_message: str
    loaded: str
    loaded_reason: str
    slos: int | None
    overlapping: int
    routes: int | None
    delivery: str | None
    escalation: str | None
    worst_case_delay: str | None
    pages_per_week: str | None
    precision: str | None
    recall: str | None
    test: str | None
    """State of the last test; None when there was none, or nobody knows."""
    tested: datetime | None
    flaws: frozenset[Flaw]

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Sorts the worst first, then by name."""
        return (*(flaw not in self.flaws for flaw in Flaw), self.namespace, self.name)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; that nobody has tested it is no fault."""
        return not self.flaws - {Flaw.UNTESTED}

    @classmethod
    def of(cls, policy: Manifest) -> PolicyStanding:
        """From an object as the API server hands it out, with or without a status."""
        metadata, status = policy.get("metadata", {}), policy.get("status", {})
        ready, loaded = found(status, "Ready") or {}, found(status, "RoutesLoaded") or {}
        escalation, quality = status.get("escalation", {}), status.get("quality", {})
        test = status.get("lastTest", {})
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata.get("name", ""),
            ready=ready.get("status", "Unknown"),
            ready_reason=ready.get("reason", "NoStatus"),
            ready_message=ready.get("message", "no operator has written a status yet"),
            loaded=loaded.get("status", "Unknown"),
            loaded_reason=loaded.get("reason", "NoStatus"),
            slos=status.get("selected", {}).get("count"),
            overlapping=len(status.get("overlapping", ())),
            routes=status.get("routes"),
            delivery=status.get("delivery", {}).get("mode"),
            escalation=escalation.get("mode"),
            worst_case_delay=escalation.get("worstCaseDelay"),
            pages_per_week=quality.get("pagesPerWeek"),
            precision=quality.get("precision"),
            recall=quality.get("recall"),
            test=test.get("state"),
            tested=parse_timestamp(test["at"]) if "at" in test else None,
            flaws=_flaws(ready.get("status"), loaded.get("status"), test.get("state")),
        )


def _flaws(ready: str | None, loaded: str | None, test: str | None) -> frozenset[Flaw]:
    holds = {
        Flaw.NOT_READY: ready != "True",
        Flaw.NOT_LOADED: loaded == "False",
        Flaw.TEST_FAILED: test == "Failed",
        Flaw.UNKNOWN: loaded not in {"True", "False"} or test == "Unknown",
        Flaw.UNTESTED: test is None,
    }
    return frozenset(flaw for flaw, true in holds.items() if true)


def summary(standings: Sequence[PolicyStanding]) -> dict[str, int]:
    """How many there are and how many each flaw holds for; one policy may be in several counts."""
    counts = {flaw.value: sum(flaw in one.flaws for one in standings) for flaw in Flaw}
    return {"policies": len(standings), **counts, "ok": sum(one.sound for one in standings)}


def words(standings: Sequence[PolicyStanding]) -> str:
    """``3 policies: 1 not ready, 2 OK``; counts may overlap."""
    counts = summary(standings)
    total, ok = counts.pop("policies"), counts.pop("ok")
    parts = [f"{count} {name.replace('-', ' ')}" for name, count in counts.items() if count]
    return f"{total} polic{'y' if total == 1 else 'ies'}: {', '.join([*parts, f'{ok} OK'])}"


def plain(one: PolicyStanding) -> dict[str, Any]:
    """For JSON and YAML: figures as text, spelled as in the object's status; null is Unknown."""
    return {
        "namespace": one.namespace,
        "name": one.name,
        "flaws": [flaw.value for flaw in Flaw if flaw in one.flaws],
        "ready": {"status": one.ready, "reason": one.ready_reason, "message": one.ready_message},
        "routesLoaded": {"status": one.loaded, "reason": one.loaded_reason},
        "slos": one.slos,
        "overlapping": one.overlapping,
        "routes": one.routes,
        "delivery": one.delivery,
        "escalation": {"mode": one.escalation, "worstCaseDelay": one.worst_case_delay},
        "quality": {
            "pagesPerWeek": one.pages_per_week,
            "precision": one.precision,
            "recall": one.recall,
        },
        "lastTest": {"state": one.test, "at": one.tested.isoformat() if one.tested else None},
    }
