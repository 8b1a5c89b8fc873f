"""AlertmanagerConfigs that prometheus-operator takes although nothing works with them any more.

The last gate before Fireline writes one: every case below was seen to stop real servers (``tests/routes``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fireline.alerting.effective.durations import canonical, is_go, milliseconds
from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.refusals import http, walk
from fireline.alerting.effective.refusals.structure import malformed
from fireline.alerting.effective.refusals.texts import host_port, is_url
from fireline.alerting.effective.routes import matcher as matcher_text
from fireline.alerting.simulate.matcher_text import triples
from fireline.alerting.simulate.matchers import Matcher, compiled
from fireline.api.plan import Manifest
from fireline.errors import SpecError

STOPS = "prometheus-operator stops merging for everyone"
REFUSES = "Alertmanager refuses the whole configuration"
_Check = Callable[[Manifest, str, Mapping[str, Any]], Iterator[str]]


def breaks_everything(config: Manifest, *, base: Manifest | None = None) -> list[str]:
    """Why an AlertmanagerConfig would stop every tenant's changes from arriving; empty when it would not.

    Each reason begins with the path of the field and ends with who stops. ``base``: the Alertmanager's own
    configuration, whose global settings can supply what a receiver lacks; unknown (None) counts as none.
    For objects that :func:`refused` has nothing against: the others are left out and break nothing.
    """
    if any(malformed(config)) or not walk.spec_of(config):
        return []
    given = (base or {}).get("global")
    known: Mapping[str, Any] = given if isinstance(given, dict) else {}
    return list(_everything(config, known))


def must_exist(config: Manifest) -> list[tuple[str, str, str]]:
    """(namespace, Secret, key) whose absence stops everything, since prometheus-operator 0.85 looks too
    late: the URLs of Microsoft Teams connectors."""
    namespace = Origin.of(config).namespace
    return [
        (namespace, str(one["webhookUrl"].get("name", "")), str(one["webhookUrl"].get("key", "")))
        for _, field, one in walk.integrations(config)
        if field == "msteamsConfigs" and isinstance(one.get("webhookUrl"), dict)
    ]


def misread(config: Manifest) -> list[str]:
    """Matchers that mean something else than they say: only the value is quoted when they are written, so
    a name such as ``a="x",b`` is two matchers. Empty when all labels are those that are named."""
    found = []
    for at, given in walk.matchers(config):
        try:
            names = [one.name for one in _read(given)]
        except SpecError:
            continue  # refused as a whole
        if names != [str(given.get("name") or "").strip()]:
            found.append(f"{at}.name: {given.get('name')!r} is read as {' and '.join(names) or 'nothing'}")
    return found


def _everything(config: Manifest, known: Mapping[str, Any]) -> Iterator[str]:
    for at, rule in walk.inhibit_rules(config):
        yield from _names(rule, "equal", at)
    for at, one in walk.matchers(config):
        yield from _matcher(one, at)
    if not walk.spec_of(config).get("route"):
        return  # receivers and intervals without a route are left out
    for at, field, one in walk.integrations(config):
        yield from _CHECKS[field](one, at, known) if field in _CHECKS else ()
        yield from _http(one.get("httpConfig"), f"{at}.httpConfig", field)
    for at, route in walk.routes(config):
        yield from _timing(route, at)
        yield from _names(route, "groupBy", at)
    yield from _intervals(config)


def _matcher(given: Manifest, at: str) -> Iterator[str]:
    try:
        _read(given)
    except SpecError as error:
        yield f"{at}: {error}; {REFUSES}"


def _read(given: Manifest) -> list[Matcher]:
    """What a matcher is read as, after it was written as text. Raises SpecError."""
    found = [Matcher(*one) for one in triples(matcher_text(given))]
    for one in found:
        if one.operator in {"=~", "!~"}:
            compiled(one.value)
    return found


def _names(given: Manifest, field: str, at: str) -> Iterator[str]:
    if any(name == "" for name in given.get(field) or ()):
        yield f"{at}.{field}: holds an empty label name; {REFUSES}"


def _timing(route: Manifest, at: str) -> Iterator[str]:
    for field in ("groupWait", "groupInterval", "repeatInterval"):
        text = route.get(field)
        length = milliseconds(str(text)) if text else None
        if text and length is None:
            yield f"{at}.{field}: {text} is too long; {REFUSES}"
        elif length == 0 and field != "groupWait":
            yield f"{at}.{field}: cannot be zero; {REFUSES}"


def _intervals(config: Manifest) -> Iterator[str]:
    seen: set[str] = set()
    for at, one in walk.time_intervals(config):
        name = str(one.get("name"))
        if not one.get("timeIntervals"):
            yield f"{at}.timeIntervals: is empty, so the interval loses its name; {REFUSES}"
        elif name in seen:
            yield f"{at}.name: {name!r} is defined twice; {REFUSES}"
        seen.add(name)


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
