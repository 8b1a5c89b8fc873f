"""Which installed packages Fireline needs at run time: what a user's ``pip install`` would bring.

Read from the metadata in this environment, so nothing is downloaded and what was tested is what is packed.
"""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from tests.bed.errors import BedError

Distribution = importlib.metadata.Distribution


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """What these requirements ask for and everything that needs, by normalised name, in order of names.

    Raises BedError naming a package that is not installed.
    """
    found: dict[str, Distribution] = {}
    asked_first = [Requirement(text) for text in requirements]
    open_ends = [(wanted.name, frozenset(wanted.extras)) for wanted in asked_first]
    asked: set[tuple[str, frozenset[str]]] = set()
    while open_ends:
        name, extras = open_ends.pop()
        if (normal(name), extras) in asked:
            continue
        asked.add((normal(name), extras))
        found[normal(name)] = _installed(name)
        for text in found[normal(name)].requires or ():
            wanted = Requirement(text)
            if _applies(wanted, extras):
                open_ends.append((wanted.name, frozenset(wanted.extras)))
    return dict(sorted(found.items()))


def dependencies(pyproject: Path) -> list[str]:
    """What a project's own file says it needs at run time: its installed metadata may be older."""
    found: list[str] = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    return found


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _applies(wanted: Requirement, extras: frozenset[str]) -> bool:
    marker = wanted.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, ""))


def _installed(name: str) -> Distribution:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise BedError(f"{name} is not installed here, and an image needs it: run `make setup`") from None
