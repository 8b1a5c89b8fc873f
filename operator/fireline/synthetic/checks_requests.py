"""What is wrong with what a step asks of a target. Part of ``checks_steps``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.synthetic_step import GraphQL, Http, Step
from fireline.synthetic.template import names

Found = Iterator[Issue]
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_MOST_PORT = 65_535
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "api-key"}
)
SECRET_NAMES = frozenset(
    {
        *("password", "passwd", "passphrase", "secret", "clientsecret", "apisecret", "privatekey"),
        *("token", "accesstoken", "refreshtoken", "apitoken", "authtoken", "bearertoken", "sessiontoken"),
        *("apikey", "accesskey", "secretkey", "authorization", "credential", "credentials"),
    }
)
"""Names of what is a credential, in lower case and without - and _."""
ADVICE = "put it into a Secret and name it in spec.variables with secretKeyRef"


def check_request(at: Location, step: Step) -> Found:
    """Issues of the request of one step."""
    for action, request in (("http", step.http), ("graphql", step.graphql)):
        if request is not None:
            yield from _url((*at, action, "url"), request.url)
            yield from _credentials((*at, action), request)
    if step.http is not None:
        yield from _one_body((*at, "http"), step.http)
    if step.graphql is not None and not isinstance(step.graphql.variables, dict | None):
        words = f"must be a mapping, found {_kind(step.graphql.variables)}; write it like {{id: 1}}"
        yield Issue(INVALID_SPEC, (*at, "graphql", "variables"), words)
    for action, field in (("tcp", "tcp"), ("grpcHealth", "grpc_health"), ("tls", "tls")):
        found = getattr(step, field)
        if found is not None:
            yield from _port((*at, action, "address"), found.address, example="db:5432")
    if step.dns is not None and step.dns.server is not None:
        yield from _port((*at, "dns", "server"), step.dns.server, example="10.0.0.10:53")


def is_secret_name(name: str) -> bool:
    """Whether what has such a name is a credential: ``apiKey``, ``client_secret``."""
    return re.sub(r"[-_]", "", name).lower() in SECRET_NAMES


def _url(at: Location, url: str) -> Found:
    """There is a host, and a port that exists, as far as they are written out."""
    if url.startswith("${"):
        return
    try:
        parts = urlsplit(_VARIABLE.sub("1", url))
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = "", 0
    if not host or port == 0:
        words = f"{url!r} has no host or no possible port; write it like https://api.example/health"
        yield Issue(INVALID_SPEC, at, words)


def _port(at: Location, address: str, *, example: str) -> Found:
    port = _VARIABLE.sub("1", address).rpartition(":")[2]
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORT):
        words = f"{address!r} ends with no port from 1 to {_MOST_PORT}; write it like {example}"
        yield Issue(INVALID_SPEC, at, words)


def _one_body(at: Location, http: Http) -> Found:
    """A request has one body; of a JSON body the API server knows nothing."""
    if http.json_ is not None and (http.body is not None or http.form is not None):
        yield Issue(INVALID_SPEC, (*at, "json"), "at most one of json, body, form may be set")


def _credentials(at: Location, request: Http | GraphQL) -> Found:
    """Credentials are variables from a Secret: the spec is for everyone to read."""
    if _password_in(request.url):
        words = f"holds a password; use basicAuth with a variable, and {ADVICE}"
        yield Issue("InlineSecret", (*at, "url"), words)
    for name, value in (request.headers or {}).items():
        if name.lower() in _SECRET_HEADERS and _literal(value):
            yield Issue("InlineSecret", (*at, "headers", name), f"holds a credential; {ADVICE}")
    if isinstance(request, GraphQL):
        yield from _inside((*at, "variables"), request.variables)
        return
    yield from _inside((*at, "query"), request.query)
    yield from _inside((*at, "json"), request.json_)
    yield from _inside((*at, "form"), request.form)
    if request.basic_auth is not None and _literal(request.basic_auth.password):
        yield Issue("InlineSecret", (*at, "basicAuth", "password"), f"holds a credential; {ADVICE}")


def _inside(at: Location, node: Any) -> Found:
    """Fields of a body that are called like a credential and hold one."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and is_secret_name(str(key)) and _literal(value):
                words = f"holds a credential; {ADVICE}. If it is wrong on purpose: a variable with value"
                yield Issue("InlineSecret", (*at, str(key)), words)
            else:
                yield from _inside((*at, str(key)), value)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _inside((*at, number), value)


def _literal(text: str) -> bool:
    """Whether no variable is in it."""
    return bool(text) and not any(True for _ in names(text))


def _password_in(url: str) -> bool:
    try:
        return _literal(urlsplit(url).password or "")
    except ValueError:
        return False


def _kind(found: Any) -> str:
    return {list: "a list", str: "text", bool: "true or false"}.get(type(found), "a number")
