"""PagerDuty."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied, each, pairs
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "url": "url",
    "client": "client",
    "clientURL": "client_url",
    "description": "description",
    "severity": "severity",
    "class": "class",
    "component": "component",
    "group": "group",
    "source": "source",
}


def pagerduty(given: Manifest, origin: Origin) -> Manifest:
    """One of ``pagerdutyConfigs``. A link's text is called ``alt`` in AlertmanagerConfig."""
    return {
        **copied(given, _FIELDS),
        "routing_key": origin.secret(given.get("routingKey")),
        "service_key": origin.secret(given.get("serviceKey")),
        "details": pairs(given.get("details")),
        "images": each(given.get("pagerDutyImageConfigs"), {"src": "src", "alt": "alt", "href": "href"}),
        "links": each(given.get("pagerDutyLinkConfigs"), {"href": "href", "alt": "text"}),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
