"""AlertPolicy as users write it: the schema of ``kubectl explain ap``, and its checks.

Read by ``fireline.api.crd`` (schema), ``fireline.alerting.compile`` and the CLI (validation). What a
schema cannot say is checked in :mod:`fireline.alerting.checks`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from fireline.api import strings
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_routing import (
    Deadman,
    Delivery,
    Escalation,
    Fallback,
    Grouping,
    Inhibition,
    Quality,
)
from fireline.api.alert_policy_severities import ALIASES, Severity, SeverityName, canonical
from fireline.api.alert_policy_time import Hours
from fireline.api.alert_rule import AlertRule
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text
from fireline.api.label_selector import LabelSelector
from fireline.api.slo import Metadata

PLACEHOLDERS = ("namespace", "slo", "service", "alertname")
"""What may stand in braces in a runbook URL."""
_KNOWN = "|".join(PLACEHOLDERS)
RunbookURL = Annotated[
    str,
    Text(
        rf"^https?://([^ {{}}<>\"\\]|\{{({_KNOWN})\}})+$",
        2048,
        "an http or https URL, in which {namespace}, {slo}, {service} and {alertname} may stand, "
        "such as https://runbooks.example/{alertname}",
    ),
]
_TIER = r"^[A-Z][A-Za-z0-9_]*$"
_TWICE = " || ".join(
    f"self.filter(s, s.name in [{', '.join(repr(name) for name in names)}]).size() > 1"
    for names in ALIASES.values()
)
Severities = Annotated[
    list[Severity],
    Field(min_length=1, max_length=3),
    ListKind(("name",)),
    Rule(
        f"!({_TWICE})",
        "a severity is there twice under two of its names: sev0 is P1 and critical, sev1 is P2 and high, "
        "sev2 is P3 and medium",
        lambda given: len({canonical(one.name) for one in given}) == len(given),
    ),
]


class Spec(ApiModel):
    """Whom it concerns, and who is told."""

    priority: Annotated[int, Between(-1000, 1000)] = 0
    """Of several policies that select an object the one with the highest priority has it, then the oldest."""
    selector: LabelSelector
    """The ServiceLevelObjectives of this namespace it is for, by label; `{}` means all of them."""
    severities: Severities
    """Who is told of what. Severities that are not here go to `fallback`."""
    tiers: (
        Annotated[
            dict[str, SeverityName],
            Field(max_length=32),
            Rule(
                f"self.all(tier, tier.matches('{_TIER}'))",
                "names of tiers are CamelCase words, such as PageFast or Budget50",
                lambda given: all(re.search(_TIER, tier) for tier in given),
            ),
        ]
        | None
    ) = None
    """Severity of each tier of the SLOs' alerts. Default: PageFast sev0, PageSlow, NoData and Exhausted sev1,
    all others sev2; own tiers as their SLO says."""
    receivers: Annotated[list[Receiver], Field(min_length=1, max_length=32), ListKind(("name",))]
    """Ways to tell people. Credentials only as references to Secrets of this namespace."""
    escalation: Escalation | None = None
    """Who is told when nobody reacts. A silence of the alert is the acknowledgement; `status.escalation` says
    what is promised."""
    grouping: Grouping = Grouping()
    """Which alerts come in one message, and when."""
    hours: Annotated[list[Hours], Field(max_length=8), ListKind(("name",))] | None = None
    """Timetables that severities may name."""
    inhibition: Inhibition = Inhibition()
    """Which alerts mute others: a page the ticket of its SLO, an SLO in front those behind it."""
    rules_: Annotated[list[AlertRule] | None, Field(alias="rules", max_length=64), ListKind(("name",))] = None
    """Alerts that are not about an objective."""
    runbook_url: Annotated[RunbookURL | None, Field(alias="runbookURL")] = None
    """Annotation `runbook_url` of alerts that name none themselves; `{namespace}`, `{slo}`, `{service}` and
    `{alertname}` stand for the alert's. Default: from the operator's settings."""
    fallback: Fallback | None = None
    """Who is told of severities that are not in `severities`. Default: nobody."""
    deadman: Deadman | None = None
    """An alert that always fires, so that its absence is noticed elsewhere."""
    delivery: Delivery = Delivery()
    """How the routes reach Alertmanager."""
    quality: Quality = Quality()
    """What good alerting means here: targets that `status.quality` and reports are held against."""
    alertmanager: strings.DNSLabel = "default"
    """The Alertmanager to use: one named in the operator's settings."""
    prometheus: strings.DNSLabel = "default"
    """The Prometheus that evaluates `rules`: a source named in the operator's settings."""


PolicyName = Annotated[
    str,
    Text(
        r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        51,
        "a Kubernetes object name (lower-case letters, digits, - and .), such as checkout",
    ),
]


class PolicyMetadata(Metadata):
    """The part of ObjectMeta that Fireline reads; everything else passes by."""

    name: PolicyName


class AlertPolicy(BaseModel):
    """Who is told of alerts, when, and what happens if nobody answers.

    Fireline writes it as an AlertmanagerConfig, and the labels of the alerts it is for.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.metadata.name.size() <= 51",
            "metadata.name must have at most 51 characters: it becomes a part of other names",
            lambda policy: len(policy.metadata.name) <= 51,
        ),
    )

    api_version: Annotated[Literal["fireline.dev/v1alpha1"], Field(alias="apiVersion")] = (
        "fireline.dev/v1alpha1"
    )
    kind: Literal["AlertPolicy"] = "AlertPolicy"
    metadata: PolicyMetadata
    spec: Spec

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> AlertPolicy:
        """The typed object behind a manifest. Raises pydantic's ValidationError."""
        return cls.model_validate(dict(manifest))
