"""Receivers that stop everything, kind by kind, and their HTTP configurations. Called by :mod:`.breaking`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fireline.alerting.effective.durations import canonical, is_go, milliseconds
from fireline.alerting.effective.refusals import http
from fireline.alerting.effective.refusals.texts import host_port, is_url
from fireline.api.plan import Manifest

STOPS = "prometheus-operator stops merging for everyone"
REFUSES = "Alertmanager refuses the whole configuration"
_Check = Callable[[Manifest, str, Mapping[str, Any]], Iterator[str]]


def of_receiver(field: str, given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:
    """What one entry of a receiver stops. ``field`` is its list, ``known`` the global settings."""
    if field in _CHECKS:
        yield from _CHECKS[field](given, at, known)
    yield from _http(given.get("httpConfig"), f"{at}.httpConfig", field)


def _http(given: Any, at: str, field: str) -> Iterator[str]:
    if not isinstance(given, dict):
        return
    if field in http.UNCHECKED:
        authorization = given.get("authorization")
        if isinstance(authorization, dict) and not authorization.get("credentials"):
            yield f"{at}.authorization.credentials: is missing; prometheus-operator crashes, and {STOPS}"
        yield from (f"{words}; {REFUSES}" for words in http.exclusive(given, at))
    for place, one, who in ((at, given, STOPS), (f"{at}.oauth2", given.get("oauth2"), REFUSES)):
        if isinstance(one, dict):
            yield from (f"{words}; {who}" for words in _proxy(one, place))


def _proxy(given: Manifest, at: str) -> Iterator[str]:
    """With the older spelling counted: then the pieces must fit together too."""
    url = given.get("proxyURL") or given.get("proxyUrl")
    yield from http.proxy(given, at, url=bool(url), environment=bool(given.get("proxyFromEnvironment")))


def _email(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:
    if not given.get("smarthost") and not known.get("smtp_smarthost"):
        yield f"{at}.smarthost: is missing, here and in the global settings; {STOPS}"
    if not given.get("from") and not known.get("smtp_from"):
        yield f"{at}.from: is missing, here and in the global settings; {STOPS}"
    found = host_port(str(given.get("smarthost") or ""))
    if found and not found[1]:
        yield f"{at}.smarthost: {given['smarthost']!r} has no port; {REFUSES}"
    elif found and found[0].startswith("["):
        yield f"{at}.smarthost: {given['smarthost']!r} loses its brackets on the way; {REFUSES}"


def _telegram(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG001 - one of many
    if not given.get("botToken"):
        yield f"{at}.botToken: is missing, and botTokenFile is not carried over; {STOPS}"
    if given.get("apiURL") and not is_url(str(given["apiURL"])):
        yield f"{at}.apiURL: {given['apiURL']!r} is no URL; {REFUSES}"


def _msteamsv2(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG001 - one of many
    if not given.get("webhookURL"):
        yield f"{at}.webhookURL: is missing; {STOPS}"


def _webhook(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG001 - one of many
    text = given.get("timeout")
    if text and milliseconds(str(text)) is None:
        yield f"{at}.timeout: {text} is too long; {STOPS}"
    else:
        yield from _go(given, "timeout", at)


def _pushover(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG001 - one of many
    yield from _go(given, "retry", at)
    yield from _go(given, "expire", at)
    if given.get("ttl") and not is_go(str(given["ttl"])):
        yield f"{at}.ttl: {given['ttl']!r} is no duration of at most hours; {REFUSES}"


def _go(given: Manifest, field: str, at: str) -> Iterator[str]:
    """Written in days from 24 h on, and read by a parser that knows no days."""
    text = given.get(field)
    if text and not is_go(canonical(str(text))):
        yield f"{at}.{field}: {text} is a whole number of days, which is not understood; {REFUSES}"


def _webex(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG001 - one of many
    used = given.get("httpConfig") or {}
    if not (used.get("authorization") or used.get("bearerTokenSecret")):
        yield f"{at}.httpConfig.authorization: is missing; {REFUSES}"


def _wechat(given: Manifest, at: str, known: Mapping[str, Any]) -> Iterator[str]:
    yield from _supplied(given, at, known, {"apiSecret": "wechat_api_secret", "corpID": "wechat_api_corp_id"})
    if given.get("messageType") not in {None, "", "text", "markdown"}:
        yield f"{at}.messageType: {given['messageType']!r} is not one of text, markdown; {REFUSES}"


def _supplied(given: Manifest, at: str, known: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What must be in the object or in the global settings."""
    for field, theirs in names.items():
        if not given.get(field) and not known.get(theirs) and not known.get(f"{theirs}_file"):
            yield f"{at}.{field}: is missing, here and in the global settings ({theirs}); {REFUSES}"


def _supplied_by(names: Mapping[str, str]) -> _Check:
    return lambda given, at, known: _supplied(given, at, known, names)


_CHECKS: Mapping[str, _Check] = {
    "emailConfigs": _email,
    "telegramConfigs": _telegram,
    "msteamsv2Configs": _msteamsv2,
    "webhookConfigs": _webhook,
    "pushoverConfigs": _pushover,
    "webexConfigs": _webex,
    "wechatConfigs": _wechat,
    "slackConfigs": _supplied_by({"apiURL": "slack_api_url"}),
    "opsgenieConfigs": _supplied_by({"apiKey": "opsgenie_api_key"}),
    "victoropsConfigs": _supplied_by({"apiKey": "victorops_api_key"}),
}
