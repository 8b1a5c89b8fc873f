"""Amazon SNS."""

from __future__ import annotations

from typing import Any

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "apiURL": "api_url",
    "topicARN": "topic_arn",
    "phoneNumber": "phone_number",
    "targetARN": "target_arn",
    "subject": "subject",
    "message": "message",
    "attributes": "attributes",
}


def sns(given: Manifest, origin: Origin) -> Manifest:
    """One of ``snsConfigs``."""
    return {
        **copied(given, _FIELDS),
        "sigv4": _signature(given.get("sigv4"), origin),
        "http_config": http_config(given.get("httpConfig"), origin),
    }


def _signature(given: Any, origin: Origin) -> Manifest | None:
    """Keys count only as a pair."""
    if not isinstance(given, dict):
        return None
    done = copied(given, {"region": "region", "profile": "profile", "roleArn": "role_arn"})
    if given.get("accessKey") and given.get("secretKey"):
        done |= {
            "access_key": origin.secret(given["accessKey"]),
            "secret_key": origin.secret(given["secretKey"]),
        }
    return done
