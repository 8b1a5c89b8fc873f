"""The file of known incidents: a YAML list with name, from and to, and perhaps a service."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from fireline.cli import when
from fireline.slo.replay.incidents import Incident

_EXAMPLE = "- {name: database, from: 2026-11-01T08:00:00Z, to: 2026-11-01T08:40:00Z}"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    start: str
    end: str
    service: str | None = None


def read_incidents(file: Path) -> list[Incident]:
    """The incidents of a file, in order of time.

    Raises click's UsageError with the entry and what would be right.
    """
    try:
        found = yaml.safe_load(file.read_bytes())
    except yaml.YAMLError as error:
        raise click.UsageError(f"--incidents: {file} is no YAML: {error}") from None
    try:
        entries = TypeAdapter(list[_Entry]).validate_python(_renamed(found))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(_written(part) for part in first["loc"])
        raise click.UsageError(
            f"--incidents: {file}: {place + ': ' if place else ''}{first['msg']}; write it like\n  {_EXAMPLE}"
        ) from None
    return sorted((_incident(file, entry) for entry in entries), key=lambda one: one.start)


def _renamed(found: Any) -> Any:
    """``from`` and ``to`` are what people write, and YAML reads times without quotes as times."""
    names = {"from": "start", "to": "end"}
    if not isinstance(found, list):
        return found
    return [
        {names.get(key, key): _text(value) for key, value in entry.items()}
        if isinstance(entry, dict)
        else entry
        for entry in found
    ]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _written(part: int | str) -> str:
    return {"start": "from", "end": "to"}.get(str(part), str(part))


def _incident(file: Path, entry: _Entry) -> Incident:
    option = f"--incidents: {file}: {entry.name}"
    start, end = when.moment(entry.start, option=option), when.moment(entry.end, option=option)
    if end <= start:
        raise click.UsageError(f"{option}: ends at {entry.end}, which is not after {entry.start}")
    return Incident(entry.name, start, end, entry.service)
