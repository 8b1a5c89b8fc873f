"""What prometheus-operator refuses about a receiver's ``httpConfig`` and ``tlsConfig``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fireline.api.plan import Manifest

UNCHECKED = frozenset({"msteamsv2Configs"})
"""Receivers whose HTTP configuration prometheus-operator 0.85 does not look at before it merges."""


def refusals(given: Any, at: str) -> Iterator[str]:
    """Ways to authenticate that exclude one another, and what is wrong inside each."""
    if not isinstance(given, dict):
        return
    yield from exclusive(given, at)
    authorization = given.get("authorization")
    if isinstance(authorization, dict) and not authorization.get("credentials"):
        yield f"{at}.authorization.credentials: is missing"
    yield from always(given, at)
    yield from _proxy(given, at)


def always(given: Manifest, at: str) -> Iterator[str]:
    """What is refused for every receiver, those of UNCHECKED too."""
    authorization = given.get("authorization")
    if isinstance(authorization, dict) and str(authorization.get("type") or "").strip().lower() == "basic":
        yield f"{at}.authorization.type: cannot be basic; write basicAuth"
    basic = given.get("basicAuth")
    if isinstance(basic, dict) and not (basic.get("username") and basic.get("password")):
        yield f"{at}.basicAuth: needs references to both username and password"
    oauth2 = given.get("oauth2")
    if isinstance(oauth2, dict):
        if not oauth2.get("tokenUrl"):
            yield f"{at}.oauth2.tokenUrl: is missing"
        if not oauth2.get("clientId"):
            yield f"{at}.oauth2.clientId: is missing"
        if not oauth2.get("clientSecret"):
            yield f"{at}.oauth2.clientSecret: is missing"
        yield from tls(oauth2.get("tlsConfig"), f"{at}.oauth2.tlsConfig")
    yield from tls(given.get("tlsConfig"), f"{at}.tlsConfig")


def exclusive(given: Manifest, at: str) -> Iterator[str]:
    """Of the ways to authenticate there can be one."""
    used = [name for name in ("authorization", "basicAuth", "oauth2", "bearerTokenSecret") if given.get(name)]
    if len(used) > 1:
        yield f"{at}: has {' and '.join(used)}; there can be one of them"


def tls(given: Any, at: str) -> Iterator[str]:
    """Certificates come in pairs, from one place each; versions in order."""
    if not isinstance(given, dict):
        return
    for field in ("ca", "cert"):
        found = given.get(field)
        if isinstance(found, dict) and found.get("secret") and found.get("configMap"):
            yield f"{at}.{field}: has secret and configMap; there can be one of them"
    if bool(given.get("cert")) != bool(given.get("keySecret")):
        yield f"{at}: cert and keySecret go together"
    lowest, highest = given.get("minVersion"), given.get("maxVersion")
    if lowest and highest and str(highest) < str(lowest):
        yield f"{at}.maxVersion: {highest} is below minVersion {lowest}"


def _proxy(given: Manifest, at: str) -> Iterator[str]:
    """The older spelling ``proxyURL`` does not count here, which is how worse gets through."""
    yield from proxy(
        given,
        at,
        url=bool(given.get("proxyUrl")),
        environment=bool(given.get("proxyFromEnvironment")),
    )
    headers = given.get("proxyConnectHeader")
    for name, listed in (headers if isinstance(headers, dict) else {}).items():
        if not listed or not all(listed):
            yield f"{at}.proxyConnectHeader[{name!r}]: needs references to Secrets"


def proxy(given: Manifest, at: str, *, url: bool, environment: bool) -> Iterator[str]:
    """What fits together. Shared by the check here and by Alertmanager's own."""
    if given.get("proxyConnectHeader") and not (url or environment):
        yield f"{at}.proxyConnectHeader: needs proxyUrl or proxyFromEnvironment"
    if environment and url:
        yield f"{at}: has proxyFromEnvironment and a proxy URL; there can be one of them"
    if environment and given.get("noProxy"):
        yield f"{at}: has proxyFromEnvironment and noProxy; there can be one of them"
    if given.get("noProxy") and not url and not environment:
        yield f"{at}.noProxy: needs proxyUrl"
