"""What was lost, for people on stderr and for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from fireline.cli.importing.result import Result
from fireline.cli.importing.source import Effect, Loss

_COLOURS: dict[Effect, str] = {"Lost": "bold red", "Changed": "yellow", "Note": "cyan"}


def as_text(losses: Sequence[Loss], stream: TextIO) -> None:
    """One line for each: where, what became of it, why, and what to do."""
    console = Console(file=stream, soft_wrap=True, highlight=False)
    for loss in losses:
        console.print(
            Text.assemble(
                (f"{loss.document.file}:{loss.line}: ", "bold"),
                (loss.effect.lower(), _COLOURS[loss.effect]),
                f": {loss.path or 'the document'}{_found(loss)}: {loss.why}",
                (f"; {loss.advice}" if loss.advice else "", "dim"),
                (f" ({_place(loss)})", "dim"),
            )
        )


def as_json(result: Result) -> str:
    """The same as a JSON document, with a summary."""
    return json.dumps({**summary(result), "losses": [_plain(loss) for loss in result.losses]}, indent=2)


def summary(result: Result) -> dict[str, int]:
    """How many objectives there are, and how many fields met which fate."""
    effects = [loss.effect for loss in result.losses]
    return {
        "objectives": len(result.manifests),
        "leftOut": result.left_out,
        "lost": effects.count("Lost"),
        "changed": effects.count("Changed"),
        "notes": effects.count("Note"),
    }


def in_words(result: Result) -> str:
    """The summary as a sentence."""
    counts = summary(result)
    objectives = counts["objectives"]
    words = f"imported {objectives} objective{'' if objectives == 1 else 's'}"
    words += f", left out {counts['leftOut']}" if counts["leftOut"] else ""
    return f"{words}; fields lost: {counts['lost']}, changed: {counts['changed']}"


def _found(loss: Loss) -> str:
    return f" = {loss.what}" if loss.what and not loss.what.startswith(('{"', "[")) else ""


def _place(loss: Loss) -> str:
    return ", ".join(
        [f"document {loss.document.number}", *([loss.document.label] * bool(loss.document.label))]
    )


def _plain(loss: Loss) -> dict[str, Any]:
    return {
        "file": loss.document.file,
        "document": loss.document.number,
        "line": loss.line,
        "object": loss.document.label,
        "path": loss.path,
        "effect": loss.effect,
        "what": loss.what,
        "why": loss.why,
        "advice": loss.advice,
    }
