"""AlertmanagerConfigs that prometheus-operator takes although nothing works with them any more.

The last gate before Fireline writes one: every case below was seen to stop real servers (``tests/routes``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fireline.alerting.effective.durations import milliseconds
from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.refusals import walk
from fireline.alerting.effective.refusals.breaking_receivers import REFUSES, of_receiver
from fireline.alerting.effective.refusals.structure import malformed
from fireline.alerting.effective.routes import matcher as matcher_text
from fireline.alerting.simulate.matcher_text import triples
from fireline.alerting.simulate.matchers import Matcher, compiled
from fireline.api.plan import Manifest
from fireline.errors import SpecError


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
        yield from of_receiver(field, one, at, known)
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
