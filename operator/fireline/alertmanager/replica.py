"""What Fireline asks of one Alertmanager: the protocol its users depend on.

An Alertmanager cluster has no leader and no load balancer: every replica is asked and told on its own.
:class:`~fireline.alertmanager.client.Replica` speaks to a real one,
:class:`~fireline.alertmanager.memory.InMemoryAlertmanager` answers unit tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


class Sender(NamedTuple):
    """What one counter counts: an integration, of one receiver when Alertmanager tells them apart."""

    integration: str
    receiver: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What Alertmanager has sent since it started or loaded its configuration, by sender.

    A notification begins (``begun``), is tried once or more (``tried``; ``refused`` of these failed) and ends
    with a try that is ``taken``, or is ``given_up`` for a reason.
    """

    begun: float = 0.0
    tried: float = 0.0
    refused: float = 0.0
    reasons: Mapping[str, float] = field(default_factory=dict)
    """How many were given up, by why as Alertmanager calls it: ``clientError``, ``other``."""

    @property
    def given_up(self) -> float:
        """How many were given up."""
        return sum(self.reasons.values())

    @property
    def taken(self) -> float:
        """How many tries succeeded."""
        return self.tried - self.refused

    def since(self, before: Sent) -> Sent:
        """What was sent after ``before``."""
        reasons = {name: count - before.reasons.get(name, 0.0) for name, count in self.reasons.items()}
        return Sent(
            self.begun - before.begun,
            self.tried - before.tried,
            self.refused - before.refused,
            {name: count for name, count in reasons.items() if count},
        )


@dataclass(frozen=True, slots=True)
class Counters:
    """The notification counters of ``/metrics``."""

    sent: Mapping[Sender, Sent]
    by_receiver: bool
    """Whether receivers are told apart (feature ``receiver-name-in-metrics``)."""
    epoch: tuple[float, float]
    """Start of the process and time of its last successful reload: with another one counters began anew."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a replica runs with. ``config`` is the loaded configuration, with ``<secret>`` for secrets;
    :func:`fireline.alertmanager.answers.receivers` reads it."""

    version: str
    config: str


class AlertmanagerReplica(Protocol):
    """One replica. Every method raises AlertmanagerError (AlertmanagerForbidden for credentials)."""

    @property
    def place(self) -> str:
        """Its address for messages, without credentials."""

    async def status(self) -> Status:
        """What it runs with."""

    async def alerts(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Alerts that match every filter (``alertname="X"``), as API v2 gives them."""

    async def groups(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Alert groups, each with its receiver, that hold alerts matching every filter."""

    async def silences(self) -> list[dict[str, Any]]:
        """All silences, expired ones too while they are kept."""

    async def post(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Creates or updates alerts."""

    async def counters(self) -> Counters:
        """What it has sent so far."""
