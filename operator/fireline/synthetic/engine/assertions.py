"""What a step asserts, as read from a journey. Judged by ``fireline.synthetic.engine.judging``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.synthetic import fields
from fireline.synthetic.engine.comparison import Comparison
from fireline.synthetic.engine.paths import JsonPath
from fireline.synthetic.engine.times import seconds
from fireline.synthetic.fields import Malformed


@dataclass(frozen=True, slots=True)
class Status:
    """The HTTP status is one of these."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Latency:
    """The answer took less than this; otherwise the run has failed, or is ``degraded``."""

    below: float
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class InJson:
    """A comparison with a place in a JSON answer."""

    path: JsonPath
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class InHeader:
    """A comparison with a header; ``name`` in lower case."""

    name: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class InBody:
    """A comparison with the text of the answer."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate stays valid for at least so many seconds."""

    valid_for: float


@dataclass(frozen=True, slots=True)
class Answers:
    """The records of a DNS answer: how many at least, and one that must be among them ("": any)."""

    contains: str
    at_least: int


Assertion = Status | Latency | InJson | InHeader | InBody | Certificate | Answers


def assertion(path: str, entry: Mapping[str, Any]) -> Assertion:
    """One entry of ``assert``. Raises Malformed."""
    given = [kind for kind in _READERS if entry.get(kind) is not None]
    if len(given) != 1:
        found = ", ".join(given) or "none"
        raise Malformed(f"{path}: found {found}; allowed: exactly one of {', '.join(_READERS)}")
    return _READERS[given[0]](f"{path}.{given[0]}", path, entry)


def _status(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    codes = entry["status"]
    if not isinstance(codes, list) or not codes:
        raise Malformed(f"{path}: found {fields.shown(codes)}; allowed: a list of codes, like [200, 201]")
    return Status(
        tuple(fields.whole(f"{path}[{i}]", code, 100, 599, default=0) for i, code in enumerate(codes))
    )


def _latency(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    latency = fields.mapping(path, entry["latency"])
    otherwise = fields.one_of(
        f"{path}.otherwise", latency.get("otherwise", "Failure"), ("Failure", "Degraded")
    )
    return Latency(seconds(f"{path}.below", latency.get("below")), otherwise == "Degraded")


def _json(path: str, parent: str, entry: Mapping[str, Any]) -> Assertion:
    return InJson(JsonPath.of(path, entry["jsonPath"]), Comparison.of(parent, entry))


def _header(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    header = fields.mapping(path, entry["header"])
    return InHeader(fields.string(f"{path}.name", header.get("name")).lower(), Comparison.of(path, header))


def _body(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    return InBody(Comparison.of(path, fields.mapping(path, entry["body"])))


def _certificate(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    certificate = fields.mapping(path, entry["certificate"])
    return Certificate(seconds(f"{path}.validFor", certificate.get("validFor")))


def _answers(path: str, _: str, entry: Mapping[str, Any]) -> Assertion:
    answers = fields.mapping(path, entry["answers"])
    contains = fields.string(f"{path}.contains", answers.get("contains"), default="")
    return Answers(contains, fields.whole(f"{path}.atLeast", answers.get("atLeast"), 0, 100, default=1))


_READERS: Mapping[str, Callable[[str, str, Mapping[str, Any]], Assertion]] = {
    "status": _status,
    "latency": _latency,
    "jsonPath": _json,
    "header": _header,
    "body": _body,
    "certificate": _certificate,
    "answers": _answers,
}
