"""What is wrong with the steps of a SyntheticCheck. Part of :mod:`fireline.synthetic.checks`.

Everything that can be known before a run is refused here: what a pod finds out at 3 a.m. nobody mends
before it pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import re2
from jsonpath import JSONPathError
from jsonpath import compile as compile_path

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.synthetic_check import Spec
from fireline.api.synthetic_step import Step, SweepStep
from fireline.api.synthetic_step_parts import Assertion, Capture
from fireline.synthetic.template import BUILTIN, names, names_in

Found = Iterator[Issue]
Placed = tuple[Location, Step]
_PARTS = ("sweep", "steps", "cleanup")
_JSON_ANSWERS = ("http", "graphql")
_CERTIFICATES = ("http", "graphql", "grpcHealth", "tls")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def steps_of(spec: Spec) -> Iterator[Placed]:
    """Every step with its place, in the order in which they run."""
    for part in _PARTS:
        for number, step in enumerate(getattr(spec, part) or ()):
            yield ("spec", part, number), step


def check_steps(spec: Spec) -> Found:
    """Issues of all steps, in order."""
    given = {one.name for one in spec.variables or ()}
    captured: set[str] = set()
    swept: list[str] = []
    for at, step in steps_of(spec):
        part = at[1]
        known = given | (captured if part != "sweep" else set())
        if isinstance(step, SweepStep) and step.for_each is not None:
            yield from _for_each(at, step, swept)
            known |= {step.for_each.variable}
        if part == "sweep":
            known |= {one.variable for earlier in spec.sweep or () for one in earlier.capture or ()}
            swept.append(step.name)
        yield from _variables(at, step, known)
        yield from _expressions(at, step)
        yield from _fitting(at, step)
        yield from _one_body(at, step)
        yield from _plain_secrets(at, step)
        for number, capture in enumerate(step.capture or ()):
            if capture.variable in given:
                words = f"{capture.variable!r} is one of spec.variables; choose another name"
                yield Issue(INVALID_SPEC, (*at, "capture", number, "variable"), words)
            captured.add(capture.variable)


def _for_each(at: Location, step: SweepStep, earlier: Collection[str]) -> Found:
    """It repeats for values of a step that was done before."""
    if step.for_each is not None and step.for_each.from_ not in earlier:
        listed = ", ".join(earlier) or "none"
        words = f"{step.for_each.from_!r} is no earlier step of the sweep; there are: {listed}"
        yield Issue(INVALID_SPEC, (*at, "forEach", "from"), words)
    if step.for_each is not None:
        yield from _path((*at, "forEach", "jsonPath"), step.for_each.json_path)


def _variables(at: Location, step: Step, known: Collection[str]) -> Found:
    """Every ``${name}`` has a value by then."""
    allowed = {*known, *BUILTIN}
    for where, text in _texts(step):
        for name in names(text):
            if name in allowed:
                continue
            listed = ", ".join(sorted(allowed))
            words = (
                f"${{{name}}} has no value here: it is neither in spec.variables nor captured by a step "
                f"before; there are: {listed}"
                if name
                else "${ begins a variable that does not end; write ${name}, or $${ for the text ${"
            )
            yield Issue("UnknownVariable", (*at, *where), words)


def _texts(step: Step) -> Iterator[tuple[Location, str]]:
    """Every text in which variables are replaced, with its place."""
    plain = step.model_dump(by_alias=True, exclude_none=True)
    for action in (*_JSON_ANSWERS, "tcp", "dns", "grpcHealth", "tls"):
        if action in plain:
            yield from _leaves(plain[action], (action,))
    for number, entry in enumerate(plain.get("assert", ())):
        at: Location = ("assert", number)
        for name in ("equals", "contains"):
            yield from _leaves(entry.get(name), (*at, name))
            for part in ("header", "body", "answers"):
                yield from _leaves(entry.get(part, {}).get(name), (*at, part, name))


def _leaves(node: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(node, str):
        if any(True for _ in names_in(node)):
            yield at, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*at, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, (*at, number))


def _expressions(at: Location, step: Step) -> Found:
    """Regular expressions and paths can be read."""
    for number, one in enumerate(step.assert_ or ()):
        where = (*at, "assert", number)
        if one.json_path is not None:
            yield from _path((*where, "jsonPath"), one.json_path)
            if one.exists is one.equals is one.matches is one.contains is None:
                words = "jsonPath needs exactly one of exists, equals, matches, contains beside it"
                yield Issue(INVALID_SPEC, where, words)
        if one.equals is not None and (one.json_path is None or _compared(one) > 1):
            words = "jsonPath needs exactly one of exists, equals, matches, contains beside it"
            yield Issue(INVALID_SPEC, (*where, "equals"), words)
        for field, pattern in _patterns(one):
            yield from _regex((*where, *field), pattern)
    for number, capture in enumerate(step.capture or ()):
        yield from _capture((*at, "capture", number), capture)
    if step.tcp is not None and step.tcp.expect is not None:
        yield from _regex((*at, "tcp", "expect"), step.tcp.expect)


def _compared(one: Assertion) -> int:
    return sum(found is not None for found in (one.exists, one.equals, one.matches, one.contains))


def _patterns(one: Assertion) -> Iterator[tuple[Location, str]]:
    if one.matches is not None:
        yield ("matches",), one.matches
    if one.header is not None and one.header.matches is not None:
        yield ("header", "matches"), one.header.matches
    if one.body is not None and one.body.matches is not None:
        yield ("body", "matches"), one.body.matches


def _capture(at: Location, capture: Capture) -> Found:
    if capture.json_path is not None:
        yield from _path((*at, "jsonPath"), capture.json_path)
    if capture.body is not None:
        yield from _regex((*at, "body"), capture.body, groups=1)


def _regex(at: Location, pattern: str, *, groups: int | None = None) -> Found:
    try:
        found = re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        yield Issue("InvalidRegex", at, f"{pattern!r} cannot be read: {said}; the syntax is RE2's")
        return
    if groups is not None and found.groups != groups:
        words = f"{pattern!r} has {found.groups} groups, needs {groups}: what is captured, as in id=([0-9]+)"
        yield Issue("InvalidRegex", at, words)


def _path(at: Location, path: str) -> Found:
    try:
        compile_path(path)
    except JSONPathError as error:
        yield Issue("InvalidPath", at, f"{path!r} cannot be read: {error}; write it like $.items[0].id")


def _fitting(at: Location, step: Step) -> Found:
    """An assertion or capture is about something that such a step has."""
    plain = step.model_dump(by_alias=True, exclude_none=True)
    json_answer = any(action in plain for action in _JSON_ANSWERS)
    for number, entry in enumerate(plain.get("assert", ())):
        for kind, possible, instead in (
            ("status", json_answer, "http or graphql"),
            ("jsonPath", json_answer, "http or graphql"),
            ("header", json_answer, "http or graphql"),
            ("body", json_answer or "tcp" in plain, "http, graphql or tcp"),
            ("certificate", any(action in plain for action in _CERTIFICATES), ", ".join(_CERTIFICATES)),
            ("answers", "dns" in plain, "dns"),
        ):
            if kind in entry and not possible:
                yield Issue(INVALID_SPEC, (*at, "assert", number, kind), f"belongs to a step with {instead}")
    for number, entry in enumerate(plain.get("capture", ())):
        kind = next((name for name in ("jsonPath", "header", "cookie", "body") if name in entry), "body")
        if not json_answer and not (kind == "body" and "tcp" in plain):
            yield Issue(
                INVALID_SPEC, (*at, "capture", number, kind), "belongs to a step with http or graphql"
            )


def _one_body(at: Location, step: Step) -> Found:
    """A request has one body; of a JSON body the API server knows nothing."""
    http = step.http
    if http is not None and http.json_ is not None and (http.body is not None or http.form is not None):
        yield Issue(INVALID_SPEC, (*at, "http", "json"), "at most one of json, body, form may be set")


def _plain_secrets(at: Location, step: Step) -> Found:
    """Credentials are variables from a Secret: the spec is for everyone to read."""
    advice = "put it into a Secret and name it in spec.variables with secretKeyRef"
    request = step.http or step.graphql
    if request is None:
        return
    action = "http" if step.http is not None else "graphql"
    if _password_in(request.url):
        yield Issue("InlineSecret", (*at, action, "url"), f"holds a password; use basicAuth, and {advice}")
    for name, value in (request.headers or {}).items():
        if name.lower() in _SECRET_HEADERS and not any(True for _ in names(value)):
            yield Issue("InlineSecret", (*at, action, "headers", name), f"holds a credential; {advice}")
    basic = step.http.basic_auth if step.http is not None else None
    if basic is not None and not any(True for _ in names(basic.password)):
        yield Issue("InlineSecret", (*at, "http", "basicAuth", "password"), f"holds a credential; {advice}")


def _password_in(url: str) -> bool:
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False
