"""Pushover."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "title": "title",
    "message": "message",
    "url": "url",
    "urlTitle": "url_title",
    "ttl": "ttl",
    "device": "device",
    "priority": "priority",
    "retry": "retry",
    "expire": "expire",
    "html": "html",
}
_LENGTHS = ("retry", "expire")


def pushover(given: Manifest, origin: Origin) -> Manifest:
    """One of ``pushoverConfigs``. Its ``sound`` is not carried over, by prometheus-operator 0.85."""
    given = {key: value for key, value in given.items() if key not in _LENGTHS or value}
    return {
        **copied(given, _FIELDS),
        "user_key": origin.secret(given.get("userKey")),
        "token": origin.secret(given.get("token")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
