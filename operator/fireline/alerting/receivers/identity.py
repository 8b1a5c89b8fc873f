"""What a receiver is: its secrets, its name in metrics, the service behind it, its address in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel

from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_receivers_other import Webhook
from fireline.api.alert_policy_receivers_parts import SecretKey
from fireline.api.alert_policy_receivers_providers import Opsgenie, PagerDuty, VictorOps
from fireline.api.issues import Location

_PROVIDERS = frozenset({"pagerduty", "opsgenie", "victorops"})
_CHATS = frozenset({"slack", "msteamsv2", "msteams", "discord", "telegram", "webex", "rocketchat", "wechat"})
_NO_FILES = frozenset({"wechat.apiSecret", "sns.accessKeySecret", "sns.secretKeySecret"})
_LOST = {
    "pushover": frozenset({"sound"}),
    "telegram": frozenset({"disable_notifications"}),
    "rocketchat": frozenset(
        {"api_url", "channel", "title", "title_link", "text", "color", "emoji", "fields"}
    ),
}
"""Fields prometheus-operator 0.85 drops on its way from AlertmanagerConfig to alertmanager.yaml
(pkg/alertmanager/amcfg.go: convertPushoverConfig, convertTelegramConfig, convertRocketChatConfig)."""


Holds = Literal["Text", "URL", "ExactURL", "Certificates"]


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A key of a Secret and where the receiver names it; ``at`` begins below the receiver.

    ``holds`` is what the value must be: an empty one, or something else than a URL where one is needed,
    makes Alertmanager refuse the configuration of everyone. ``ExactURL``: without the line break that
    prometheus-operator takes off elsewhere, but not for Microsoft Teams.
    """

    at: Location
    name: str
    key: str
    holds: Holds


def secrets_of(receiver: Receiver) -> tuple[SecretRef, ...]:
    """Every secret a receiver names, in the order of its fields; ``at`` such as ("slack", "apiURLSecret")."""
    return tuple(
        SecretRef((receiver.kind, *at), found.name, found.key, _holds(receiver.kind, str(at[-1])))
        for at, found in _secret_keys(receiver.config)
    )


def _secret_keys(model: BaseModel) -> Iterator[tuple[Location, SecretKey]]:
    for name, field in type(model).model_fields.items():
        value, alias = getattr(model, name), field.alias or name
        if isinstance(value, SecretKey):
            yield (alias,), value
        elif isinstance(value, BaseModel):
            for at, found in _secret_keys(value):
                yield (alias, *at), found


def _holds(kind: str, field: str) -> Holds:
    if field == "caSecret":
        return "Certificates"
    if not field.lower().endswith("urlsecret"):
        return "Text"
    return "ExactURL" if kind in ("msteams", "msteamsv2") else "URL"


def not_in_files(receiver: Receiver) -> list[str]:
    """Fields whose secrets Alertmanager 0.28 reads from no file, such as ``wechat.apiSecret``: with them the
    receiver can only be delivered as an AlertmanagerConfig."""
    paths = (".".join(map(str, ref.at)) for ref in secrets_of(receiver))
    return [path for path in paths if path in _NO_FILES]


def lost_in_amc(receiver: Receiver) -> list[str]:
    """Fields the author set and prometheus-operator 0.85 silently drops from an AlertmanagerConfig, such as
    ``rocketchat.channel``: with them the receiver is only delivered whole by the raw Secret."""
    config = receiver.config
    lost = _LOST.get(receiver.kind, frozenset())
    return [
        f"{receiver.kind}.{field.alias or name}"
        for name, field in type(config).model_fields.items()
        if name in lost and name in config.model_fields_set and getattr(config, name) not in (None, False)
    ]


def integration(receiver: Receiver) -> str:
    """Label ``integration`` of Alertmanager's metrics, such as ``webhook``."""
    return receiver.kind


def is_provider(receiver: Receiver) -> bool:
    """Whether escalation, schedules and acknowledgement can live behind the receiver."""
    return receiver.kind in _PROVIDERS


def is_chat(receiver: Receiver) -> bool:
    """Whether people chat there, so that a missing "resolved" leaves no open ticket behind."""
    return receiver.kind in _CHATS


def service_key(receiver: Receiver) -> Hashable:
    """Identity of the service behind a provider: receivers with equal keys open one incident, not two.

    A provider tells incidents apart by its own key (the Secret here) and by Alertmanager's group key, so a
    second route with the same matchers to the same service is no second page. Other receivers are told every
    time; their key is their own name.
    """
    match receiver.config:
        case PagerDuty() as config:
            return receiver.kind, config.url, config.routing_key_secret or config.service_key_secret
        case Opsgenie() as config:
            return receiver.kind, config.api_url, config.api_key_secret
        case VictorOps() as config:
            return receiver.kind, config.api_url, config.api_key_secret, config.routing_key
        case _:
            return receiver.kind, receiver.name


def address(receiver: Receiver) -> str:
    """Where the receiver leads, in words and without secrets: ``Slack channel #shop``."""
    return _ADDRESSES[receiver.kind](receiver.config)


def _shown(config: Webhook) -> str:
    if config.url_secret:
        return f"named in Secret {config.url_secret.name}, key {config.url_secret.key}"
    parts = urlsplit(config.url or "")
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _channel(service: str, channel: str | None) -> str:
    return f"{service} channel {channel}" if channel else service


_ADDRESSES: Mapping[str, Callable[[Any], str]] = {
    "pagerduty": lambda _: "PagerDuty",
    "opsgenie": lambda _: "Opsgenie",
    "victorops": lambda config: f"Splunk On-Call, routing key {config.routing_key}",
    "pushover": lambda _: "Pushover",
    "email": lambda config: f"mail to {config.to} by {config.smarthost}",
    "webhook": lambda config: f"webhook {_shown(config)}",
    "slack": lambda config: _channel("Slack", config.channel),
    "msteamsv2": lambda _: "Microsoft Teams",
    "msteams": lambda _: "Microsoft Teams",
    "discord": lambda _: "Discord",
    "telegram": lambda config: f"Telegram chat {config.chat_id}",
    "webex": lambda config: f"Webex room {config.room_id}",
    "sns": lambda config: f"Amazon SNS {config.topic_arn or config.target_arn or config.phone_number}",
    "wechat": lambda _: "WeChat",
    "rocketchat": lambda config: _channel("Rocket.Chat", config.channel),
}
