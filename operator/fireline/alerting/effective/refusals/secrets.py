"""References to Secrets and ConfigMaps, wherever an AlertmanagerConfig can have one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fireline.alerting.effective.refusals import walk
from fireline.api.plan import Manifest

_FIELDS = (
    *("routingKey", "serviceKey", "apiKey", "apiURL", "urlSecret", "apiSecret", "authPassword", "authSecret"),
    *("userKey", "token", "tokenID", "botToken", "webhookUrl", "webhookURL"),
)
"""Fields of receivers that are references; ``apiURL`` and ``routingKey`` are plain text in some."""


def incomplete(config: Manifest) -> Iterator[str]:
    """References that name no Secret or no key: looking them up fails."""
    for at, reference in references(config):
        if not (reference.get("name") and reference.get("key")):
            yield f"{at}: must name a Secret and a key, like {{name: pagerduty, key: routing-key}}"


def references(config: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Every reference to a key of a Secret, with its path."""
    for at, _, one in walk.integrations(config):
        for field in _FIELDS:
            if isinstance(one.get(field), dict):
                yield f"{at}.{field}", one[field]
        for field in ("accessKey", "secretKey"):
            signature = one.get("sigv4")
            if isinstance(signature, dict) and isinstance(signature.get(field), dict):
                yield f"{at}.sigv4.{field}", signature[field]
        yield from _of_tls(one.get("tlsConfig"), f"{at}.tlsConfig")
        yield from _of_http(one.get("httpConfig"), f"{at}.httpConfig")


def _of_http(given: Any, at: str) -> Iterator[tuple[str, Manifest]]:
    if not isinstance(given, dict):
        return
    yield from _named(given, at, "bearerTokenSecret")
    yield from _named(given.get("authorization"), f"{at}.authorization", "credentials")
    yield from _named(given.get("basicAuth"), f"{at}.basicAuth", "username", "password")
    oauth2 = given.get("oauth2")
    yield from _named(oauth2, f"{at}.oauth2", "clientSecret")
    if isinstance(oauth2, dict):
        yield from _of_either(oauth2.get("clientId"), f"{at}.oauth2.clientId")
        yield from _of_tls(oauth2.get("tlsConfig"), f"{at}.oauth2.tlsConfig")
        yield from _of_proxy(oauth2, f"{at}.oauth2")
    yield from _of_tls(given.get("tlsConfig"), f"{at}.tlsConfig")
    yield from _of_proxy(given, at)


def _of_tls(given: Any, at: str) -> Iterator[tuple[str, Manifest]]:
    if isinstance(given, dict):
        yield from _of_either(given.get("ca"), f"{at}.ca")
        yield from _of_either(given.get("cert"), f"{at}.cert")
        yield from _named(given, at, "keySecret")


def _of_proxy(given: Manifest, at: str) -> Iterator[tuple[str, Manifest]]:
    headers = given.get("proxyConnectHeader")
    for name, listed in (headers if isinstance(headers, dict) else {}).items():
        for number, one in enumerate(listed or ()):
            yield f"{at}.proxyConnectHeader[{name!r}][{number}]", one


def _of_either(given: Any, at: str) -> Iterator[tuple[str, Manifest]]:
    yield from _named(given, at, "secret", "configMap")


def _named(given: Any, at: str, *fields: str) -> Iterator[tuple[str, Manifest]]:
    for field in fields:
        if isinstance(given, dict) and isinstance(given.get(field), dict):
            yield f"{at}.{field}", given[field]
