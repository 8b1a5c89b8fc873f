"""Grouping, escalation, inhibition and delivery, as users write them.

Part of :mod:`fireline.api.alert_policy`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.alert_policy_severities import ReceiverName, ReceiverNames, SeverityName
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text

GroupingLabel = Annotated[
    str, Text(r"^([a-zA-Z_][a-zA-Z0-9_]*|\.\.\.)$", 63, "a label name such as alertname, or ... for all")
]


class Repeat(ApiModel):
    """How often people are reminded of what still fires."""

    sev0: strings.Duration = "1h"
    """Of sev0."""
    sev1: strings.Duration = "4h"
    """Of sev1."""
    sev2: strings.Duration = "24h"
    """Of sev2."""


class Grouping(ApiModel):
    """Which alerts come in one message, and when."""

    by: Annotated[
        list[GroupingLabel],
        Field(min_length=1, max_length=16),
        ListKind(),
        Rule(
            "!('...' in self) || self.size() == 1",
            "... means all labels, so nothing can stand beside it",
            lambda names: "..." not in names or len(names) == 1,
        ),
    ] = ["alertname", "slo", "namespace"]  # noqa: RUF012 - pydantic copies it
    """Labels whose values alerts of one message share. Providers open one incident per group: several SLOs in
    one group would hide behind each other. `...` alone: each alert its own message."""
    wait: strings.Duration = "30s"
    """How long the first message waits for others of its group."""
    interval: strings.Duration = "5m"
    """Time between messages of a group that changed."""
    repeat: Repeat = Repeat()
    """Reminders while nothing changes."""


class Level(ApiModel):
    """One step of the escalation."""

    after: strings.Delay
    """How long after the alert, such as `15m`; `0m` is at once."""
    receivers: ReceiverNames
    """Who is told then, by name of `receivers`."""
    severities: Annotated[list[SeverityName], Field(min_length=1, max_length=3), ListKind()] | None = None
    """Only for these. Default: those of the escalation."""


class Escalation(ApiModel):
    """Who is told when nobody reacts. A silence of the alert is the acknowledgement."""

    mode: Literal["Auto", "Provider", "Alertmanager", "Rules"] = "Auto"
    """`Provider`: PagerDuty, Opsgenie and their like do it; `Alertmanager`: delayed notifications that a
    silence stops; `Rules`: a second alert per level, exact in time and blind to silences. `Auto`: Provider
    for a single level that a provider takes, else Alertmanager."""
    severities: Annotated[list[SeverityName], Field(min_length=1, max_length=3), ListKind()] | None = None
    """Which severities escalate. Default: those that page."""
    levels: Annotated[list[Level], Field(min_length=1, max_length=8)]
    """The steps, in order of time."""


class Parent(ApiModel):
    """An SLO this policy's alerts depend on."""

    slo: strings.ObjectName
    """Name of the ServiceLevelObjective: while it pages, alerts of this policy are not sent."""
    namespace: strings.DNSLabel | None = None
    """Its namespace. Default: that of the policy."""


class Inhibition(ApiModel):
    """Which alerts mute others."""

    page_inhibits_ticket: Literal["Auto", "Always", "Never"] = "Auto"
    """Whether a page of an SLO mutes the ticket of the same SLO (and group). A muted alert that resolves
    never says so, which leaves tickets open: `Auto` mutes only when tickets go to chats or mail."""
    parents: Annotated[list[Parent], Field(max_length=16)] | None = None
    """SLOs whose pages mute this policy's alerts, such as the gateway in front of everything."""


class Fallback(ApiModel):
    """Who is told of severities nobody mapped."""

    receivers: ReceiverNames
    """By name of `receivers`."""


class Deadman(ApiModel):
    """An alert that always fires: whoever stops hearing of it knows that alerting is broken."""

    receiver: ReceiverName
    """Told again and again, by name of `receivers`; usually a heartbeat service."""
    every: strings.Duration = "1m"
    """How often."""


class Delivery(ApiModel):
    """How the routes reach Alertmanager."""

    mode: Literal["Auto", "AlertmanagerConfig", "Secret"] = "Auto"
    """`AlertmanagerConfig`: an object in this namespace that prometheus-operator merges. `Secret`: a part of
    the configuration that Fireline writes as a whole, with credentials as mounted files. `Auto`: the former
    unless it cannot express the policy; `status.delivery` says why."""


class DetectionWithin(ApiModel):
    """How soon people want to know."""

    sev0: strings.Duration | None = None
    """Of sev0."""
    sev1: strings.Duration | None = None
    """Of sev1."""
    sev2: strings.Duration | None = None
    """Of sev2."""


class Quality(ApiModel):
    """What good alerting means here; `status.quality` and reports measure it."""

    detection_within: DetectionWithin | None = None
    """From the first bad event of an incident to its alert, such as `sev0: 5m`."""
    pages_per_week: Annotated[int, Between(0, 1000)] | None = None
    """More pages than this are too many for the people who get them."""
