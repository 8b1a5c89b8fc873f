"""Which fault of the demo shop makes which example fail, at which step and why: the table of the examples.

``examples/synthetic/README.md`` shows the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JOURNEYS = ("health", "graphql", "feed", "event", "checkout", "post", "media", "push")
"""The examples, by file name."""


@dataclass(frozen=True, slots=True)
class Row:
    """With this fault exactly this example fails. ``left``: what its cleanup cannot take away then."""

    example: str
    endpoint: str
    fault: dict[str, Any]
    step: str
    outcome: str
    reason: str
    left: str = ""

    def __str__(self) -> str:
        return f"{self.endpoint}-{'-'.join(f'{name}={value}' for name, value in self.fault.items())}"


ROWS = (
    Row("health", "health", {"mode": "failing"}, "health", "failure", "JsonPathMismatch"),
    Row("health", "health", {"mode": "failing-200"}, "health", "failure", "JsonPathMismatch"),
    Row("health", "health", {"close": True}, "health", "error", "Disconnected"),
    Row("graphql", "graphql", {"mode": "no-introspection"}, "introspection", "failure", "GraphQLErrors"),
    Row("graphql", "graphql", {"mode": "errors"}, "item", "failure", "GraphQLErrors"),
    Row("graphql", "graphql", {"corrupt": True}, "introspection", "failure", "NotJson"),
    Row("feed", "feed", {"mode": "empty"}, "feed", "failure", "JsonPathMismatch"),
    Row("feed", "feed", {"mode": "stale"}, "feed", "failure", "JsonPathMismatch"),
    Row("feed", "feed", {"status": 502}, "feed", "failure", "StatusMismatch"),
    Row("event", "login", {"status": 401}, "login", "failure", "StatusMismatch"),
    Row("event", "login", {"corrupt": True}, "login", "failure", "NotJson"),
    Row("event", "events.create", {"status": 500}, "create", "failure", "StatusMismatch"),
    Row("event", "events.create", {"close": True, "late": True}, "create", "error", "Disconnected", "events"),
    Row("event", "events.get", {"mode": "lost"}, "verify", "failure", "StatusMismatch"),
    Row("event", "events.get", {"hang": True}, "verify", "error", "Timeout"),
    Row("event", "events.delete", {"status": 500}, "delete", "failure", "StatusMismatch", "events"),
    Row("event", "events.delete", {"mode": "ignored"}, "gone", "failure", "StatusMismatch", "events"),
    Row("checkout", "checkout.create", {"status": 503}, "order", "failure", "StatusMismatch"),
    Row("checkout", "checkout.get", {"mode": "unconfirmed"}, "verify", "failure", "JsonPathMismatch"),
    Row(
        "checkout",
        "checkout.cancel",
        {"mode": "ignored"},
        "cancel",
        "failure",
        "JsonPathMismatch",
        "orders",
    ),
    Row("post", "posts.create", {"status": 429}, "create", "failure", "StatusMismatch"),
    Row("post", "posts.get", {"mode": "lost"}, "read", "failure", "StatusMismatch"),
    Row("media", "media.plan", {"status": 500}, "plan", "failure", "StatusMismatch"),
    Row("media", "media.upload", {"status": 507}, "upload", "failure", "StatusMismatch"),
    Row("media", "media.upload", {"mode": "damage"}, "finalize", "failure", "StatusMismatch"),
    Row("media", "media.finalize", {"close": True}, "finalize", "error", "Disconnected"),
    Row("push", "push.register", {"status": 500}, "register", "failure", "StatusMismatch"),
    Row("push", "push.unregister", {"status": 500}, "unregister", "failure", "StatusMismatch", "devices"),
    Row("push", "push.unregister", {"mode": "ignored"}, "gone", "failure", "StatusMismatch", "devices"),
)
