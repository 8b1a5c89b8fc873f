"""What the schema of a receiver cannot say: templates, addresses, hosts, times. Pure.

Whatever prometheus-operator or Alertmanager would refuse is refused here first, with the field and words:
they refuse the configuration of every tenant for the mistake of one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from pydantic import BaseModel

from fireline.alerting.templates import check_template
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_receivers_chat import Telegram
from fireline.api.alert_policy_receivers_other import Email
from fireline.api.alert_policy_receivers_parts import Templated
from fireline.api.alert_policy_receivers_providers import Pushover
from fireline.api.issues import Issue, Location

INVALID_TEMPLATE = "InvalidTemplate"
INVALID_RECEIVER = "InvalidReceiver"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_NAMED = re.compile(
    r'\s*(?:(?:"[^"\\<>]*"|[A-Za-z0-9 _.+-]*?)\s*<(?P<address>[^<>]+)>|(?P<bare>[^<>",\s]+))\s*'
)
_NO_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters YAML takes for line breaks or not at all; the API server reads what is applied as YAML."""
_SECONDS = {"s": 1, "m": 60}


def check_receiver(receiver: Receiver, at: Location) -> Iterator[Issue]:
    """Everything to fix in a receiver that has passed the schema; ``at`` leads to it."""
    at = (*at, receiver.kind)
    yield from _characters(receiver.config.model_dump(by_alias=True), at)
    yield from _texts(receiver.config, at)
    yield from _hosts(receiver.config, at)
    match receiver.config:
        case Email() as config:
            yield from _email(config, at)
        case Pushover() as config:
            yield from _pushover(config, at)
        case Telegram() as config if config.parse_mode != "HTML" and config.message is None:
            yield Issue(
                INVALID_RECEIVER,
                (*at, "parseMode"),
                f"{config.parse_mode} says how a message of your own is written; set message too",
            )
        case _:
            pass


def _characters(value: Any, at: Location) -> Iterator[Issue]:
    """Strings with characters that would not arrive as they are."""
    match value:
        case dict():
            for key, part in value.items():
                yield from _characters(part, (*at, key))
        case list():
            for index, part in enumerate(value):
                yield from _characters(part, (*at, index))
        case str() if found := _NO_YAML.search(value):
            words = f"has the character U+{ord(found.group()):04X} at {found.start() + 1}; leave it out"
            yield Issue(INVALID_RECEIVER, at, words)
        case _:
            pass


def _texts(model: BaseModel, at: Location) -> Iterator[Issue]:
    """Faults in the templates of a model and of all within it."""
    marks = _marks(type(model))
    html = isinstance(model, Telegram) and model.parse_mode == "HTML"
    for name, field in type(model).model_fields.items():
        value, here = getattr(model, name), (*at, field.alias or name)
        mark = marks.get(name)
        if isinstance(value, str) and mark:
            yield from _template(value, here, html=mark.html or (html and name == "message"))
        elif isinstance(value, dict) and mark:
            for key, text in sorted(value.items()):
                yield from _template(text, (*here, key), html=mark.html)
        elif isinstance(value, BaseModel):
            yield from _texts(value, here)
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, BaseModel):
                    yield from _texts(entry, (*here, index))


def _template(text: str, at: Location, *, html: bool) -> Iterator[Issue]:
    if trouble := check_template(text, html=html):
        yield Issue(INVALID_TEMPLATE, at, trouble)


@cache
def _marks(model: type[BaseModel]) -> dict[str, Templated]:
    """Fields whose strings (or whose entries) Alertmanager expands."""
    found = {name: _mark(hint) for name, hint in get_type_hints(model, include_extras=True).items()}
    return {name: mark for name, mark in found.items() if mark}


def _mark(hint: Any) -> Templated | None:
    for part in (*getattr(hint, "__metadata__", ()), *get_args(hint)):
        if isinstance(part, Templated):
            return part
        if not isinstance(part, type) and (found := _mark(part)):
            return found
    return None


def _hosts(model: BaseModel, at: Location) -> Iterator[Issue]:
    """Addresses of servers whose pattern is right and which are none, such as port 99999."""
    for name, field in type(model).model_fields.items():
        value, here = getattr(model, name), (*at, field.alias or name)
        if isinstance(value, BaseModel):
            yield from _hosts(value, here)
        elif isinstance(value, str) and name in ("url", "api_url", "proxy_url", "avatar_url"):
            if "{{" not in value and (trouble := _bad_url(value)):
                yield Issue(INVALID_RECEIVER, here, f"{value!r} {trouble}")
        elif isinstance(value, str) and name == "smarthost" and (trouble := _bad_host(f"//{value}")):
            yield Issue(INVALID_RECEIVER, here, f"{value!r} {trouble}, for example smtp.example.com:587")


def _bad_url(url: str) -> str | None:
    if re.search("%(?![0-9A-Fa-f]{2})", url):
        return "has a % that begins no escape; write %25 for the character"
    return _bad_host(url)


def _bad_host(url: str) -> str | None:
    if bracketed := re.search(r"//\[([^]]*)\]", url):
        try:
            ipaddress.IPv6Address(bracketed[1])
        except ValueError:
            return "needs an IPv6 address in its brackets"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "needs a host and a port of at most 65535"
    if port == 0:
        return "needs a port above 0"
    host = parts.hostname or ""
    if not bracketed and (not host or ".." in host or len(host) > 253):
        return "needs the name or address of a host"
    return None


def _email(config: Email, at: Location) -> Iterator[Issue]:
    senders = [*_addresses(config.from_, (*at, "from"))]
    yield from (found for found in senders if isinstance(found, Issue))
    if len(senders) > 1:
        yield Issue(INVALID_RECEIVER, (*at, "from"), f"must be one address, found {len(senders)}")
    yield from (found for found in _addresses(config.to, (*at, "to")) if isinstance(found, Issue))
    seen: dict[str, str] = {}
    for header in config.headers or {}:
        if (first := seen.setdefault(header.lower(), header)) != header:
            words = f"is there already as {first}; upper and lower case make no difference"
            yield Issue(INVALID_RECEIVER, (*at, "headers", header), words)


def _addresses(text: str, at: Location) -> Iterator[str | Issue]:
    """Each address of a list, or what is wrong with it."""
    for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', text):
        found = _NAMED.fullmatch(part)
        address = (found["address"] or found["bare"]) if found else ""
        local = address.partition("@")[0]
        if not _ADDRESS.fullmatch(address) or ".." in address or local[:1] == "." or local[-1:] == ".":
            words = f"{part.strip()!r} is no mail address; write ops@example.com or Ops <ops@example.com>"
            yield Issue(INVALID_RECEIVER, at, words)
        else:
            yield address


def _pushover(config: Pushover, at: Location) -> Iterator[Issue]:
    if _seconds(config.retry) < 30:
        yield Issue(INVALID_RECEIVER, (*at, "retry"), f"{config.retry} is too short: 30s at least")
    if _seconds(config.expire) > 3 * 3600:
        yield Issue(INVALID_RECEIVER, (*at, "expire"), f"{config.expire} is too long: 180m at most")


def _seconds(timeout: str) -> int:
    """Seconds of a :data:`Timeout`."""
    return int(timeout[:-1]) * _SECONDS[timeout[-1]]
