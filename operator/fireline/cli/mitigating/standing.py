"""How one Mitigation stands, read from the status the operator wrote.

For ``fireline mitigations`` and ``fireline status --mitigations``. Unknown stays Unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fireline.api.conditions import found, parse_timestamp, timestamp
from fireline.cli.mitigating.sentences import does, trigger

Manifest = dict[str, Any]
IN_PLACE = frozenset({"Applying", "Verifying", "Active", "Reverting"})
"""Phases in which a target may be changed."""


class Need(StrEnum):
    """Something a person should know about a Mitigation, the most urgent first."""

    HUMAN = "needs-human"
    """It does not go on without a person."""
    APPROVAL = "needs-approval"
    """A change is proposed and waits for a yes."""
    OVERDUE = "overdue"
    """It is in place after the end of its time."""
    NOT_READY = "not-ready"
    """It is not, or not surely, carried out, or lacks a right."""
    IN_PLACE = "in-place"
    """Something is changed. No fault by itself."""
    SUSPENDED = "suspended"
    """Nobody wants it to do anything. No fault by itself."""


@dataclass(frozen=True, slots=True)
class MitigationStanding:
    """One Mitigation. Times are None when there is none, or nobody knows."""

    namespace: str
    name: str
    phase: str
    since: datetime | None
    result: str | None
    does: str
    trigger: str
    signal: str
    """True, False or Unknown; empty when there is no trigger."""
    mode: str
    expires: datetime | None
    """Until when it can be approved, or is in place."""
    human: str
    """Reason of status.needsHuman; empty when nobody is needed."""
    message: str
    """Why it is where it is."""
    plan_hash: str | None
    ready: str
    ready_reason: str
    lacks: str
    """Reason of Permitted=False: it could not be made when it is needed; empty otherwise."""
    needs: frozenset[Need]

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Sorts those that wait for a person first, then by name."""
        return (*(need not in self.needs for need in Need), self.namespace, self.name)

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be done or known about it."""
        return not self.needs - {Need.SUSPENDED}

    @classmethod
    def of(cls, manifest: Manifest, now: datetime) -> MitigationStanding:
        """From an object as the API server hands it out, with or without a status."""
        metadata, spec, status = (manifest.get(part) or {} for part in ("metadata", "spec", "status"))
        phase, plan = status.get("phase") or "Idle", status.get("plan") or {}
        current = plan if phase in {"Proposed", "Approved"} else {}
        ready, human = found(status, "Ready") or {}, status.get("needsHuman") or {}
        permitted = found(status, "Permitted") or {}
        lacks = permitted.get("reason", "") if permitted.get("status") == "False" else ""
        expires = _expires(phase, status, plan)
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata.get("name", ""),
            phase=phase,
            since=since(status),
            result=status.get("result") if phase == "Ended" else None,
            does=current.get("summary") or does(spec),
            trigger=trigger(spec),
            signal=status.get("signal", "Unknown") if spec.get("trigger") else "",
            mode=spec.get("mode", "Propose"),
            expires=expires,
            human=human.get("reason", ""),
            message=human.get("message") or status.get("message", ""),
            plan_hash=status.get("planHash"),
            ready=ready.get("status", "Unknown"),
            ready_reason=ready.get("reason", "NoStatus"),
            lacks=lacks,
            needs=_needs(spec, phase, human, ready, lacks=lacks, late=expires is not None and expires < now),
        )


def since(status: Mapping[str, Any]) -> datetime | None:
    """Since when it is in its phase: the beginning of the last stretch of records in it."""
    at = None
    for record in reversed(status.get("history") or ()):
        if record["phase"] != status.get("phase"):
            break
        at = parse_timestamp(record["time"])
    return at


def _expires(phase: str, status: Mapping[str, Any], plan: Mapping[str, Any]) -> datetime | None:
    text = plan.get("expiresAt") if phase == "Proposed" else None
    if phase in IN_PLACE:
        text = status.get("expiresAt")
    return parse_timestamp(text) if text else None


def _needs(
    spec: Mapping[str, Any],
    phase: str,
    human: Mapping[str, Any],
    ready: Mapping[str, Any],
    *,
    lacks: str,
    late: bool,
) -> frozenset[Need]:
    holds = {
        Need.HUMAN: bool(human),
        Need.APPROVAL: phase == "Proposed",
        Need.OVERDUE: phase in IN_PLACE and late,
        Need.NOT_READY: ready.get("status") != "True" or bool(lacks),
        Need.IN_PLACE: phase in IN_PLACE,
        Need.SUSPENDED: bool(spec.get("suspend")),
    }
    return frozenset(need for need, true in holds.items() if true)


def summary(standings: Sequence[MitigationStanding]) -> dict[str, int]:
    """How many there are and how many each need holds for; one may be in several counts."""
    counts = {need.value: sum(need in one.needs for one in standings) for need in Need}
    return {"mitigations": len(standings), **counts, "quiet": sum(one.quiet for one in standings)}


def words(standings: Sequence[MitigationStanding]) -> str:
    """``3 mitigations: 1 needs approval, 2 quiet``; counts may overlap."""
    counts = summary(standings)
    total, quiet = counts.pop("mitigations"), counts.pop("quiet")
    parts = [f"{count} {name.replace('-', ' ')}" for name, count in counts.items() if count]
    return f"{total} mitigation{'' if total == 1 else 's'}: {', '.join([*parts, f'{quiet} quiet'])}"


def plain(one: MitigationStanding) -> dict[str, Any]:
    """For JSON and YAML; null is Unknown or none."""
    return {
        "namespace": one.namespace,
        "name": one.name,
        "phase": one.phase,
        "since": timestamp(one.since) if one.since else None,
        "result": one.result,
        "does": one.does,
        "trigger": one.trigger,
        "signal": one.signal or None,
        "mode": one.mode,
        "expiresAt": timestamp(one.expires) if one.expires else None,
        "needs": [need.value for need in Need if need in one.needs],
        "needsHuman": one.human or None,
        "message": one.message or None,
        "planHash": one.plan_hash,
        "ready": {"status": one.ready, "reason": one.ready_reason},
        "lacks": one.lacks or None,
    }
