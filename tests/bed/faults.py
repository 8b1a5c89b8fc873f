"""The faults a proxy can inject, and the plan that says which call gets which."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.bed.calls import Call, Predicate

_REASONS = {
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with ``code`` and a Kubernetes Status; the real server never sees the call."""

    code: int
    message: str = "injected by the fault proxy"
    reason: str = ""
    retry_after: int | None = None
    cause: str = ""

    def body(self) -> bytes:
        """The Status object, as the API server would write it."""
        reason = self.reason or _REASONS.get(self.code, "")
        details: dict[str, object] = (
            {} if self.retry_after is None else {"retryAfterSeconds": self.retry_after}
        )
        if self.cause:
            details["causes"] = [{"reason": self.cause, "message": self.message}]
        return _status(self.code, self.message, reason, details)


@dataclass(frozen=True, slots=True)
class Hang:
    """Take the call and never answer (until the client gives up, or ``seconds`` passed)."""

    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection. ``after``: only once the real server did the work, so the answer is lost."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Slow:
    """Send the answer in pieces of ``size`` bytes, ``seconds`` apart."""

    size: int = 64
    seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class HalfLine:
    """In a watch: send half of the next event's line, then break the connection."""


@dataclass(frozen=True, slots=True)
class Gone:
    """In a watch: an ERROR event with code 410, then the end. The client must list again."""

    def line(self) -> bytes:
        """The event as one line."""
        status = _status(410, "too old resource version: 1 (2)", "Expired", {})
        return b'{"type":"ERROR","object":' + status + b"}\n"


@dataclass(frozen=True, slots=True)
class Before:
    """Call ``act`` (say, SIGKILL the operator) instead of forwarding: the server never sees the call."""

    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class After:
    """Call ``act`` once the real server did the work; the client never gets the answer. Not for watches."""

    act: Callable[[], object]


Fault = Answer | Hang | Reset | Slow | HalfLine | Gone | Before | After


class Injection:
    """One entry of the plan. ``hits`` counts the calls that got the fault; ``cancel`` ends it."""

    def __init__(self, fault: Fault, when: Predicate, nth: int, times: int | None) -> None:
        self.fault = fault
        self.hits = 0
        self._when = when
        self._skip = nth - 1
        self._left = times

    def cancel(self) -> None:
        """No further call gets this fault."""
        self._left = 0

    def take(self, call: Call) -> bool:
        """Whether this call gets the fault; counts it."""
        if self._left == 0 or not self._when(call):
            return False
        if self._skip:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.hits += 1
        return True


class FaultPlan:
    """Which call gets which fault. The first entry that fits wins."""

    def __init__(self) -> None:
        self._entries: list[Injection] = []
        self._lock = threading.Lock()

    def add(self, entry: Injection) -> Injection:
        """Put an entry at the end of the plan."""
        with self._lock:
            self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget every entry."""
        with self._lock:
            self._entries.clear()

    def fault_for(self, call: Call) -> Fault | None:
        """The fault this call gets, if any; also noted in the call."""
        with self._lock:
            entry = next((entry for entry in self._entries if entry.take(call)), None)
        if entry is None:
            return None
        call.fault = type(entry.fault).__name__
        return entry.fault


def _status(code: int, message: str, reason: str, details: dict[str, object]) -> bytes:
    return json.dumps(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": details,
            "code": code,
        }
    ).encode()
