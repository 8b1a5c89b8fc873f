"""Telegram."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "apiURL": "api_url",
    "chatID": "chat_id",
    "messageThreadID": "message_thread_id",
    "message": "message",
    "parseMode": "parse_mode",
}


def telegram(given: Manifest, origin: Origin) -> Manifest:
    """One of ``telegramConfigs``.

    ``disableNotifications`` and ``botTokenFile`` are not carried over, by prometheus-operator 0.85.
    """
    return {
        **copied(given, _FIELDS),
        "bot_token": origin.secret(given.get("botToken")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
