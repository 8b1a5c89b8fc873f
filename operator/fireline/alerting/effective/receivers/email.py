"""Mail."""

from __future__ import annotations

import re

from fireline.alerting.effective.fields import copied, pairs
from fireline.alerting.effective.http import tls_config
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_FIELDS = {
    "sendResolved": "send_resolved",
    "to": "to",
    "from": "from",
    "hello": "hello",
    "smarthost": "smarthost",
    "authUsername": "auth_username",
    "authIdentity": "auth_identity",
    "html": "html",
    "text": "text",
    "requireTLS": "require_tls",
}


def email(given: Manifest, origin: Origin) -> Manifest:
    """One of ``emailConfigs``."""
    return {
        **_as_joined(copied(given, _FIELDS)),
        "auth_password": origin.secret(given.get("authPassword")),
        "auth_secret": origin.secret(given.get("authSecret")),
        "headers": pairs(given.get("headers")),
        "tls_config": tls_config(given.get("tlsConfig"), origin),
    }


def _as_joined(fields: Manifest) -> Manifest:
    """Host and port are taken apart and put together again, which costs an IPv6 address its brackets."""
    if isinstance(fields.get("smarthost"), str):
        return {**fields, "smarthost": re.sub(r"^\[(.*)\](?=:[^:]*$)", r"\1", fields["smarthost"])}
    return fields
