"""Where an Alertmanager configuration holds a credential in plain sight. Pure.

Settings refuse such a base configuration, and whoever composes a configuration can check it before it is
written: only ``*_file`` fields may stand in what Fireline writes. The fields are those that Alertmanager
declares as ``Secret`` or ``SecretURL`` (config/config.go, config/notifiers.go of 0.28 to 0.34, and
http_config.go of prometheus/common).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ANYWHERE = frozenset(
    {
        *("password", "credentials", "bearer_token", "client_secret", "client_certificate_key"),
        *("smtp_auth_password", "smtp_auth_secret", "auth_password", "auth_secret"),
        *("slack_api_url", "slack_app_token", "opsgenie_api_key", "wechat_api_secret", "victorops_api_key"),
        *("rocketchat_token", "rocketchat_token_id", "telegram_bot_token", "mattermost_webhook_url"),
        *("routing_key", "service_key", "api_key", "api_secret", "user_key", "token", "token_id"),
        *("bot_token", "app_token", "webhook_url", "alert_source_token", "access_key", "secret_key"),
    }
)
_WITHIN = {
    "slack_configs": frozenset({"api_url"}),
    "webhook_configs": frozenset({"url"}),
    "incidentio_configs": frozenset({"url"}),
    "tls_config": frozenset({"key"}),
}
"""Fields that are a secret in some places only: the ``api_url`` of PagerDuty is none, that of Slack is."""
_LABELS = frozenset({"match", "match_re", "source_match", "target_match"})
"""Maps from names of labels, which may be called anything."""
_NO_FILE = frozenset({"client_certificate_key", "access_key", "secret_key"})
"""Secrets without a ``_file`` twin."""


def inline_secrets(config: Any) -> Iterator[tuple[str, str]]:
    """Path (``receivers[0].slack_configs[0].api_url``) of each credential, and what to do instead."""
    yield from _found(config, "", "")


def _found(node: Any, path: str, place: str) -> Iterator[tuple[str, str]]:
    """``place``: name of the nearest field around, indices left out."""
    match node:
        case dict():
            for key, value in node.items():
                here = f"{path}.{key}" if path else str(key)
                if value in (None, "") or key in _LABELS:
                    continue
                if key in _ANYWHERE or key in _WITHIN.get(place, ()):
                    yield here, _instead(key)
                elif key == "secrets" and path.rpartition(".")[0].endswith("http_headers"):
                    yield here, "use files"
                else:
                    yield from _found(value, here, str(key))
        case list():
            for index, value in enumerate(node):
                yield from _found(value, f"{path}[{index}]", place)
        case str() if _user_in(node):
            yield path, "leave user and password out of the URL and use basic_auth with password_file"


def _instead(key: str) -> str:
    return "leave it out, there is no way to read it from a file" if key in _NO_FILE else f"use {key}_file"


def _user_in(text: str) -> bool:
    """Whether the text is a URL with user and password; ``scheme://user:password@host``."""
    scheme, found, rest = text.partition("://")
    return bool(found) and scheme.isalnum() and "@" in rest.partition("/")[0]
