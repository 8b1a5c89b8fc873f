"""Webhook."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest


def webhook(given: Manifest, origin: Origin) -> Manifest:
    """One of ``webhookConfigs``. A URL in a Secret wins over one in the object."""
    fields = {"sendResolved": "send_resolved", "maxAlerts": "max_alerts"}
    if given.get("timeout"):
        fields["timeout"] = "timeout"
    return {
        **copied(given, fields),
        "url": origin.secret_url(given.get("urlSecret")) or given.get("url"),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
