"""Small moves that every conversion makes: fields under other names, lists of pairs as mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.plan import Manifest


def copied(given: Manifest, names: Mapping[str, str]) -> Manifest:
    """The fields that are there, under the names that Alertmanager has for them."""
    return {theirs: given[ours] for ours, theirs in names.items() if given.get(ours) is not None}


def pairs(given: Any) -> dict[str, str] | None:
    """A list of ``{key, value}`` as a mapping; of a repeated key the last one counts."""
    return {one["key"]: one.get("value", "") for one in given} if given else None


def each(given: Any, names: Mapping[str, str]) -> list[Manifest] | None:
    """A list of structures, each with its fields renamed."""
    return [copied(one, names) for one in given] if given else None
