"""Discord."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "title": "title",
    "message": "message",
    "content": "content",
    "username": "username",
    "avatarURL": "avatar_url",
}


def discord(given: Manifest, origin: Origin) -> Manifest:
    """One of ``discordConfigs``."""
    return {
        **copied(given, _FIELDS),
        "webhook_url": origin.secret_url(given.get("apiURL")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
