"""Configurations and label sets drawn at random, to hold our routing against Alertmanager's.

Every route that names a receiver names one of its own, so that equal receivers mean equal routes.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

NAMES = ("alertname", "severity", "team", "namespace", "höhe.über", "a b")
"""The last two are names that only Alertmanager from 0.27 on knows."""
VALUES = (
    "",
    "page",
    "ticket",
    "shop",
    "infra",
    "shop\n",
    'say "hi"',
    "back\\slash",
    "größe",
    "a,b",
    "{x}",
    "7",
)
PATTERNS = (
    *("", ".*", ".+", "page|ticket", "sh.p", "(?i)PAGE", "[^s].*", "shop|", r"\d+", r".*\\.*", "a,b", ".{4}"),
    *(r"(?s)shop.", r"shop\n", "größ[eé]", r"\pL+", "^shop$", "(page)", r"say .hi.", "[[:alpha:]]+"),
)


def configuration(source: random.Random) -> dict[str, Any]:
    """A configuration with up to three levels of routes."""
    numbers = itertools.count(1)
    names = ["root"]
    root: dict[str, Any] = {"receiver": "root", "group_by": source.choice([["..."], ["alertname"], []])}
    root["routes"] = list(_routes(source, numbers, names, depth=3))
    return {"route": root, "receivers": [{"name": name} for name in names]}


def labels(source: random.Random) -> dict[str, str]:
    """The labels of one alert."""
    return {name: _value(source) for name in source.sample(NAMES, source.randint(1, len(NAMES)))}


def _value(source: random.Random) -> str:
    """Mostly one of a few, so that alerts and matchers meet."""
    return source.choice(VALUES[:4] if source.random() < 0.7 else VALUES)


def _routes(
    source: random.Random, numbers: Iterator[int], names: list[str], depth: int
) -> Iterator[dict[str, Any]]:
    for _ in range(source.randint(1, 4)):
        route: dict[str, Any] = {"continue": source.random() < 0.7}
        if source.random() < 0.8:
            route["receiver"] = f"r{next(numbers)}"
            names.append(route["receiver"])
        if source.random() < 0.5:
            route["group_by"] = source.choice([["..."], ["alertname", "team"], []])
        _match(source, route)
        if depth > 1 and source.random() < 0.6:
            route["routes"] = list(_routes(source, numbers, names, depth - 1))
        yield route


def _match(source: random.Random, route: dict[str, Any]) -> None:
    plain = NAMES[:4]
    if source.random() < 0.1:
        route["match"] = {source.choice(plain): _value(source)}
    if source.random() < 0.1:
        route["match_re"] = {source.choice(plain): source.choice(PATTERNS)}
    if source.random() < 0.9:
        route["matchers"] = [_text(source) for _ in range(source.choice([1, 1, 1, 2]))]


def _text(source: random.Random) -> str:
    """One or two matchers in one of the spellings that people use."""
    style = source.choice(["quoted", "bare", "braces", "spaced"])
    if style == "braces":
        return (
            "{"
            + ", ".join(_quoted(source) for _ in range(source.randint(1, 2)))
            + source.choice(["", ","])
            + "}"
        )
    if style == "bare":
        name, operator = source.choice(NAMES[:4]), source.choice(["=", "!=", "=~", "!~"])
        return f"{name}{operator}{source.choice(['page', 'shop', 'sh.p', 'page|ticket', '', '7'])}"
    return _quoted(source, " " if style == "spaced" else "")


def _quoted(source: random.Random, space: str = "") -> str:
    name, operator = source.choice(NAMES), source.choice(["=", "!=", "=~", "!~"])
    value = _value(source) if operator in {"=", "!="} else source.choice(PATTERNS)
    shown = f'"{name}"' if name in NAMES[4:] else name
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'{space}{shown}{space}{operator}{space}"{escaped}"{space}'
