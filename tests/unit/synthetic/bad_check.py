"""What a wrong SyntheticCheck is, and what the tables of them are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.unit.synthetic.specs import ABSENT, a_check, a_step

Manifest = dict[str, Any]
URL = "https://shop.example/"
HTTP = {"url": URL}
IMAGE = {"image": "registry.example/checks:1"}


@dataclass(frozen=True)
class Bad:
    """One wrong check. ``layer`` says who refuses first: ``Schema`` is the API server (and the CLI, with
    these words), ``Checks`` is what no schema can say. ``said`` is the first issue as people see it: path
    and message."""

    title: str
    layer: Literal["Schema", "Checks"]
    edits: Mapping[str, Any]
    said: str
    reason: str = "InvalidSpec"

    @property
    def manifest(self) -> Manifest:
        """The object."""
        return a_check(self.edits)


def http(**fields: Any) -> Manifest:
    """Edits that make the one step a request with these fields."""
    return a_step(http={**HTTP, **fields})


def every(text: str) -> Manifest:
    """Edits that set the schedule."""
    return {"spec.schedule": {"every": text}}


def cron(text: str) -> Manifest:
    """Likewise with an expression."""
    return {"spec.schedule": {"cron": text}}


def a(name: str, **fields: Any) -> Manifest:
    """A step of this name; it asks for a page unless it says otherwise."""
    return {"name": name, "http": HTTP, **fields}


def sweep(*steps: Manifest) -> Manifest:
    """Edits that set the sweep."""
    return {"spec.sweep": list(steps)}


def for_each(source: str, variable: str = "left", path: str = "$.items[*].id") -> Manifest:
    """The field ``forEach`` of a step of the sweep."""
    return {"from": source, "jsonPath": path, "variable": variable}


def maintenance(**fields: Any) -> Manifest:
    """Edits that set one time of maintenance; ``from_`` is ``from``."""
    return {"spec.maintenance": [{key.rstrip("_"): value for key, value in fields.items()}]}


def own_image(**fields: Any) -> Manifest:
    """Edits that replace the steps by an image."""
    return {
        "spec.steps": ABSENT,
        "spec.container": IMAGE,
        **{f"spec.{key}": one for key, one in fields.items()},
    }
