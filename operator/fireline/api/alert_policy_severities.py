"""The severities of an AlertPolicy as users write them. Part of :mod:`fireline.api.alert_policy`.

Three levels, known under several names: what a company calls P1 another one calls critical.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, ListKind

SeverityName = Literal["sev0", "sev1", "sev2", "P1", "P2", "P3", "critical", "high", "medium"]
Sev = Literal["sev0", "sev1", "sev2"]
SEVS: tuple[Sev, ...] = ("sev0", "sev1", "sev2")
ALIASES: dict[Sev, tuple[SeverityName, ...]] = {
    "sev0": ("sev0", "P1", "critical"),
    "sev1": ("sev1", "P2", "high"),
    "sev2": ("sev2", "P3", "medium"),
}
"""What each severity may be called; the first name is the one on labels."""

ReceiverName = strings.DNSLabel
ReceiverNames = Annotated[list[ReceiverName], Field(min_length=1, max_length=8), ListKind()]


def canonical(name: SeverityName) -> Sev:
    """The severity behind a name: ``sev0`` for ``P1``."""
    return next(sev for sev, names in ALIASES.items() if name in names)


class ProviderSeverity(ApiModel):
    """What the providers call a severity."""

    pagerduty: Literal["critical", "error", "warning", "info"] | None = None
    """`severity` of PagerDuty events. Default: critical, error, warning for sev0, sev1, sev2."""
    opsgenie: Literal["P1", "P2", "P3", "P4", "P5"] | None = None
    """`priority` of Opsgenie alerts. Default: P1, P2, P3 for sev0, sev1, sev2."""


class Severity(ApiModel):
    """One severity: who is told, and when."""

    name: SeverityName
    """`sev0` (P1, critical): outage, or danger to people or money. `sev1` (P2, high): major degradation.
    `sev2` (P3, medium): partial or localised. Each at most once, under one of its names."""
    page: bool
    """Whether this severity wakes people up."""
    receivers: ReceiverNames
    """Who is told, by name of `receivers`."""
    severity: Literal["critical", "warning", "info"] | None = None
    """Label `severity` of the policy's own rules of this severity. Default: critical for sev0 and sev1,
    warning for sev2. Alerts of SLOs keep the severity of their alert name, since the usual default
    inhibition (critical mutes warning of the same alert name and namespace) would otherwise let one SLO
    mute another."""
    provider_severity: ProviderSeverity | None = None
    """What the providers call this severity."""
    hours: strings.DNSLabel | None = None
    """Name of an entry of `hours`: told only then; what fires outside is told when the hours begin, if it
    still fires."""
    outside_hours: ReceiverNames | None = None
    """Who is told at once outside of `hours`. Default: nobody."""
