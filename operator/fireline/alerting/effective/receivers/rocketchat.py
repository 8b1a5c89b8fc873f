"""Rocket.Chat."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest


def rocketchat(given: Manifest, origin: Origin) -> Manifest:
    """One of ``rocketchatConfigs``. Of its fields prometheus-operator 0.85 carries over only these."""
    return {
        **copied(given, {"sendResolved": "send_resolved"}),
        "token": origin.secret(given.get("token")),
        "token_id": origin.secret(given.get("tokenID")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
