"""VictorOps, now Splunk On-Call."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied, pairs
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "apiUrl": "api_url",
    "routingKey": "routing_key",
    "messageType": "message_type",
    "entityDisplayName": "entity_display_name",
    "stateMessage": "state_message",
    "monitoringTool": "monitoring_tool",
}


def victorops(given: Manifest, origin: Origin) -> Manifest:
    """One of ``victoropsConfigs``. Its routing key is no secret and stands in the object."""
    return {
        **copied(given, _FIELDS),
        "api_key": origin.secret(given.get("apiKey")),
        "custom_fields": pairs(given.get("customFields")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
