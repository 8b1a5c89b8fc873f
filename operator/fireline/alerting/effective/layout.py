"""The structures of alertmanager.yaml as prometheus-operator 0.85 knows them, field by field.

A field that is missing here is one that version does not know, whatever Alertmanager says to it.
"""

from __future__ import annotations

from fireline.alerting.effective.layout_receivers import INTEGRATIONS
from fireline.alerting.effective.layout_shared import HTTP, TLS
from fireline.alerting.effective.shapes import LENGTH, POINTER, Leaf, Many, Part, Tree, plain

GLOBAL = Part(
    {
        "resolve_timeout": LENGTH,
        "http_config": HTTP,
        **plain(
            "smtp_from",
            "smtp_hello",
            "smtp_smarthost",
            "smtp_auth_username",
            "smtp_auth_password",
            "smtp_auth_password_file",
            "smtp_auth_secret",
            "smtp_auth_identity",
        ),
        "smtp_require_tls": POINTER,
        "smtp_tls_config": TLS,
        **plain(
            "slack_api_url",
            "slack_api_url_file",
            "pagerduty_url",
            "hipchat_api_url",
            "hipchat_auth_token",
            "opsgenie_api_url",
            "opsgenie_api_key",
            "opsgenie_api_key_file",
            "wechat_api_url",
            "wechat_api_secret",
            "wechat_api_corp_id",
            "victorops_api_url",
            "victorops_api_key",
            "victorops_api_key_file",
            "telegram_api_url",
            "webex_api_url",
            "jira_api_url",
            "rocketchat_api_url",
            "rocketchat_token",
            "rocketchat_token_file",
            "rocketchat_token_id",
            "rocketchat_token_id_file",
        ),
    }
)

ROUTE = Tree()
ROUTE.fields.update(
    plain("receiver", "group_by", "match", "match_re", "matchers", "continue"),
    routes=Many(Part(ROUTE.fields)),
    **plain(
        "group_wait", "group_interval", "repeat_interval", "mute_time_intervals", "active_time_intervals"
    ),
)

INHIBIT_RULE = Part(
    plain(
        "target_match",
        "target_match_re",
        "target_matchers",
        "source_match",
        "source_match_re",
        "source_matchers",
        "equal",
    )
)

TIME_INTERVAL = Part(
    {
        "name": Leaf(always=""),
        "time_intervals": Leaf(always=[]),
    }
)

RECEIVER = Part({"name": Leaf(always=""), **{key: Many(part) for key, part in INTEGRATIONS.items()}})

CONFIGURATION = Part(
    {
        "global": GLOBAL,
        "route": ROUTE,
        "inhibit_rules": Many(INHIBIT_RULE),
        "receivers": Many(RECEIVER),
        "mute_time_intervals": Many(TIME_INTERVAL),
        "time_intervals": Many(TIME_INTERVAL),
        "templates": Leaf(always=[]),
    }
)
