"""An AlertPolicy as the rest of the room works with it: checked, resolved, immutable.

:mod:`fireline.alerting.compile` turns what users write into a :class:`Policy`. Its routes are told in
words that AlertmanagerConfig (:mod:`~fireline.alerting.amc`) and Alertmanager's own configuration
(:mod:`~fireline.alerting.raw`) both have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fireline.alerting.hours_model import Hours
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_severities import ProviderSeverity, Sev
from fireline.api.plan import Manifest

MatchType = Literal["=", "!=", "=~", "!~"]
EscalationMode = Literal["Provider", "Alertmanager", "Rules", "None"]
DeliveryMode = Literal["AlertmanagerConfig", "Secret"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is not there is empty."""

    name: str
    value: str
    type: MatchType = "="


@dataclass(frozen=True, slots=True)
class Route:
    """One node of the routing tree. What is None is inherited; time intervals never are."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    """Whether siblings after this one are tried too (``continue``)."""
    group_by: tuple[str, ...] | None = None
    wait: str | None = None
    interval: str | None = None
    repeat: str | None = None
    active: tuple[str, ...] = ()
    """Names of the time intervals in which it notifies; none means always."""
    routes: tuple[Route, ...] = ()

    @property
    def count(self) -> int:
        """This route and all below it."""
        return 1 + sum(route.count for route in self.routes)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert that matches ``source`` fires, those that match ``target`` are not sent."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A named time interval: the inside of hours, or all the rest."""

    name: str
    hours: Hours
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One level of an escalation. ``number`` counts from 1; ``after`` is in seconds."""

    number: int
    after: int
    receivers: tuple[str, ...]
    sevs: tuple[Sev, ...]
    hours: tuple[str, ...] = ()
    """Names of the hours outside of which it is told to nobody, for some of its severities."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One compiled AlertPolicy."""

    namespace: str
    name: str
    route: Route
    receivers: tuple[Receiver, ...]
    """Those that routes name; others need no place in the configuration."""
    intervals: tuple[Interval, ...]
    inhibitions: tuple[Inhibition, ...]
    provider_severities: Mapping[Sev, ProviderSeverity]
    escalation: EscalationMode
    steps: tuple[Step, ...]
    groups: tuple[Manifest, ...]
    """Rule groups of the policy's own alerts."""
    alertnames: tuple[str, ...]
    """Names of the policy's own alerts, without heartbeats and escalations."""
    mode: DeliveryMode
    mode_reason: str
    alertmanager: str
    source: str
    notes: tuple[str, ...] = ()
    """What the user should know though the spec is valid."""
    runbook_url: str | None = None
    """Of the policy, else of the settings, with its placeholders."""
    no_runbook: tuple[str, ...] = ()
    """Alerts that page and name no runbook."""

    @property
    def label(self) -> str:
        """Value of the label ``alert_policy``: ``shop/checkout``."""
        return f"{self.namespace}/{self.name}"
