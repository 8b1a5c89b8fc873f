"""Whether an object has the form of an AlertmanagerConfig at all, as far as the checks rely on it.

The API server checks this for objects in a cluster; files come here as they are. Child routes it never
checks: prometheus-operator does, and there an unknown field is an error too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fireline.alerting.effective.receivers import INTEGRATIONS
from fireline.api.plan import Manifest

_ROUTE: Mapping[str, type] = {
    "receiver": str,
    "groupBy": list,
    "groupWait": str,
    "groupInterval": str,
    "repeatInterval": str,
    "matchers": list,
    "continue": bool,
    "routes": list,
    "muteTimeIntervals": list,
    "activeTimeIntervals": list,
}
_MATCHER: Mapping[str, type] = {"name": str, "value": str, "matchType": str, "regex": bool}
_LISTS = ("times", "weekdays", "daysOfMonth", "months", "years")
_PAIRS = ("details", "headers", "customFields")
_LISTED = (*_PAIRS, "responders", "fields", "pagerDutyImageConfigs", "pagerDutyLinkConfigs")
_TEXT_ACTIONS = ("opsgenieConfigs",)
_NAMES: Mapping[type, str] = {
    str: "text",
    list: "a list",
    bool: "true or false",
    dict: "a mapping",
    int: "a whole number",
}


def malformed(config: Manifest) -> Iterator[str]:
    """Everything that has another form than it must."""
    spec = config.get("spec")
    if not isinstance(spec, dict):
        yield "spec: must be a mapping"
        return
    yield from _route(spec.get("route"), "spec.route", strict=False)
    for at, receiver in _mappings(spec, "receivers", "spec"):
        yield from _receiver(receiver, at)
    for at, rule in _mappings(spec, "inhibitRules", "spec"):
        yield from _inhibition(rule, at)
    for at, interval in _mappings(spec, "muteTimeIntervals", "spec"):
        yield from _interval(interval, at)


def _receiver(given: Manifest | None, at: str) -> Iterator[str]:
    if given is None or not isinstance(given.get("name"), str):
        yield f"{at}: must be a mapping with a name"
        return
    for field in INTEGRATIONS:
        for place, one in _mappings(given, field, at):
            yield from _entry(one, place, field)


def _inhibition(given: Manifest | None, at: str) -> Iterator[str]:
    if given is None:
        yield f"{at}: must be a mapping"
        return
    yield from _matchers(given, "sourceMatch", at, strict=False)
    yield from _matchers(given, "targetMatch", at, strict=False)
    if not isinstance(given.get("equal"), list | None):
        yield f"{at}.equal: must be a list"
    yield from _texts(given, "equal", at)


def _interval(given: Manifest | None, at: str) -> Iterator[str]:
    if given is None:
        yield f"{at}: must be a mapping"
        return
    for place, item in _mappings(given, "timeIntervals", at):
        if item is None or not all(isinstance(item.get(key), list | None) for key in _LISTS):
            yield f"{place}: must be a mapping of lists: {', '.join(_LISTS)}"


def _entry(given: Manifest | None, at: str, kind: str) -> Iterator[str]:
    """One entry of a receiver."""
    if given is None:
        yield f"{at}: must be a mapping"
        return
    for field in _LISTED if kind in _TEXT_ACTIONS else (*_LISTED, "actions"):
        for place, one in _mappings(given, field, at):
            if one is None or (field in _PAIRS and not isinstance(one.get("key"), str)):
                yield f"{place}: must be a mapping" + (" of key and value" if field in _PAIRS else "")
    for field in ("httpConfig", "tlsConfig", "sigv4"):
        if not isinstance(given.get(field), dict | None):
            yield f"{at}.{field}: must be a mapping"


def _route(given: Any, at: str, *, strict: bool) -> Iterator[str]:
    """``strict``: a child, which is decoded without mercy."""
    if given is None and not strict:
        return
    if not isinstance(given, dict):
        yield f"{at}: must be a mapping"
        return
    for field, value in given.items():
        kind = _ROUTE.get(field)
        if kind is None:
            if strict:
                yield f"{at}.{field}: unknown field; a route has {', '.join(_ROUTE)}"
        elif value is not None and not isinstance(value, kind):
            yield f"{at}.{field}: must be {_NAMES[kind]}, found {value!r}"
    for field in ("groupBy", "muteTimeIntervals", "activeTimeIntervals"):
        yield from _texts(given, field, at)
    yield from _matchers(given, "matchers", at, strict=strict)
    children = given.get("routes")
    for number, child in enumerate(children if isinstance(children, list) else ()):
        yield from _route(child, f"{at}.routes[{number}]", strict=True)


def _matchers(given: Manifest, field: str, at: str, *, strict: bool) -> Iterator[str]:
    for place, one in _mappings(given, field, at):
        if one is None:
            yield f"{place}: must be a mapping"
            continue
        for name, value in one.items():
            kind = _MATCHER.get(name)
            if kind is None and strict:
                yield f"{place}.{name}: unknown field; a matcher has {', '.join(_MATCHER)}"
            elif kind is not None and value is not None and not isinstance(value, kind):
                yield f"{place}.{name}: must be {_NAMES[kind]}, found {value!r}"


def _texts(given: Manifest, field: str, at: str) -> Iterator[str]:
    listed = given.get(field)
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(one, str):
            yield f"{at}.{field}[{number}]: must be text, found {one!r}"


def _mappings(given: Manifest, field: str, at: str) -> Iterator[tuple[str, Manifest | None]]:
    """Each entry of a list with its place; None for one that is no mapping, or for the list itself."""
    listed = given.get(field)
    if listed is None:
        return
    if not isinstance(listed, list):
        yield f"{at}.{field}", None
        return
    for number, one in enumerate(listed):
        yield f"{at}.{field}[{number}]", one if isinstance(one, dict) else None
