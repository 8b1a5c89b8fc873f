"""Faults of single endpoints: what ``PUT /faults {"endpoints": {…}}`` may hold, read with clear errors.

Every fault breaks one endpoint and leaves the others whole, so that a test can name the step of a
journey that must fail, and no other may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "health": ("failing", "failing-200"),
    "graphql": ("no-introspection", "errors"),
    "login": (),
    "events.create": (),
    "events.get": ("lost",),
    "events.list": (),
    "events.delete": ("ignored",),
    "checkout.create": (),
    "checkout.get": ("unconfirmed",),
    "checkout.list": (),
    "checkout.cancel": ("ignored",),
    "feed": ("empty", "stale"),
    "posts.create": (),
    "posts.get": ("lost",),
    "posts.list": (),
    "posts.delete": ("ignored",),
    "media.plan": (),
    "media.upload": ("damage",),
    "media.finalize": (),
    "media.get": (),
    "media.list": (),
    "media.delete": ("ignored",),
    "push.register": (),
    "push.get": ("lost",),
    "push.list": (),
    "push.unregister": ("ignored",),
}
"""Every endpoint, and the ways (``mode``) in which it can be wrong while its answer looks fine."""

ALLOWED = (
    "status (200 to 599), latency_ms (0 or more), corrupt, hang, close (true or false), "
    "mode (a name that the endpoint knows), late (true: broken only after the work is done), "
    "times (1 or more: only so many requests)"
)
EXAMPLE = '{"endpoints": {"events.create": {"status": 500}}}'


@dataclass(frozen=True, slots=True)
class EndpointFault:
    """How one endpoint is broken.

    ``corrupt``: the body ends in the middle. ``hang``: no answer until the client goes. ``close``: the
    connection ends without an answer. ``late``: the work is done first, and only then the answer lost.
    """

    status: int | None = None
    latency_ms: float = 0.0
    corrupt: bool = False
    hang: bool = False
    close: bool = False
    mode: str = ""
    late: bool = False
    times: int | None = None

    def shown(self) -> dict[str, Any]:
        """The fault as it was asked for: only what differs from a healthy endpoint."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value != _HEALTHY[name]}


_HEALTHY = {field.name: field.default for field in fields(EndpointFault)}


def endpoint_faults(wanted: object) -> dict[str, EndpointFault]:
    """Faults by endpoint; those not named are healthy.

    Raises ValueError that names the path, what was found, what is allowed and an example.
    """
    if not isinstance(wanted, dict) or "" in wanted:
        raise ValueError(f"endpoints: found {wanted!r}; allowed: faults by endpoint, such as {EXAMPLE}")
    return {str(name): _fault(str(name), value) for name, value in wanted.items()}


def _fault(endpoint: str, wanted: object) -> EndpointFault:
    path = f"endpoints.{endpoint}"
    if endpoint not in ENDPOINTS:
        raise ValueError(f"{path}: no such endpoint; allowed: {', '.join(ENDPOINTS)}")
    if not isinstance(wanted, dict) or not wanted:
        raise ValueError(f"{path}: found {wanted!r}; allowed: {ALLOWED}; example: {EXAMPLE}")
    for name, value in wanted.items():
        if name not in _VALID:
            raise ValueError(f"{path}.{name}: no such fault; allowed: {ALLOWED}; example: {EXAMPLE}")
        valid, allowed = _VALID[name]
        if not valid(value):
            raise ValueError(f"{path}.{name}: found {value!r}; allowed: {allowed}")
    fault = EndpointFault(**wanted)
    _agrees(path, endpoint, fault)
    return fault


def _agrees(path: str, endpoint: str, fault: EndpointFault) -> None:
    modes = ENDPOINTS[endpoint]
    if fault.mode and fault.mode not in modes:
        raise ValueError(f"{path}.mode: found {fault.mode!r}; allowed: {', '.join(modes) or 'none here'}")
    ends = [name for name in ("status", "corrupt", "hang", "close") if getattr(fault, name)]
    if len(ends) > 1:
        raise ValueError(f"{path}: found {' and '.join(ends)}; allowed: one of them, an answer ends once")
    if fault.late and not ends:
        raise ValueError(f"{path}.late: found alone; allowed: with status, corrupt, hang or close")


def _whole(value: object, *, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_FLAG = (_flag, "true or false")
_VALID: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "status": (lambda value: _whole(value, least=200, most=599), "200 to 599"),
    "latency_ms": (
        lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 600_000
        ),
        "0 to 600000",
    ),
    "corrupt": _FLAG,
    "hang": _FLAG,
    "close": _FLAG,
    "mode": (lambda value: isinstance(value, str) and value != "", "a name that the endpoint knows"),
    "late": _FLAG,
    "times": (lambda value: _whole(value, least=1, most=1_000_000), "1 to 1000000"),
}
