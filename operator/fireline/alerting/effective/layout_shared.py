"""Structures of alertmanager.yaml that stand in many places: TLS, proxy, HTTP client."""

from __future__ import annotations

from collections.abc import Mapping

from fireline.alerting.effective.shapes import POINTER, Kind, Leaf, Part, plain

_TEXT = Leaf(always="")
TLS = Part(
    {
        **plain("ca_file", "cert_file", "key_file", "server_name"),
        "insecure_skip_verify": Leaf(always=False),
        **plain("min_version", "max_version"),
    }
)
_PROXY = plain("proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header")
HTTP = Part(
    {
        "authorization": Part(plain("type", "credentials", "credentials_file")),
        "basic_auth": Part({"username": _TEXT, **plain("password", "password_file")}),
        "oauth2": Part(
            {
                "client_id": _TEXT,
                "client_secret": _TEXT,
                **plain("client_secret_file", "scopes"),
                "token_url": _TEXT,
                **plain("endpoint_params"),
                **_PROXY,
                "tls_config": TLS,
            }
        ),
        **plain("bearer_token", "bearer_token_file"),
        "tls_config": TLS,
        "follow_redirects": POINTER,
        "enable_http2": POINTER,
        **_PROXY,
    }
)


RESOLVED: Mapping[str, Kind] = {"send_resolved": POINTER}
CLIENT: Mapping[str, Kind] = {"http_config": HTTP}


def integration(*names: str, **special: Kind) -> Part:
    """The structure of most receivers: what all share, plain fields, and those written differently."""
    return Part({**RESOLVED, **CLIENT, **plain(*names), **special})
