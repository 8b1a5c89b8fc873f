"""Receivers of every kind drawn at random from the schema itself, with strings that try to break out.

What is drawn is valid by the schema; whoever uses it asks ``check_receiver`` for the rest. The Secrets are
those of :func:`secrets`.
"""

from __future__ import annotations

import random
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from tests.unit.alerting.template_cases import GOOD, GOOD_HTML

from fireline.api import alert_policy_receivers as api
from fireline.api.alert_policy_receivers_parts import SecretKey, Templated
from fireline.api.common import Text

Manifest = dict[str, Any]
SECRET_VALUE = "s3cr3t-never-to-be-seen"
URLS, TEXTS, AUTHORITIES = "urls.secret", "texts", "authorities"
HOSTILE = (
    "plain words",
    'it\'s "quoted" and \\escaped\\',
    "- list: {of: [yaml]} # comment",
    "&anchor *alias !!python/object:os.system",
    "yes",
    "null",
    "~",
    "012",
    "1e3",
    "}} }} {",
    "%41 %zz $HOME ${HOME} $(id)",
    "größe 🔥 \u202etfel \u00a0x",
    "<script>alert(1)</script> & <b>",
    ": :  ",
    "  leading and trailing  ",
    "'",
    '"',
    "@here <!channel>",
    "|\u2028>\u0085",
)
LINES = ("two\nlines", "tab\tand\r\nline", "---\n...\n", "{{ .Status }}\n\n  - x: |\n    y\n")
_LITERAL = {
    "an http or https URL of host, port and path only": (
        "http://gateway",
        "https://api.eu.opsgenie.com",
        "https://x.example:8443/a/b%20c/~d;e=f,g:h@i!$&'()*+",
        "http://[::1]:9093/x",
    ),
    "an http or https URL of host, port and path, such": (
        "http://gateway.shop:8080/alerts",
        "https://x/~'()*y",
        "http://10.0.0.1/a%25b",
    ),
    "an http, https or socks5 URL of a proxy": ("http://proxy:3128", "socks5://[::1]:1080", "https://p/"),
    "a host name, such as": ("example.com", "a_b.c-d", "x"),
    "host and port of a mail server": ("smtp.example.com:587", "10.0.0.1:465"),
    "one or more mail addresses": (
        "ops@example.com",
        "Fire Line <fireline+x@example.com>",
        '"Ops, Shop: {x}" <a.b@example.com>'.replace("{x}", "'x'"),
    ),
    "a number of seconds or minutes": ("30s", "1m", "60m", "999s", "180m"),
}


def receiver(source: random.Random, kind: str, name: str) -> api.Receiver:
    """A receiver of a kind that the schema accepts."""
    hint = get_type_hints(api.Receiver, include_extras=True)[kind]
    while True:
        try:
            return api.Receiver.model_validate({"name": name, kind: _value(source, hint, kind)})
        except ValidationError:
            continue  # such as two fields of which one is allowed


def secrets(namespace: str, authority: str) -> list[Manifest]:
    """Every Secret that drawn receivers name."""
    values = {
        URLS: dict.fromkeys(("url", "a.B_c-1"), f"https://hooks.example/{SECRET_VALUE}"),
        TEXTS: dict.fromkeys(("key", "a.B_c-1"), SECRET_VALUE),
        AUTHORITIES: {"ca.crt": authority},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": data,
        }
        for name, data in values.items()
    ]


def _model(source: random.Random, model: type[BaseModel]) -> Manifest:
    hints = get_type_hints(model, include_extras=True)
    drawn: Manifest = {}
    for name, field in model.model_fields.items():
        if field.is_required() or source.random() < 0.5:
            drawn[field.alias or name] = _value(source, hints[name], field.alias or name)
    return {name: value for name, value in drawn.items() if value is not None}


def _value(source: random.Random, hint: Any, name: str) -> Any:
    marks, base = _unwrapped(hint)
    if base is bool:
        return source.random() < 0.5
    if base is int:
        return source.choice((1, 42, 2147483647))
    if get_origin(base) is Literal:
        return source.choice(get_args(base))
    if get_origin(base) is list:
        most = next((mark.max_length for mark in marks if isinstance(mark, MaxLen)), 4)
        least = next((mark.min_length for mark in marks if isinstance(mark, MinLen)), 0)
        count = source.randint(least, min(most, 3))
        return [_value(source, get_args(base)[0], name) for _ in range(count)]
    if get_origin(base) is dict:
        names = source.sample(("cluster", "X-Team", "Subject", "Reply-To", "a"), source.randint(0, 3))
        return {key: _value(source, get_args(base)[1], name) for key in names}
    if base is SecretKey:
        return _secret(source, name)
    if isinstance(base, type) and issubclass(base, BaseModel):
        return _model(source, base)
    return _string(source, marks)


def _unwrapped(hint: Any) -> tuple[list[Any], Any]:
    """All marks of a type, and what it is without them and without None."""
    marks: list[Any] = []
    while True:
        if get_origin(hint) is Annotated:
            hint, *found = get_args(hint)
            marks += (part for mark in found for part in _parts(mark))
        elif get_origin(hint) in (Union, types.UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
        else:
            return marks, hint


def _parts(mark: Any) -> Iterator[Any]:
    yield from mark.metadata if isinstance(mark, FieldInfo) else [mark]


def _secret(source: random.Random, name: str) -> Manifest:
    if name == "caSecret":
        return {"name": AUTHORITIES, "key": "ca.crt"}
    if name.lower().endswith("urlsecret"):
        return {"name": URLS, "key": source.choice(("url", "a.B_c-1"))}
    return {"name": TEXTS, "key": source.choice(("key", "a.B_c-1"))}


def _string(source: random.Random, marks: list[Any]) -> str:
    texts = [mark for mark in marks if isinstance(mark, Text)]
    for beginning, candidates in _LITERAL.items():
        if any(text.expected.startswith(beginning) for text in texts):
            return source.choice(candidates)
    templated = next((mark for mark in marks if isinstance(mark, Templated)), None)
    pool = [*HOSTILE]
    if templated:
        pool += [*(GOOD_HTML if templated.html else GOOD), *LINES]
    return source.choice(pool)
