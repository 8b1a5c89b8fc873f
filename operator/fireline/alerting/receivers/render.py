"""Writes a receiver of a policy as Alertmanager reads it, with nothing left to defaults that change. Pure.

:func:`amc_receiver` for an AlertmanagerConfig v1alpha1 (prometheus-operator resolves the secrets),
:func:`native_receiver` for a raw alertmanager.yaml (credentials as mounted files only).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.alerting.receivers import chats, others, providers
from fireline.alerting.receivers.identity import not_in_files
from fireline.alerting.receivers.parts import Manifest, Part, as_amc, as_native
from fireline.alerting.receivers.providers import Severities
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_receivers_parts import SecretKey


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of receiver is written: names of its list in both notations, and its parts."""

    amc: str
    native: str
    parts: Callable[[Any, Severities], tuple[Part, ...]]


def _plain(parts: Callable[[Any], tuple[Part, ...]]) -> Callable[[Any, Severities], tuple[Part, ...]]:
    """For the kinds that know no severities of their own."""
    return lambda config, _: parts(config)


FORMS: Mapping[str, Form] = {
    "pagerduty": Form("pagerdutyConfigs", "pagerduty_configs", providers.pagerduty),
    "opsgenie": Form("opsgenieConfigs", "opsgenie_configs", providers.opsgenie),
    "victorops": Form("victoropsConfigs", "victorops_configs", _plain(providers.victorops)),
    "pushover": Form("pushoverConfigs", "pushover_configs", _plain(providers.pushover)),
    "email": Form("emailConfigs", "email_configs", _plain(others.email)),
    "webhook": Form("webhookConfigs", "webhook_configs", _plain(others.webhook)),
    "slack": Form("slackConfigs", "slack_configs", _plain(chats.slack)),
    "msteamsv2": Form("msteamsv2Configs", "msteamsv2_configs", _plain(chats.msteamsv2)),
    "msteams": Form("msteamsConfigs", "msteams_configs", _plain(chats.msteams)),
    "discord": Form("discordConfigs", "discord_configs", _plain(chats.discord)),
    "telegram": Form("telegramConfigs", "telegram_configs", _plain(chats.telegram)),
    "webex": Form("webexConfigs", "webex_configs", _plain(chats.webex)),
    "sns": Form("snsConfigs", "sns_configs", _plain(others.sns)),
    "wechat": Form("wechatConfigs", "wechat_configs", _plain(chats.wechat)),
    "rocketchat": Form("rocketchatConfigs", "rocketchat_configs", _plain(chats.rocketchat)),
}


def amc_receiver(receiver: Receiver, *, severities: Severities | None = None) -> Manifest:
    """An entry of ``spec.receivers`` of an AlertmanagerConfig; ``severities``: what providers call them."""
    config = as_amc(_parts(receiver, severities or {}))
    return {"name": receiver.name, FORMS[receiver.kind].amc: [config]}


def native_receiver(
    receiver: Receiver,
    *,
    name: str,
    mount: Callable[[SecretKey], str],
    severities: Severities | None = None,
) -> Manifest:
    """An entry of ``receivers`` of alertmanager.yaml, called ``name``.

    ``mount`` says where Alertmanager finds a key of a Secret. Raises ValueError for a receiver whose
    credentials cannot stand in files (:func:`not_in_files` names them).
    """
    if fields := not_in_files(receiver):
        raise ValueError(
            f"receiver {receiver.name}: Alertmanager 0.28 reads {', '.join(fields)} from no file"
        )
    config = as_native(_parts(receiver, severities or {}), mount)
    return {"name": name, FORMS[receiver.kind].native: [config]}


def _parts(receiver: Receiver, severities: Severities) -> tuple[Part, ...]:
    resolved = Part("sendResolved", "send_resolved", receiver.config.send_resolved)
    return (resolved, *FORMS[receiver.kind].parts(receiver.config, severities))
