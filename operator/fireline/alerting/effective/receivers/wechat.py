"""WeChat."""

from __future__ import annotations

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "apiURL": "api_url",
    "corpID": "corp_id",
    "agentID": "agent_id",
    "toUser": "to_user",
    "toParty": "to_party",
    "toTag": "to_tag",
    "message": "message",
    "messageType": "message_type",
}


def wechat(given: Manifest, origin: Origin) -> Manifest:
    """One of ``wechatConfigs``."""
    return {
        **copied(given, _FIELDS),
        "api_secret": origin.secret(given.get("apiSecret")),
        "http_config": http_config(given.get("httpConfig"), origin),
    }
