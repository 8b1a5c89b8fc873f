"""One description of a receiver, two notations: AlertmanagerConfig's and alertmanager.yaml's. Pure.

A :class:`Part` names a field as both call it, so that the two outputs of a receiver cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.alert_policy_receivers_parts import SecretKey

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A field: its name in an AlertmanagerConfig and in alertmanager.yaml; None where it has none.

    The native name of a :class:`SecretKey` is that of the ``_file`` twin. ``value`` None leaves it out.
    """

    amc: str | None
    native: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """A nested object; left out where nothing is in it."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A map, which AlertmanagerConfig writes as a list of key and value."""

    entries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FromSecret:
    """A certificate, which AlertmanagerConfig writes one level deeper than other secrets."""

    key: SecretKey


def as_amc(parts: tuple[Part, ...]) -> Manifest:
    """The fields of an AlertmanagerConfig; secrets as references of name and key."""
    return dict(_written(parts, lambda part: part.amc, _amc_value))


def as_native(parts: tuple[Part, ...], mount: Callable[[SecretKey], str]) -> Manifest:
    """The fields of alertmanager.yaml; secrets as the path ``mount`` gives."""

    def value(given: Any) -> Any:
        match given:
            case SecretKey() | FromSecret():
                return mount(given.key if isinstance(given, FromSecret) else given)
            case Pairs():
                return dict(given.entries)
            case Group():
                return dict(_written(given.parts, lambda part: part.native, value))
            case list():
                return [value(entry) for entry in given]
            case _:
                return given

    return dict(_written(parts, lambda part: part.native, value))


def _written(
    parts: tuple[Part, ...], name: Callable[[Part], str | None], value: Callable[[Any], Any]
) -> Iterator[tuple[str, Any]]:
    for part in parts:
        called = name(part)
        if called is None or part.value is None:
            continue
        written = value(part.value)
        if written not in ({}, []):
            yield called, written


def _amc_value(given: Any) -> Any:
    match given:
        case SecretKey():
            return {"name": given.name, "key": given.key}
        case FromSecret():
            return {"secret": _amc_value(given.key)}
        case Pairs():
            return [{"key": key, "value": text} for key, text in sorted(given.entries.items())]
        case Group():
            return as_amc(given.parts)
        case list():
            return [_amc_value(entry) for entry in given]
        case _:
            return given
