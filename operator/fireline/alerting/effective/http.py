"""An AlertmanagerConfig's ``httpConfig`` and ``tlsConfig`` as Alertmanager's. Used by all receivers."""

from __future__ import annotations

from typing import Any

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest


def http_config(given: Any, origin: Origin) -> Manifest | None:
    """Of the fields for one purpose prometheus-operator takes those that are set, and checks elsewhere."""
    if not isinstance(given, dict):
        return None
    return {
        "authorization": _authorization(given.get("authorization"), origin),
        "basic_auth": _basic_auth(given.get("basicAuth"), origin),
        "oauth2": _oauth2(given.get("oauth2"), origin),
        "bearer_token": origin.secret(given.get("bearerTokenSecret")),
        "tls_config": tls_config(given.get("tlsConfig"), origin),
        "follow_redirects": given.get("followRedirects"),
        **_proxy(given, origin),
        # The older spelling wins when both are there.
        **({"proxy_url": given["proxyURL"]} if given.get("proxyURL") else {}),
    }


def tls_config(given: Any, origin: Origin) -> Manifest | None:
    """Certificates become the files they are mounted as."""
    if not isinstance(given, dict):
        return None
    return {
        "ca_file": origin.certificate(given.get("ca")),
        "cert_file": origin.certificate(given.get("cert")),
        "key_file": origin.certificate({"secret": given.get("keySecret")}),
        **copied(
            given,
            {
                "serverName": "server_name",
                "insecureSkipVerify": "insecure_skip_verify",
                "minVersion": "min_version",
                "maxVersion": "max_version",
            },
        ),
    }


def _authorization(given: Any, origin: Origin) -> Manifest | None:
    if not isinstance(given, dict):
        return None
    return {"type": given.get("type") or "Bearer", "credentials": origin.secret(given.get("credentials"))}


def _basic_auth(given: Any, origin: Origin) -> Manifest | None:
    if not isinstance(given, dict):
        return None
    return {
        "username": origin.secret(given.get("username")),
        "password": origin.secret(given.get("password")),
    }


def _oauth2(given: Any, origin: Origin) -> Manifest | None:
    """Its ``tlsConfig`` is checked but not carried over, by prometheus-operator 0.85."""
    if not isinstance(given, dict):
        return None
    return {
        "client_id": origin.secret_or_config_map(given.get("clientId")),
        "client_secret": origin.secret(given.get("clientSecret")),
        **copied(given, {"scopes": "scopes", "tokenUrl": "token_url", "endpointParams": "endpoint_params"}),
        **_proxy(given, origin),
    }


def _proxy(given: Manifest, origin: Origin) -> Manifest:
    headers = given.get("proxyConnectHeader")
    return {
        **copied(
            given,
            {
                "proxyUrl": "proxy_url",
                "noProxy": "no_proxy",
                "proxyFromEnvironment": "proxy_from_environment",
            },
        ),
        "proxy_connect_header": {
            name: [origin.secret(one) for one in values or ()] for name, values in headers.items()
        }
        if isinstance(headers, dict)
        else None,
    }
