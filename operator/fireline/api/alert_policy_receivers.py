"""Whom an AlertPolicy can tell, as users write it. Part of :mod:`fireline.api.alert_policy`.

Every kind that Alertmanager 0.28 takes from an AlertmanagerConfig. Newer ones are known by name only, so that
they are refused with the version they need, and not as a typing error. Rendered by
:mod:`fireline.alerting.receivers`.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from fireline.api import strings
from fireline.api.alert_policy_receivers_chat import (
    Discord,
    MSTeams,
    MSTeamsV2,
    RocketChat,
    Slack,
    Telegram,
    Webex,
    WeChat,
)
from fireline.api.alert_policy_receivers_other import SNS, Email, Webhook
from fireline.api.alert_policy_receivers_providers import Opsgenie, PagerDuty, Pushover, VictorOps
from fireline.api.common import ApiModel, Rule, exactly_one

KINDS = (
    "pagerduty",
    "opsgenie",
    "victorops",
    "pushover",
    "email",
    "webhook",
    "slack",
    "msteamsv2",
    "msteams",
    "discord",
    "telegram",
    "webex",
    "sns",
    "wechat",
    "rocketchat",
)
"""The fields of :class:`Receiver` of which exactly one is set."""

Kind = (
    PagerDuty
    | Opsgenie
    | VictorOps
    | Pushover
    | Email
    | Webhook
    | Slack
    | MSTeamsV2
    | MSTeams
    | Discord
    | Telegram
    | Webex
    | SNS
    | WeChat
    | RocketChat
)


class Unsupported(ApiModel):
    """A kind of receiver the oldest supported Alertmanager (0.28) or AlertmanagerConfig does not have."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}
    )


def _refuse(kind: str, needs: str) -> Rule:
    return Rule(
        f"!has(self.{kind})",
        f"{kind} needs {needs}; use webhook with a URL of its own in urlSecret instead",
        lambda receiver: getattr(receiver, kind) is None,
    )


class Receiver(ApiModel):
    """Someone, or something, that is told."""

    rules: ClassVar[tuple[Rule, ...]] = (
        _refuse("incidentio", "Alertmanager 0.29, and no AlertmanagerConfig has it yet"),
        _refuse("mattermost", "Alertmanager 0.30, and no AlertmanagerConfig has it yet"),
        _refuse("jira", "an AlertmanagerConfig that has it, and none has yet"),
        exactly_one(*KINDS),
    )

    name: strings.DNSLabel
    """Name by which severities, levels and the fallback call it."""
    pagerduty: PagerDuty | None = None
    """PagerDuty."""
    opsgenie: Opsgenie | None = None
    """Opsgenie."""
    victorops: VictorOps | None = None
    """Splunk On-Call (VictorOps)."""
    pushover: Pushover | None = None
    """Pushover."""
    email: Email | None = None
    """Mail."""
    webhook: Webhook | None = None
    """A webhook of your own."""
    slack: Slack | None = None
    """Slack."""
    msteamsv2: MSTeamsV2 | None = None
    """Microsoft Teams by a workflow."""
    msteams: MSTeams | None = None
    """Microsoft Teams by a connector (being retired)."""
    discord: Discord | None = None
    """Discord."""
    telegram: Telegram | None = None
    """Telegram."""
    webex: Webex | None = None
    """Cisco Webex."""
    sns: SNS | None = None
    """Amazon SNS."""
    wechat: WeChat | None = None
    """WeChat Work."""
    rocketchat: RocketChat | None = None
    """Rocket.Chat."""
    incidentio: Unsupported | None = None
    """Refused: needs Alertmanager 0.29. Use webhook."""
    mattermost: Unsupported | None = None
    """Refused: needs Alertmanager 0.30. Use webhook, or slack with Mattermost's incoming webhook."""
    jira: Unsupported | None = None
    """Refused: AlertmanagerConfig has no Jira. Use webhook."""

    @property
    def kind(self) -> str:
        """Which of the fields is set: ``slack``."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def config(self) -> Kind:
        """What that field holds."""
        found: Kind = getattr(self, self.kind)
        return found
