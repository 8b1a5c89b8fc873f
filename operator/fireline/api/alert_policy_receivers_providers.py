"""Receivers that wake people up. Part of :mod:`fireline.api.alert_policy_receivers`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api.alert_policy_receivers_parts import (
    Http,
    Pairs,
    Plain,
    SecretKey,
    ShortTemplate,
    Template,
    Timeout,
    Url,
)
from fireline.api.common import ApiModel, Rule, exactly_one


class PagerDutyLink(ApiModel):
    """One link of an incident."""

    href: ShortTemplate
    """Where it leads, such as `https://wiki.example.com/{{ .CommonLabels.service }}`."""
    text: ShortTemplate
    """What people read."""


class PagerDutyImage(ApiModel):
    """One image of an incident."""

    src: ShortTemplate
    """URL of the image (https)."""
    href: ShortTemplate | None = None
    """Where a click leads."""
    alt: ShortTemplate | None = None
    """What the image shows, in words."""


class PagerDuty(ApiModel):
    """PagerDuty. Its severity comes from the policy's severities."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("routingKeySecret", "serviceKeySecret"),)

    routing_key_secret: SecretKey | None = None
    """Integration key of the Events API v2."""
    service_key_secret: SecretKey | None = None
    """Key of an integration of type Prometheus."""
    url: Url | None = None
    """Where events are sent, when not to PagerDuty's usual address."""
    description: ShortTemplate | None = None
    """Title of the incident. Default: severity, service and summary."""
    client: ShortTemplate | None = None
    """Name of what sends this. Default: Fireline and the policy."""
    client_url: Annotated[ShortTemplate | None, Field(alias="clientURL")] = None
    """Link of the sender. Default: the alerts in Alertmanager."""
    source: ShortTemplate | None = None
    """Location of the affected system. Default: namespace and SLO."""
    class_: Annotated[ShortTemplate | None, Field(alias="class")] = None
    """Kind of event. Default: the alert's name."""
    component: ShortTemplate | None = None
    """Part of the system. Default: the SLO."""
    group: ShortTemplate | None = None
    """Grouping of parts. Default: the service."""
    details: Pairs | None = None
    """Further details of the incident, beside Fireline's own."""
    links: Annotated[list[PagerDutyLink], Field(max_length=8)] | None = None
    """Further links, beside runbook and dashboard."""
    images: Annotated[list[PagerDutyImage], Field(max_length=8)] | None = None
    """Images of the incident."""
    send_resolved: bool = True
    """Whether the incident is resolved with the alert."""
    http: Http | None = None
    """How it is reached."""


class OpsgenieResponder(ApiModel):
    """Whom Opsgenie tells."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("id", "name", "username"),)

    type: Literal["team", "teams", "user", "escalation", "schedule"]
    """What it is."""
    id: ShortTemplate | None = None
    """Its id."""
    name: ShortTemplate | None = None
    """Its name."""
    username: ShortTemplate | None = None
    """A user's name."""


class Opsgenie(ApiModel):
    """Opsgenie (its end of support is April 2027). The priority comes from the policy's severities."""

    api_key_secret: Annotated[SecretKey, Field(alias="apiKeySecret")]
    """Key of an API integration."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Default: Opsgenie's address in the United States; in Europe `https://api.eu.opsgenie.com`."""
    message: ShortTemplate | None = None
    """Title of the alert. Default: severity, service and summary."""
    description: Template | None = None
    """What is wrong. Default: every alert with its links."""
    source: ShortTemplate | None = None
    """Link to the sender. Default: the alerts in Alertmanager."""
    entity: ShortTemplate | None = None
    """What the alert is about. Default: namespace and SLO."""
    responders: Annotated[list[OpsgenieResponder], Field(max_length=16)] | None = None
    """Whom to tell. Default: whom the integration names."""
    tags: ShortTemplate | None = None
    """Tags, comma separated."""
    note: ShortTemplate | None = None
    """A note."""
    actions: ShortTemplate | None = None
    """Actions people can start from the alert, comma separated."""
    details: Pairs | None = None
    """Further details, beside Fireline's own."""
    update_alerts: bool = False
    """Whether title and description follow later changes of the group."""
    send_resolved: bool = True
    """Whether the alert is closed with ours."""
    http: Http | None = None
    """How it is reached."""


_VICTOROPS_TAKEN = (
    "routing_key",
    "message_type",
    "state_message",
    "entity_display_name",
    "monitoring_tool",
    "entity_id",
    "entity_state",
)


class VictorOps(ApiModel):
    """Splunk On-Call, once VictorOps."""

    api_key_secret: SecretKey
    """Key of the REST endpoint."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Where alerts are sent, when not to the usual address."""
    routing_key: ShortTemplate
    """Which team is told."""
    message_type: ShortTemplate | None = None
    """CRITICAL, WARNING or INFO. Default: from the label `severity`."""
    entity_display_name: ShortTemplate | None = None
    """Title of the incident. Default: severity, service and summary."""
    state_message: Template | None = None
    """What is wrong. Default: every alert with its links."""
    custom_fields: (
        Annotated[
            Pairs,
            Rule(
                "self.all(name, !(name in [" + ", ".join(f"'{name}'" for name in _VICTOROPS_TAKEN) + "]))",
                f"these names are taken: {', '.join(_VICTOROPS_TAKEN)}",
                lambda given: not set(given) & set(_VICTOROPS_TAKEN),
            ),
        ]
        | None
    ) = None
    """Further fields, beside Fireline's own."""
    send_resolved: bool = True
    """Whether the incident recovers with the alert."""
    http: Http | None = None
    """How it is reached."""


class Pushover(ApiModel):
    """Pushover: push messages to phones."""

    user_key_secret: SecretKey
    """Key of the user or group that is told."""
    token_secret: SecretKey
    """Token of the application."""
    title: ShortTemplate | None = None
    """Title. Default: severity, service and summary."""
    message: Template | None = None
    """Text. Default: every alert in short."""
    url: ShortTemplate | None = None
    """A link. Default: the runbook."""
    url_title: Annotated[ShortTemplate | None, Field(alias="urlTitle")] = None
    """What people read of the link."""
    device: Plain | None = None
    """Only this device."""
    sound: Plain | None = None
    """A sound of Pushover's list, such as `siren`."""
    priority: ShortTemplate | None = None
    """-2 to 2; 2 asks to be confirmed. Default: 2 for sev0 while it fires, else 0."""
    retry: Timeout = "1m"
    """Priority 2: how often it is repeated, 30 s at least."""
    expire: Timeout = "60m"
    """Priority 2: for how long, 3 h at most."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""
