"""What prometheus-operator refuses about receivers, kind by kind.

Each function gets one entry of a receiver and its path; CHECKS lists them by the entry's list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fireline.alerting.effective.durations import milliseconds
from fireline.alerting.effective.refusals.texts import host_port, is_url
from fireline.api.plan import Manifest

Check = Callable[[Manifest, str], Iterator[str]]
_RESPONDERS = ("team", "teams", "user", "escalation", "schedule")
VICTOROPS_OWN = (
    *("routing_key", "message_type", "state_message", "entity_display_name", "monitoring_tool"),
    *("entity_id", "entity_state"),
)


def url(given: Any, at: str) -> Iterator[str]:
    """A URL in the object, where there is one."""
    if given and not is_url(str(given)):
        yield f"{at}: {given!r} is no URL; write it like https://example.org/hook"


def _pagerduty(given: Manifest, at: str) -> Iterator[str]:
    if not (given.get("routingKey") or given.get("serviceKey")):
        yield f"{at}: needs routingKey or serviceKey"
    yield from url(given.get("url"), f"{at}.url")


def _opsgenie(given: Manifest, at: str) -> Iterator[str]:
    yield from url(given.get("apiURL"), f"{at}.apiURL")
    for number, one in enumerate(given.get("responders") or ()):
        place, kind = f"{at}.responders[{number}]", str(one.get("type") or "")
        if not (one.get("id") or one.get("name") or one.get("username")):
            yield f"{place}: needs id, name or username"
        if "{{" not in kind and kind.lower() not in _RESPONDERS:
            yield f"{place}.type: {kind!r} is not one of {', '.join(_RESPONDERS)}"


def _slack(given: Manifest, at: str) -> Iterator[str]:
    for number, one in enumerate(given.get("actions") or ()):
        place = f"{at}.actions[{number}]"
        if not (one.get("type") and one.get("text")):
            yield f"{place}: needs type and text"
        if not (one.get("url") or one.get("name")):
            yield f"{place}: needs url or name"
        if isinstance(one.get("confirm"), dict) and not one["confirm"].get("text"):
            yield f"{place}.confirm.text: is missing"
    for number, one in enumerate(given.get("fields") or ()):
        if not (one.get("title") and one.get("value")):
            yield f"{at}.fields[{number}]: needs title and value"


def _webhook(given: Manifest, at: str) -> Iterator[str]:
    if given.get("url") is None and not given.get("urlSecret"):
        yield f"{at}: needs url or urlSecret"
    elif given.get("url") is not None and not is_url(str(given["url"])):
        yield f"{at}.url: {given['url']!r} is no URL; write it like https://example.org/hook"


def _wechat(given: Manifest, at: str) -> Iterator[str]:
    yield from url(given.get("apiURL"), f"{at}.apiURL")


def _email(given: Manifest, at: str) -> Iterator[str]:
    if not given.get("to"):
        yield f"{at}.to: is missing"
    smarthost = given.get("smarthost")
    if smarthost and host_port(str(smarthost)) is None:
        yield f"{at}.smarthost: {smarthost!r} is no host:port; write it like mail.example.org:587"
    names = [str(one.get("key", "")).lower() for one in given.get("headers") or ()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{at}.headers: {name!r} stands there twice; upper and lower case are the same"


def _victorops(given: Manifest, at: str) -> Iterator[str]:
    if not given.get("routingKey"):
        yield f"{at}.routingKey: is missing"
    yield from url(given.get("apiUrl"), f"{at}.apiUrl")
    for one in given.get("customFields") or ():
        if one.get("key") in VICTOROPS_OWN:
            yield f"{at}.customFields: {one['key']!r} is a field of VictorOps itself"


def _pushover(given: Manifest, at: str) -> Iterator[str]:
    for field in ("userKey", "token"):
        if not given.get(field):
            yield f"{at}.{field}: is missing; files are not taken here"
    for field in ("retry", "expire"):
        if given.get(field) and milliseconds(str(given[field])) is None:
            yield f"{at}.{field}: {given[field]!r} is no duration; write it like 1m"


def _sns(given: Manifest, at: str) -> Iterator[str]:
    targets = [bool(given.get(field)) for field in ("targetARN", "topicARN", "phoneNumber")]
    if sum(targets) % 2 == 0:
        yield f"{at}: needs one of targetARN, topicARN and phoneNumber"
    signature = given.get("sigv4")
    if isinstance(signature, dict) and bool(signature.get("accessKey")) != bool(signature.get("secretKey")):
        yield f"{at}.sigv4: accessKey and secretKey go together"


def _telegram(given: Manifest, at: str) -> Iterator[str]:
    if not given.get("botToken") and given.get("botTokenFile") is None:
        yield f"{at}.botToken: is missing"
    if not given.get("chatID"):
        yield f"{at}.chatID: is missing"


def _webex(given: Manifest, at: str) -> Iterator[str]:
    yield from url(given.get("apiURL"), f"{at}.apiURL")
    if not given.get("roomID"):
        yield f"{at}.roomID: is missing"


def _discord(given: Manifest, at: str) -> Iterator[str]:
    if not given.get("apiURL"):
        yield f"{at}.apiURL: is missing"


def _msteams(given: Manifest, at: str) -> Iterator[str]:
    if not given.get("webhookUrl"):
        yield f"{at}.webhookUrl: is missing"


def _rocketchat(given: Manifest, at: str) -> Iterator[str]:
    yield from url(given.get("apiURL"), f"{at}.apiURL")
    for field in ("token", "tokenID"):
        if not given.get(field):
            yield f"{at}.{field}: is missing"


CHECKS: Mapping[str, Check] = {
    "pagerdutyConfigs": _pagerduty,
    "opsgenieConfigs": _opsgenie,
    "discordConfigs": _discord,
    "slackConfigs": _slack,
    "webhookConfigs": _webhook,
    "wechatConfigs": _wechat,
    "emailConfigs": _email,
    "victoropsConfigs": _victorops,
    "pushoverConfigs": _pushover,
    "snsConfigs": _sns,
    "telegramConfigs": _telegram,
    "webexConfigs": _webex,
    "msteamsConfigs": _msteams,
    "rocketchatConfigs": _rocketchat,
}
SINCE: Mapping[str, tuple[int, int]] = {
    "telegramConfigs": (0, 24),
    "discordConfigs": (0, 25),
    "webexConfigs": (0, 25),
    "msteamsConfigs": (0, 26),
    "msteamsv2Configs": (0, 28),
    "rocketchatConfigs": (0, 28),
}
"""The Alertmanager that a kind of receiver needs, where prometheus-operator asks."""
