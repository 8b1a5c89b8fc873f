"""Prints judgements: a table, JSON, YAML or annotations on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireline.cli.gating.checks import Check
from fireline.cli.output import to_yaml

_STYLES = {"Passed": ("pass", "green"), "Failed": ("FAIL", "bold red"), "Unknown": ("unknown", "yellow")}
_PLAIN_WIDTH = 200
"""Where there is no terminal, lines are not folded to the 80 columns nobody looks at."""


def show(checks: Sequence[Check], *, output: str, passed: bool, unknown_passes: bool) -> None:
    """All judgements in the chosen format."""
    match output:
        case "json":
            click.echo(json.dumps(_document(checks, passed=passed), indent=2))
        case "yaml":
            click.echo(to_yaml(_document(checks, passed=passed)), nl=False)
        case "github":
            for check in checks:
                if check.state != "Passed":
                    click.echo(_annotation(check, warning=check.state == "Unknown" and unknown_passes))
        case _:
            _table(checks)


def _table(checks: Sequence[Check]) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_PLAIN_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "limit", "measured", "allowed"):
        table.add_column(name, overflow="fold")
    for check in checks:
        word, style = _STYLES[check.state]
        found = check.found or check.message.removeprefix(f"no measurement for {check.subject}: ")
        table.add_row(Text(word, style=style), Text(str(check.subject)), Text(found), Text(check.wanted))
    console.print(table)


def _document(checks: Sequence[Check], *, passed: bool) -> dict[str, Any]:
    return {
        "passed": passed,
        "checks": [
            {
                "part": check.subject.part,
                "name": check.subject.name,
                "source": check.subject.source,
                "state": check.state,
                "value": check.value,
                "limit": check.limit,
                "unit": check.unit,
                "allowed": check.wanted,
                "message": check.message,
                **({"file": check.file, "line": check.line} if check.file else {}),
            }
            for check in checks
        ],
    }


def _annotation(check: Check, *, warning: bool) -> str:
    """A workflow command of GitHub Actions; line breaks would end it."""
    data = check.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    title = f"Fireline {check.subject.part}".replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    file = check.file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    place = f"file={file},line={check.line}," if check.file else ""
    return f"::{'warning' if warning else 'error'} {place}title={title}::{data}"
