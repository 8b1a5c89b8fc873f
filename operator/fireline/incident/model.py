"""The words of this room: what is seen of an SLO in trouble, and a fact before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from fireline.api.conditions import timestamp
from fireline.api.plan import Manifest

AlertKind = Literal["Page", "Ticket", "NoData", "Other"]
"""``Page`` and ``Ticket`` are burn-rate alerts, which open an incident; the others only belong to it."""
Phase = Literal["Detect", "Triage", "Mitigate", "Resolve", "Verify", "Postmortem"]
PHASES: tuple[Phase, ...] = ("Detect", "Triage", "Mitigate", "Resolve", "Verify", "Postmortem")
OPERATOR = "operator"
UNKNOWN = "unknown"
"""Who did it, where nobody can tell."""
A_PERSON = "a person (not recorded)"
"""Who did it, where that can only have been a person: the cluster keeps no name with an annotation."""
_LINE = 512
_NAME = 256


@dataclass(frozen=True, slots=True)
class FiringAlert:
    """One tier of the SLO whose alert fires. ``since`` as Prometheus says."""

    tier: str
    alertname: str
    kind: AlertKind
    sev: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """What Prometheus says about the SLO's alerts at a time.

    ``measured``: its data is there, so that silence means that all is well.
    """

    firing: tuple[FiringAlert, ...]
    at: datetime
    measured: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """The SLO an incident is about. ``grouped``: it has groupBy."""

    uid: str
    namespace: str
    name: str
    service: str
    owner: str | None = None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read from Prometheus about one incident, see ``fireline.refresh.evidence``.

    ``document``: the ``evidence`` of the status, without what the planner knows better.
    ``consumed_before``: share of the budget consumed at ``impact_start``. ``burn``: by window, at detection.
    """

    document: Manifest
    impact_start: datetime | None = None
    consumed_before: float | None = None
    burn: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the record of one SLO is brought up to date from. ``alerts`` None: nobody knows; ``lost``: and
    that is not only because nobody was asked yet.

    ``consumed``: share of the budget, None when it is not known; ``worst``: the worst groups with theirs.
    ``checks`` and ``mitigations``: objects that have to do with this SLO. ``notes``: the SLO's annotations.
    ``gathered`` and ``exported`` by incident id.
    """

    subject: Subject
    now: datetime
    settle: timedelta
    alerts: Alerts | None = None
    lost: bool = False
    consumed: float | None = None
    burn: Mapping[str, float] = field(default_factory=dict)
    worst: tuple[tuple[str, float], ...] = ()
    checks: tuple[Manifest, ...] = ()
    mitigations: tuple[Manifest, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    gathered: Mapping[str, Gathered] = field(default_factory=dict)
    exported: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact that may be written down. Two with the same :attr:`key` are one."""

    at: datetime
    phase: Phase
    type: str
    source: str
    summary: str
    actor: str = OPERATOR
    data: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Type, source and second of the event."""
        return self.type, self.source[:_NAME], timestamp(self.at)

    def written(self, seq: int, now: datetime) -> Manifest:
        """The fact as the status keeps it."""
        data = {name: one_line(value) for name, value in self.data.items() if value}
        evidence = [one_line(one) for one in self.evidence]
        return {
            "seq": seq,
            "eventTime": timestamp(self.at),
            "recordedTime": timestamp(now),
            "phase": self.phase,
            "type": self.type,
            "actor": self.actor[:_NAME],
            "source": self.source[:_NAME],
            "summary": one_line(self.summary),
            **({"data": data} if data else {}),
            **({"evidence": evidence} if evidence else {}),
        }


def key_of(fact: Mapping[str, Any]) -> tuple[str, str, str]:
    """:attr:`Draft.key` of a fact that is written down."""
    return fact["type"], fact["source"], fact["eventTime"]


def one_line(text: str) -> str:
    """Text as a fact keeps it: on one line, and not longer than a line may be."""
    line = " ".join(str(text).split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"
