"""Opsgenie."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied, each, pairs
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "apiURL": "api_url",
    "message": "message",
    "description": "description",
    "source": "source",
    "tags": "tags",
    "note": "note",
    "priority": "priority",
    "updateAlerts": "update_alerts",
    "entity": "entity",
    "actions": "actions",
}
_RESPONDER = {"id": "id", "name": "name", "username": "username", "type": "type"}


def opsgenie(given: Manifest, origin: Origin) -> Manifest:
    """One of ``opsgenieConfigs``."""
    return {
        **copied(given, _FIELDS),
        "api_key": origin.secret(given.get("apiKey")),
        "details": pairs(given.get("details")),
        "responders": each(given.get("responders"), _RESPONDER),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
