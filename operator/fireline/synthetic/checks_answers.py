"""What is wrong with what a step asserts of an answer, and captures from it. Part of ``checks_steps``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import re2
from jsonpath import JSONPathEnvironment, JSONPathError

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.synthetic_check import Spec
from fireline.api.synthetic_step import ACTIONS, Step
from fireline.api.synthetic_step_parts import Assertion, Capture
from fireline.promql.durations import Duration

Found = Iterator[Issue]
_HTTP = ("http", "graphql")
_TLS = ("http", "graphql", "grpcHealth", "tls")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "status": _HTTP,
    "jsonPath": _HTTP,
    "header": _HTTP,
    "cookie": _HTTP,
    "body": (*_HTTP, "tcp"),
    "certificate": _TLS,
    "answers": ("dns",),
}
"""What can be said of the answers of which steps."""
_ONE_COMPARISON = "jsonPath needs exactly one of exists, equals, matches, contains beside it"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def check_answer(at: Location, step: Step, spec: Spec) -> Found:
    """Issues of the assertions and captures of one step."""
    for number, one in enumerate(step.assert_ or ()):
        place = (*at, "assert", number)
        yield from _comparison(place, one)
        yield from _expressions(place, one)
        yield from _possible(place, one.model_dump(by_alias=True, exclude_none=True), step)
        yield from _latency(place, one, step, spec)
    for number, capture in enumerate(step.capture or ()):
        place = (*at, "capture", number)
        yield from _capture(place, capture)
        yield from _possible(place, capture.model_dump(by_alias=True, exclude_none=True), step)
    if step.tcp is not None and step.tcp.expect is not None:
        yield from _regex((*at, "tcp", "expect"), step.tcp.expect)


def path_is_readable(at: Location, path: str) -> Found:
    """A JSONPath as RFC 9535 has it."""
    try:
        _language().compile(path)
    except JSONPathError as error:
        said = str(error).partition("\n")[0].removeprefix("error: ")
        yield Issue("InvalidPath", at, f"{path!r} cannot be read: {said}; write it like $.items[0].id")


@cache
def _language() -> JSONPathEnvironment:
    """What the engine understands: the standard and no more."""
    return JSONPathEnvironment(strict=True)


def _comparison(at: Location, one: Assertion) -> Found:
    """``equals`` may be of any type, which puts it out of sight for rules of the API server."""
    compared = sum(found is not None for found in (one.exists, one.equals, one.matches, one.contains))
    if compared != (one.json_path is not None):
        yield Issue(INVALID_SPEC, at, _ONE_COMPARISON)


def _expressions(at: Location, one: Assertion) -> Found:
    """Regular expressions and paths can be read."""
    if one.json_path is not None:
        yield from path_is_readable((*at, "jsonPath"), one.json_path)
    if one.matches is not None:
        yield from _regex((*at, "matches"), one.matches)
    if one.header is not None and one.header.matches is not None:
        yield from _regex((*at, "header", "matches"), one.header.matches)
    if one.body is not None and one.body.matches is not None:
        yield from _regex((*at, "body", "matches"), one.body.matches)


def _capture(at: Location, capture: Capture) -> Found:
    if capture.json_path is not None:
        yield from path_is_readable((*at, "jsonPath"), capture.json_path)
    if capture.body is not None:
        yield from _regex((*at, "body"), capture.body, groups=1)


def _regex(at: Location, pattern: str, *, groups: int | None = None) -> Found:
    try:
        found = re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        yield Issue("InvalidRegex", at, f"{pattern!r} cannot be read: {said}; the syntax is that of RE2")
        return
    if groups is not None and found.groups != groups:
        has = "no group" if not found.groups else f"{found.groups} groups"
        words = f"{pattern!r} has {has}; put one around what is captured, as in id=([0-9]+)"
        yield Issue("InvalidRegex", at, words)


def _possible(at: Location, entry: Mapping[str, Any], step: Step) -> Found:
    """An assertion or capture is about something that the answer of such a step has."""
    action = next(name for name in ACTIONS if getattr(step, _field(name)) is not None)
    kind = next((name for name in _NEEDS if name in entry), "")
    if not kind:
        return
    if action not in _NEEDS[kind]:
        allowed = " or ".join(", ".join(_NEEDS[kind]).rsplit(", ", 1))
        yield Issue(INVALID_SPEC, (*at, kind), f"an answer to {action} has none; it belongs to {allowed}")
    elif kind == "certificate":
        yield from _certificate((*at, kind), step)
    elif kind in {"jsonPath", "body"} and step.http is not None and step.http.method == "HEAD":
        yield Issue(INVALID_SPEC, (*at, kind), "an answer to HEAD has no body; use GET")


def _field(action: str) -> str:
    return {"grpcHealth": "grpc_health"}.get(action, action)


def _certificate(at: Location, step: Step) -> Found:
    """Only what speaks TLS shows one."""
    request = step.http or step.graphql
    if request is not None and request.url.startswith("http://"):
        yield Issue(INVALID_SPEC, at, f"{request.url!r} shows no certificate; write https://")
    if step.grpc_health is not None and step.grpc_health.tls is None:
        words = (
            "without grpcHealth.tls the connection is not encrypted, and shows no certificate; add tls: {}"
        )
        yield Issue(INVALID_SPEC, at, words)


def _latency(at: Location, one: Assertion, step: Step, spec: Spec) -> Found:
    """A limit that a time-out comes before never decides anything."""
    if one.latency is None:
        return
    timeout = step.timeout or spec.timeout
    if Duration.parse(one.latency.below) >= Duration.parse(timeout):
        whose = "of the step" if step.timeout else "of the check"
        words = (
            f"{one.latency.below} is never exceeded: the timeout {whose} ends it after {timeout}, as an error"
        )
        yield Issue(INVALID_SPEC, (*at, "latency", "below"), words, note=True)
