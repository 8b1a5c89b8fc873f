"""A journey: what a probe does in one run, as read from the JSON that the operator hands it.

The JSON is a part of a SyntheticCheck's spec in its own spelling. The API server and ``fireline check``
have looked at it; a document that is malformed all the same ends the run as never measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal

from fireline.synthetic import fields
from fireline.synthetic.engine.assertions import Assertion, assertion
from fireline.synthetic.engine.captures import Capture
from fireline.synthetic.engine.paths import JsonPath
from fireline.synthetic.engine.times import seconds
from fireline.synthetic.fields import Malformed
from fireline.synthetic.template import names_in

Kind = Literal["http", "graphql", "tcp", "dns", "grpcHealth", "tls"]

KINDS: tuple[Kind, ...] = ("http", "graphql", "tcp", "dns", "grpcHealth", "tls")
TIMEOUT_SECONDS = 20.0
CLEANUP_TIMEOUT_SECONDS = 10.0
REFUSED = (
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
    "100.100.100.200/32",
    "168.63.129.16/32",
)
"""Out of reach when a journey does not say: where clouds keep the credentials of a machine."""

EXPRESSIONS = frozenset({"expect"})
"""Fields that hold a regular expression, in which ``${`` is nothing special."""
_MOST_STEPS = 32
_NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "http": ("url",),
    "graphql": ("url", "query"),
    "tcp": ("address",),
    "dns": ("name",),
    "grpcHealth": ("address",),
    "tls": ("address",),
}


@dataclass(frozen=True, slots=True)
class Retries:
    """How many times more a step is tried, and the pause before each in seconds."""

    count: int = 0
    backoff: float = 1.0


@dataclass(frozen=True, slots=True)
class Variable:
    """A value every step may use; without ``value`` it is a secret, found in the environment by ``env``."""

    name: str
    env: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class ForEach:
    """Repeats a step of the sweep for each value found in the answer of an earlier one."""

    source: str
    path: JsonPath
    variable: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``action`` is its request as the user wrote it, variables not yet replaced."""

    name: str
    kind: Kind
    action: Mapping[str, Any]
    timeout: float | None = None
    retries: Retries = Retries()
    assertions: tuple[Assertion, ...] = ()
    captures: tuple[Capture, ...] = ()
    for_each: ForEach | None = None

    def names(self) -> Iterator[str]:
        """The variables its request needs."""
        return names_in({key: value for key, value in self.action.items() if key not in EXPRESSIONS})


@dataclass(frozen=True, slots=True)
class Journey:
    """Everything one run needs to know, but the values of secrets. Times in seconds."""

    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...] = ()
    sweep: tuple[Step, ...] = ()
    variables: tuple[Variable, ...] = ()
    timeout: float = TIMEOUT_SECONDS
    cleanup_timeout: float = CLEANUP_TIMEOUT_SECONDS
    refuse: tuple[str, ...] = REFUSED
    check: str = ""
    namespace: str = ""
    location: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Journey:
        """The journey a JSON document describes. Raises Malformed with the place, what was found and what
        is allowed."""
        retries = _retries("retries", said.get("retries"), Retries())
        journey = cls(
            steps=_steps("steps", said, retries),
            cleanup=_steps("cleanup", said, retries),
            sweep=_steps("sweep", said, retries),
            variables=tuple(
                _variable(path, entry)
                for path, entry in fields.entries("variables", said.get("variables"), most=100)
            ),
            timeout=seconds("timeout", said.get("timeout"), default=TIMEOUT_SECONDS),
            cleanup_timeout=seconds(
                "cleanupTimeout", said.get("cleanupTimeout"), default=CLEANUP_TIMEOUT_SECONDS
            ),
            refuse=_networks("refuse", said.get("refuse")),
            check=fields.string("check", said.get("check"), default=""),
            namespace=fields.string("namespace", said.get("namespace"), default=""),
            location=fields.string("location", said.get("location"), default=""),
        )
        if not journey.steps:
            raise Malformed("steps: found none; allowed: at least one step")
        return journey


def environment_name(variable: str) -> str:
    """Where a probe finds the value of a secret variable: ``FIRELINE_VAR_API_TOKEN``."""
    return "FIRELINE_VAR_" + re.sub(r"[^A-Za-z0-9]", "_", variable).upper()


def _networks(path: str, said: Any) -> tuple[str, ...]:
    if said is None:
        return REFUSED
    try:
        return tuple(str(ip_network(cidr, strict=False)) for cidr in said)
    except (TypeError, ValueError):
        allowed = "a list of networks, like [169.254.0.0/16]"
        raise Malformed(f"{path}: found {fields.shown(said)}; allowed: {allowed}") from None


def _variable(path: str, entry: Mapping[str, Any]) -> Variable:
    name = fields.string(f"{path}.name", entry.get("name"))
    value = entry.get("value")
    return Variable(
        name=name,
        env=fields.string(f"{path}.env", entry.get("env"), default=environment_name(name)),
        value=None if value is None else fields.string(f"{path}.value", value),
    )


def _retries(path: str, said: Any, default: Retries) -> Retries:
    if said is None:
        return default
    retries = fields.mapping(path, said)
    return Retries(
        fields.whole(f"{path}.count", retries.get("count"), 0, 100, default=0),
        seconds(f"{path}.backoff", retries.get("backoff"), default=Retries().backoff),
    )


def _steps(key: str, said: Mapping[str, Any], retries: Retries) -> tuple[Step, ...]:
    found = fields.entries(key, said.get(key), most=_MOST_STEPS)
    return tuple(_step(path, entry, retries) for path, entry in found)


def _step(path: str, entry: Mapping[str, Any], retries: Retries) -> Step:
    kinds = [kind for kind in KINDS if entry.get(kind) is not None]
    if len(kinds) != 1:
        found = ", ".join(kinds) or "none"
        raise Malformed(f"{path}: found {found}; allowed: exactly one of {', '.join(KINDS)}")
    kind, timeout = kinds[0], entry.get("timeout")
    asserted = fields.entries(f"{path}.assert", entry.get("assert"), most=100)
    captured = fields.entries(f"{path}.capture", entry.get("capture"), most=100)
    return Step(
        name=fields.step_name(f"{path}.name", entry.get("name")),
        kind=kind,
        action=_action(f"{path}.{kind}", entry[kind], _NEEDED[kind]),
        timeout=None if timeout is None else seconds(f"{path}.timeout", timeout),
        retries=_retries(f"{path}.retries", entry.get("retries"), retries),
        assertions=tuple(assertion(place, one) for place, one in asserted),
        captures=tuple(Capture.of(place, one) for place, one in captured),
        for_each=_for_each(f"{path}.forEach", entry.get("forEach")),
    )


def _action(path: str, said: Any, needed: tuple[str, ...]) -> Mapping[str, Any]:
    action = fields.mapping(path, said)
    for name in needed:
        fields.string(f"{path}.{name}", action.get(name))
    return action


def _for_each(path: str, said: Any) -> ForEach | None:
    if said is None:
        return None
    for_each = fields.mapping(path, said)
    return ForEach(
        source=fields.step_name(f"{path}.from", for_each.get("from")),
        path=JsonPath.of(f"{path}.jsonPath", for_each.get("jsonPath")),
        variable=fields.string(f"{path}.variable", for_each.get("variable")),
    )
