"""Documents for importers from text or from plain values, and every place in one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fireline.cli.importing.convert import convert
from fireline.cli.importing.detect import flattened
from fireline.cli.importing.result import Result
from fireline.cli.inputs import Document
from fireline.promql.durations import Duration

FILES = Path(__file__).parents[2] / "importing"
Place = tuple[str | int, ...]


def documents(*manifests: Any) -> list[Document]:
    """Documents of one file, in order."""
    nodes = [yaml.compose(_text(manifest), Loader=yaml.CSafeLoader) for manifest in manifests]
    found = [
        Document("slos.yaml", number, manifest, node)
        for number, (manifest, node) in enumerate(zip(manifests, nodes, strict=True), start=1)
        if node is not None
    ]
    return list(flattened(found))


def _text(manifest: Any) -> str:
    return str(yaml.dump(manifest, Dumper=yaml.CSafeDumper, sort_keys=False))


def imported(*manifests: Any, period: str | None = None) -> Result:
    """What an import of these documents yields."""
    return convert(documents(*manifests), period=Duration.parse(period) if period else None)


@lru_cache
def maximal(name: str) -> list[Any]:
    """The documents of a file in tests/importing; times stay text, as in the command."""
    loaded = yaml.load_all((FILES / name).read_text(), Loader=yaml.CBaseLoader)
    typed = yaml.load_all((FILES / name).read_text(), Loader=yaml.CSafeLoader)
    return [_with_text_times(a, b) for a, b in zip(typed, loaded, strict=True)]


def leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value that is neither a mapping nor a list, with its place."""
    below = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if below is None:
        yield at, value
        return
    for key, each in below:
        yield from leaves(each, (*at, key))


def mappings(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every mapping, the outermost first."""
    if isinstance(value, dict):
        yield at
        for key, each in value.items():
            yield from mappings(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from mappings(each, (*at, number))


def replaced(value: Any, at: Place, new: Any) -> Any:
    """A copy with another value at a place."""
    whole = copy.deepcopy(value)
    if not at:
        return new
    holder = whole
    for part in at[:-1]:
        holder = holder[part]
    holder[at[-1]] = new
    return whole


def _with_text_times(value: Any, text: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_text_times(each, text[key]) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_text_times(each, other) for each, other in zip(value, text, strict=True)]
    return value if value is None or isinstance(value, str | int | float | bool) else text
