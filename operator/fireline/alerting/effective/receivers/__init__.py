"""Receivers of an AlertmanagerConfig as Alertmanager's: one file per kind, listed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.receivers.discord import discord
from fireline.alerting.effective.receivers.email import email
from fireline.alerting.effective.receivers.msteams import msteams, msteamsv2
from fireline.alerting.effective.receivers.opsgenie import opsgenie
from fireline.alerting.effective.receivers.pagerduty import pagerduty
from fireline.alerting.effective.receivers.pushover import pushover
from fireline.alerting.effective.receivers.rocketchat import rocketchat
from fireline.alerting.effective.receivers.slack import slack
from fireline.alerting.effective.receivers.sns import sns
from fireline.alerting.effective.receivers.telegram import telegram
from fireline.alerting.effective.receivers.victorops import victorops
from fireline.alerting.effective.receivers.webex import webex
from fireline.alerting.effective.receivers.webhook import webhook
from fireline.alerting.effective.receivers.wechat import wechat
from fireline.api.plan import Manifest


@dataclass(frozen=True, slots=True)
class Integration:
    """One kind of receiver: its list in Alertmanager, and how one entry is converted."""

    key: str
    convert: Callable[[Manifest, Origin], Manifest]


INTEGRATIONS: Mapping[str, Integration] = {
    "opsgenieConfigs": Integration("opsgenie_configs", opsgenie),
    "pagerdutyConfigs": Integration("pagerduty_configs", pagerduty),
    "discordConfigs": Integration("discord_configs", discord),
    "slackConfigs": Integration("slack_configs", slack),
    "webhookConfigs": Integration("webhook_configs", webhook),
    "wechatConfigs": Integration("wechat_configs", wechat),
    "emailConfigs": Integration("email_configs", email),
    "victoropsConfigs": Integration("victorops_configs", victorops),
    "pushoverConfigs": Integration("pushover_configs", pushover),
    "snsConfigs": Integration("sns_configs", sns),
    "telegramConfigs": Integration("telegram_configs", telegram),
    "webexConfigs": Integration("webex_configs", webex),
    "msteamsConfigs": Integration("msteams_configs", msteams),
    "msteamsv2Configs": Integration("msteamsv2_configs", msteamsv2),
    "rocketchatConfigs": Integration("rocketchat_configs", rocketchat),
}
"""By the name of the list in an AlertmanagerConfig."""


def receiver(given: Manifest, origin: Origin) -> Manifest:
    """One receiver with everything it notifies."""
    done: Manifest = {"name": origin.prefixed(given.get("name"))}
    for field, integration in INTEGRATIONS.items():
        if given.get(field):
            done[integration.key] = [integration.convert(one, origin) for one in given[field]]
    return done
