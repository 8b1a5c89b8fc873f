"""The structures of every kind of receiver in alertmanager.yaml, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Mapping

from fireline.alerting.effective.layout_shared import CLIENT, RESOLVED, TLS, integration
from fireline.alerting.effective.shapes import LENGTH, POINTER, Kind, Leaf, Many, Part, plain

_NO = Leaf(always=False)
_SLACK_ACTION = Part(
    {
        **plain("type", "text", "url", "style", "name", "value"),
        "confirm": Part(plain("text", "title", "ok_text", "dismiss_text")),
    }
)
_ROCKETCHAT_FIELD = Part({"short": Leaf(always=None), **plain("title", "value")})
_ROCKETCHAT_ACTION = Part(
    {
        **plain("type", "text", "url", "image_url"),
        "is_webview": _NO,
        **plain("webview_height_ratio", "msg"),
        "msg_in_chat_window": _NO,
        **plain("msg_processing_type"),
    }
)

_EMAIL: dict[str, Kind] = {
    **RESOLVED,
    **plain(
        "to",
        "from",
        "hello",
        "smarthost",
        "auth_username",
        "auth_password",
        "auth_password_file",
        "auth_secret",
        "auth_identity",
        "headers",
    ),
    "html": POINTER,
    "text": POINTER,
    "require_tls": POINTER,
    "tls_config": TLS,
}

INTEGRATIONS: Mapping[str, Part] = {
    "opsgenie_configs": integration(
        *("api_key", "api_key_file", "api_url", "message", "description", "source", "details"),
        responders=Many(Part(plain("id", "name", "username", "type"))),
        **plain("tags", "note", "priority"),
        update_alerts=POINTER,
        **plain("entity", "actions"),
    ),
    "pagerduty_configs": integration(
        *("service_key", "service_key_file", "routing_key", "routing_key_file", "url", "client"),
        *("client_url", "description", "details"),
        images=Many(Part(plain("src", "alt", "href"))),
        links=Many(Part(plain("href", "text"))),
        **plain("severity", "class", "component", "group", "source"),
    ),
    "slack_configs": integration(
        *(
            "api_url",
            "api_url_file",
            "channel",
            "username",
            "color",
            "title",
            "title_link",
            "pretext",
            "text",
        ),
        fields=Many(Part(plain("title", "value", "short"))),
        **plain("short_fields", "footer", "fallback", "callback_id", "icon_emoji", "icon_url", "image_url"),
        **plain("thumb_url", "link_names", "mrkdwn_in"),
        actions=Many(_SLACK_ACTION),
    ),
    "webhook_configs": Part(
        {**RESOLVED, **plain("url", "url_file"), **CLIENT, **plain("max_alerts"), "timeout": LENGTH}
    ),
    "wechat_configs": Part(
        {
            **RESOLVED,
            **plain("api_secret", "api_url", "corp_id", "agent_id", "to_user", "to_party", "to_tag"),
            **plain("message", "message_type"),
            **CLIENT,
        }
    ),
    "email_configs": Part(_EMAIL),
    "pushover_configs": integration(
        *("user_key", "user_key_file", "token", "token_file", "title", "message", "url", "url_title", "ttl"),
        *("device", "sound", "priority"),
        retry=LENGTH,
        expire=LENGTH,
        **plain("html"),
    ),
    "victorops_configs": integration(
        *("api_key", "api_key_file", "api_url", "routing_key", "message_type", "state_message"),
        *("entity_display_name", "monitoring_tool", "custom_fields"),
    ),
    "sns_configs": integration(
        "api_url",
        sigv4=Part(plain("region", "access_key", "secret_key", "profile", "role_arn"), inline=True),
        **plain("topic_arn", "phone_number", "target_arn", "subject", "message", "attributes"),
    ),
    "telegram_configs": Part(
        {
            **RESOLVED,
            **plain("api_url", "bot_token", "bot_token_file", "chat_id", "message_thread_id", "message"),
            **plain("disable_notifications", "parse_mode"),
            **CLIENT,
        }
    ),
    "discord_configs": integration("webhook_url", "title", "message", "content", "username", "avatar_url"),
    "webex_configs": integration("api_url", "message", room_id=Leaf(always="")),
    "msteams_configs": Part(
        {**RESOLVED, "webhook_url": Leaf(always=""), **plain("title", "summary", "text"), **CLIENT}
    ),
    "msteamsv2_configs": Part(
        {**RESOLVED, **plain("webhook_url", "webhook_url_file", "title", "text"), **CLIENT}
    ),
    "jira_configs": Part(
        {
            **CLIENT,
            **RESOLVED,
            **plain("api_url", "project", "summary", "description", "labels", "priority", "issue_type"),
            **plain("reopen_transition", "resolve_transition", "wont_fix_resolution"),
            "reopen_duration": LENGTH,
            **plain("fields"),
        }
    ),
    "rocketchat_configs": integration(
        "api_url",
        token_id=POINTER,
        **plain("token_id_file"),
        token=POINTER,
        **plain("token_file", "channel", "color", "title", "title_link", "text"),
        fields=Many(_ROCKETCHAT_FIELD),
        short_fields=_NO,
        **plain("emoji", "icon_url", "image_url", "thumb_url"),
        link_names=_NO,
        actions=Many(_ROCKETCHAT_ACTION),
    ),
}
