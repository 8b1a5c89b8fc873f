"""Slack."""

from __future__ import annotations

from typing import Any

from fireline.alerting.effective.fields import copied, each
from fireline.alerting.effective.http import http_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "channel": "channel",
    "username": "username",
    "color": "color",
    "title": "title",
    "titleLink": "title_link",
    "pretext": "pretext",
    "text": "text",
    "shortFields": "short_fields",
    "footer": "footer",
    "fallback": "fallback",
    "callbackId": "callback_id",
    "iconEmoji": "icon_emoji",
    "iconURL": "icon_url",
    "imageURL": "image_url",
    "thumbURL": "thumb_url",
    "linkNames": "link_names",
    "mrkdwnIn": "mrkdwn_in",
}
_FIELD = {"title": "title", "value": "value", "short": "short"}
_ACTION = {"type": "type", "text": "text", "url": "url", "style": "style", "name": "name", "value": "value"}
_CONFIRM = {"text": "text", "title": "title", "okText": "ok_text", "dismissText": "dismiss_text"}


def slack(given: Manifest, origin: Origin) -> Manifest:
    """One of ``slackConfigs``."""
    return {
        **copied(given, _FIELDS),
        "api_url": origin.secret_url(given.get("apiURL")),
        "fields": each(given.get("fields"), _FIELD),
        "actions": [_action(one) for one in given.get("actions") or ()],
        "http_config": http_config(given.get("httpConfig"), origin),
    }


def _action(given: Manifest) -> Manifest:
    confirm: Any = given.get("confirm")
    return {
        **copied(given, _ACTION),
        "confirm": copied(confirm, _CONFIRM) if isinstance(confirm, dict) else None,
    }
