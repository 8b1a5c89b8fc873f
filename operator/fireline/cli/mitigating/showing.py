"""Prints the table of Mitigations, or the same as a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click
from rich.console import Console

from fireline.cli.columns import View
from fireline.cli.mitigating import looking
from fireline.cli.mitigating.board import mitigation_board
from fireline.cli.mitigating.place import Pause
from fireline.cli.mitigating.standing import Manifest, MitigationStanding, plain, summary
from fireline.cli.output import to_yaml

_AS_WIDE_AS_IT_GETS = 10_000


def show_mitigations(
    found: Iterable[Manifest],
    *,
    where: str,
    output: str,
    namespaces: bool,
    paused: Pause | None = None,
) -> list[MitigationStanding]:
    """Print them, those that wait for a person first; returns what was shown.

    ``where`` says in words what was looked at. ``paused``: None when nobody asked.
    """
    now = looking.now()
    standings = sorted((MitigationStanding.of(one, now) for one in found), key=lambda one: one.urgency)
    if output != "text":
        document: dict[str, Any] = {
            "items": [plain(one) for one in standings],
            "summary": summary(standings),
        }
        if paused is not None:
            document |= {"paused": paused.reason, "pausedUnknown": paused.unknown or None}
        put_document(document, output)
    elif standings:
        console = Console(highlight=False)
        width = console.width if console.is_terminal else _AS_WIDE_AS_IT_GETS
        view = View(now, width, namespaces=namespaces)
        reason = paused.reason if paused is not None else None
        looking.put(mitigation_board(standings, view, paused=reason or ""))
    else:
        click.echo(f"no Mitigations in {where}", err=True)
    if paused is not None and paused.unknown:
        click.echo(f"note: whether mitigations are paused is not known: {paused.unknown}", err=True)
    return standings


def put_document(document: Mapping[str, Any], output: str) -> None:
    """As JSON or YAML."""
    click.echo(json.dumps(document, indent=2) if output == "json" else to_yaml(dict(document)).rstrip())
