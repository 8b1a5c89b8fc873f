"""In which order recording rules must be evaluated when each runs over all of history before the next.

Used where rules become blocks: a rule can read what another recorded only once that is stored. Cut into
as few passes as the rules allow, because each costs a backfill and a restart of Prometheus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Group = Mapping[str, Any]
Key = tuple[str, str]
"""What is recorded, and by which SLO; by none for what is recorded for a whole namespace."""

_NAME = re.compile(r"slo:[a-zA-Z0-9_:]+")
_RANGE = re.compile(r"(slo:[a-zA-Z0-9_:]+)\{[^}]*\}\[")
_SUBQUERY = re.compile(r"\)\[[^\]:]+:[^\]]*\]")
_FIXED = re.compile(r"slo:[a-zA-Z0-9_:]+\{[^}]*\} @ end\(\)")


def passes(groups: Sequence[Group]) -> list[list[Group]]:
    """The groups cut into passes: rules that read nothing recorded, those that read only them, …

    Alerts are left out: nothing that is recorded reads them.
    """
    reads = {key: set().union(*map(_names, rules)) for key, rules in _by_key(groups).items()}
    producers = {key: [one for one in reads if _reads(key, one, reads[key])] for key in reads}
    level = dict.fromkeys(reads, 0)
    for _ in range(len(reads) + 1):
        # Levels only grow; after as many rounds as there are rules a circle would still grow.
        grown = {key: max((level[one] + 1 for one in found), default=0) for key, found in producers.items()}
        if grown == level:
            break
        level = grown
    else:
        raise ValueError("these rules read one another in a circle")
    return [
        only(groups, {key for key in level if level[key] == number})
        for number in range(max(level.values(), default=-1) + 1)
    ]


def over_time(groups: Sequence[Group]) -> set[Key]:
    """What must be there for all of history: some rule looks back at it, or at what is made of it."""
    rules = _by_key(groups)
    ranged = {name for found in rules.values() for rule in found for name in _looked_back_at(rule["expr"])}
    found = {key for key in rules if key[0] in ranged}
    left = list(found)
    while left:
        key = left.pop()
        names = set().union(*map(_names, rules[key]))
        read = {one for one in rules if _reads(key, one, names)} - found
        found |= read
        left += read
    return found


def only(groups: Iterable[Group], wanted: set[Key]) -> list[Group]:
    """The groups with just these recording rules; empty ones are left out."""
    return _cut(groups, lambda key: key in wanted)


def without(groups: Iterable[Group], done: set[Key]) -> list[Group]:
    """The groups with their other recording rules."""
    return _cut(groups, lambda key: key not in done)


def _cut(groups: Iterable[Group], wanted: Callable[[Key], bool]) -> list[Group]:
    cut = (
        {**group, "rules": [rule for rule in group["rules"] if "record" in rule and wanted(_key(rule))]}
        for group in groups
    )
    return [group for group in cut if group["rules"]]


def _by_key(groups: Iterable[Group]) -> dict[Key, list[Mapping[str, Any]]]:
    """Recording rules by what they record; an SLO that was changed has two sets of them."""
    found: dict[Key, list[Mapping[str, Any]]] = {}
    for group in groups:
        for rule in group["rules"]:
            if "record" in rule:
                found.setdefault(_key(rule), []).append(rule)
    return found


def _key(rule: Mapping[str, Any]) -> Key:
    return rule["record"], rule.get("labels", {}).get("slo", "")


def _names(rule: Mapping[str, Any]) -> set[str]:
    return set(_NAME.findall(rule["expr"]))


def _reads(reader: Key, producer: Key, names: set[str]) -> bool:
    """An SLO reads its own series and those of its namespace, a namespace those of all SLOs."""
    mine = not reader[1] or producer[1] in ("", reader[1])
    return producer[0] in names and producer != reader and mine


def _looked_back_at(expr: str) -> Iterator[str]:
    """Names of series read over a range, or inside a subquery."""
    yield from _RANGE.findall(expr)
    for found in _SUBQUERY.finditer(expr):
        yield from _NAME.findall(_FIXED.sub("", _parenthesised(expr, found.start())))


def _parenthesised(expr: str, end: int) -> str:
    """What stands inside the parentheses of which the closing one is at ``end``."""
    depth = 0
    for at in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(expr[at], 0)
        if depth == 0:
            return expr[at + 1 : end]
    raise ValueError(f"unbalanced parentheses in {expr}")
