"""The HTTP client and the TLS settings of a receiver, as parts. Pure."""

from __future__ import annotations

from fireline.alerting.receivers.parts import FromSecret, Group, Part
from fireline.api.alert_policy_receivers_parts import Http, SecretKey, Tls, WebexHttp


def http_part(http: Http | WebexHttp | None, *, bearer: SecretKey | None = None) -> Part:
    """The field ``httpConfig``. ``bearer``: a token that is a field of its own in a policy (Webex)."""
    token = bearer or (http.bearer_token_secret if isinstance(http, Http) else None)
    basic = http.basic_auth if isinstance(http, Http) else None
    authorization = Group((Part("type", "type", "Bearer"), Part("credentials", "credentials_file", token)))
    basic_auth = basic and Group(
        (
            Part("username", "username_file", basic.username_secret),
            Part("password", "password_file", basic.password_secret),
        )
    )
    parts = (
        Part("authorization", "authorization", authorization if token else None),
        Part("basicAuth", "basic_auth", basic_auth),
        tls_part(http.tls if http else None),
        # The older of the two names AlertmanagerConfig has for it, which every version knows.
        Part("proxyURL", "proxy_url", http.proxy_url if http else None),
    )
    return Part("httpConfig", "http_config", Group(parts))


def tls_part(tls: Tls | None) -> Part:
    """The field ``tlsConfig``."""
    if tls is None:
        return Part("tlsConfig", "tls_config", None)
    parts = (
        Part("ca", "ca_file", FromSecret(tls.ca_secret) if tls.ca_secret else None),
        Part("insecureSkipVerify", "insecure_skip_verify", tls.insecure_skip_verify or None),
        Part("serverName", "server_name", tls.server_name),
    )
    return Part("tlsConfig", "tls_config", Group(parts))
