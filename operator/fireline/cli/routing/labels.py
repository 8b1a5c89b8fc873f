"""Label sets on a command line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from fireline.alerting.simulate.matcher_text import triples
from fireline.errors import SpecError

_LABEL = re.compile(r"\s*(?:\{.*\}|[a-zA-Z_:][\w:]*\s*=(?!~).*|\".+\"\s*=(?!~).*)\s*", re.DOTALL)


def split(arguments: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Labels (``severity=critical``, ``{a="b",c="d"}``) and paths (all else), as they came.

    Raises click's UsageError for a text that is neither.
    """
    labels: dict[str, str] = {}
    paths: list[str] = []
    for argument in arguments:
        if _LABEL.fullmatch(argument):
            labels |= parsed(argument, option="LABELS")
        else:
            paths.append(argument)
    return labels, paths


def parsed(text: str, *, option: str) -> dict[str, str]:
    """One label set. Raises click's UsageError naming the option."""
    try:
        found = triples(text)
    except SpecError as error:
        raise click.UsageError(f"{option}: {error}") from None
    wrong = [operator for _, operator, _ in found if operator != "="]
    if wrong or not found:
        raise click.UsageError(f"{option}: {text!r} is no label set; write it like alertname=Down,team=shop")
    return {name: value for name, _, value in found}
