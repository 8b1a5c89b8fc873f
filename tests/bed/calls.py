"""What the fault proxy saw: each call in Kubernetes' own words, and a log to ask questions of.

The source of call-count tests ("create = 1 apply + 1 status") and of the RBAC test.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

_APPLY = "application/apply-patch"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
WRITE_VERBS = frozenset({"create", "update", "patch", "apply", "delete", "deletecollection"})
_NOT_COUNTED = ("leases.coordination.k8s.io", "events.events.k8s.io", "events")
_NOT_STORED = (".authorization.k8s.io", ".authentication.k8s.io")


@dataclass(slots=True)
class Call:
    """One HTTP call. ``resource`` is ``plural.group`` (bare plural for the core group), empty if none.

    ``verb`` is Kubernetes' (get, list, watch, create, update, patch, apply, delete, deletecollection);
    for other servers the HTTP method in small letters. ``code`` is None until answered, and stays None
    when the connection broke; ``fault`` says what was injected. ``time`` is Unix seconds.
    """

    number: int
    time: float
    method: str
    path: str
    verb: str
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    content_type: str = ""
    user_agent: str = ""
    code: int | None = None
    fault: str = ""

    @property
    def is_write(self) -> bool:
        """Whether it asks for a stored change; Leases and Events are not counted, nor access reviews."""
        counted = self.resource not in _NOT_COUNTED and not self.resource.endswith(_NOT_STORED)
        return self.verb in WRITE_VERBS and bool(self.resource) and counted

    def __str__(self) -> str:
        what = "/".join(part for part in (self.resource, self.subresource) if part) or self.path
        where = "/".join(part for part in (self.namespace, self.name) if part)
        return f"#{self.number} {self.verb} {what} {where} → {self.fault or self.code}"


Predicate = Callable[[Call], bool]


def matching(**wanted: object) -> Predicate:
    """A predicate over the fields of Call: ``matching(verb="apply", resource="prometheusrules.…")``.

    ``is_write=True`` matches any counted write. Raises TypeError for a field Call does not have.
    """
    unknown = [name for name in wanted if not hasattr(Call, name)]
    if unknown:
        raise TypeError(f"a call has no {', '.join(unknown)}")
    return lambda call: all(getattr(call, name) == value for name, value in wanted.items())


class CallLog:
    """Every call in order of arrival. Safe to read while calls come in."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Remember a call; its ``code`` is filled in later."""
        with self._lock:
            self._calls.append(call)

    def calls(self, when: Predicate | None = None, **wanted: object) -> list[Call]:
        """Calls that fit: ``log.calls(verb="watch")``."""
        fits = when or matching(**wanted)
        return [call for call in self if fits(call)]

    def writes(self, **wanted: object) -> list[Call]:
        """Writes in order, without Leases, Events and access reviews."""
        return self.calls(is_write=True, **wanted)

    def clear(self) -> None:
        """Forget everything: count from here."""
        with self._lock:
            self._calls.clear()

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __str__(self) -> str:
        return "\n".join(map(str, self))


def describe(number: int, request: web.BaseRequest, *, kubernetes: bool) -> Call:
    """Read a request, as Kubernetes would if ``kubernetes``."""
    call = Call(
        number,
        time.time(),
        request.method,
        request.path,
        request.method.lower(),
        content_type=request.headers.get("Content-Type", ""),
        user_agent=request.headers.get("User-Agent", ""),
    )
    parts = request.path.strip("/").split("/")
    if kubernetes and parts[0] == "api" and len(parts) > 2:
        _read_resource(call, "", parts[2:])
    elif kubernetes and parts[0] == "apis" and len(parts) > 3:
        _read_resource(call, parts[1], parts[3:])
    else:
        return call
    call.verb = _verb(call, request.query)
    return call


def _read_resource(call: Call, group: str, parts: list[str]) -> None:
    # A namespace's own path has no resource after its name, except its two subresources.
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in {"status", "finalize"}:
        call.namespace, parts = parts[1], parts[2:]
    call.resource = f"{parts[0]}.{group}" if group else parts[0]
    call.name = parts[1] if len(parts) > 1 else ""
    call.subresource = parts[2] if len(parts) > 2 else ""


def _verb(call: Call, query: Mapping[str, str]) -> str:
    if call.method in {"GET", "HEAD"}:
        if query.get("watch") in {"1", "true", "True"}:
            return "watch"
        return "get" if call.name else "list"
    if call.method == "PATCH" and call.content_type.startswith(_APPLY):
        return "apply"
    if call.method == "DELETE" and not call.name:
        return "deletecollection"
    return _VERBS.get(call.method, call.method.lower())
