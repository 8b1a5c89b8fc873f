"""Webex."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {"sendResolved": "send_resolved", "apiURL": "api_url", "message": "message", "roomID": "room_id"}


def webex(given: Manifest, origin: Origin) -> Manifest:
    """One of ``webexConfigs``. The bot's token is in the HTTP configuration."""
    return {**copied(given, _FIELDS), "http_config": http_config(given.get("httpConfig"), origin)}
