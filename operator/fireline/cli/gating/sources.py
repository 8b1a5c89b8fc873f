"""Reads what the gate's options name: JSON files, and ``NAME=WHERE`` pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from fireline.errors import SpecError

T = TypeVar("T")


def read_json(option: str, path: Path, of: Callable[[Any], T]) -> T:
    """A JSON file as ``of`` understands it. Raises click's UsageError, which names option and file."""
    try:
        return of(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise click.UsageError(f"{option}: {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{option}: {path} is no JSON: {error}") from error
    except SpecError as error:
        raise click.UsageError(f"{option}: {path} {error}") from error


def pairs(option: str, given: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """``NAME=WHERE`` options by name. Raises click's UsageError for a name the table does not have."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, where = text.partition("=")
        if not equals or not where:
            raise click.UsageError(f"{option}: {text!r} must be NAME=WHERE")
        if name not in known:
            listed = ", ".join(known) or "none"
            raise click.UsageError(f"{option}: {name!r} is not in the table; it has {listed}")
        found[name] = where
    return found
