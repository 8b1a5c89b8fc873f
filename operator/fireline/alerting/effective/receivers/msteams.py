"""Microsoft Teams, by connectors (retired by Microsoft) and by workflows."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {"sendResolved": "send_resolved", "title": "title", "text": "text"}


def msteams(given: Manifest, origin: Origin) -> Manifest:
    """One of ``msteamsConfigs``."""
    return {
        **copied(given, _FIELDS | {"summary": "summary"}),
        "webhook_url": origin.secret_url(given.get("webhookUrl")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }


def msteamsv2(given: Manifest, origin: Origin) -> Manifest:
    """One of ``msteamsv2Configs``."""
    return {
        **copied(given, _FIELDS),
        "webhook_url": origin.secret_url(given.get("webhookURL")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
