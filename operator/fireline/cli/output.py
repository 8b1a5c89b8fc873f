"""How commands speak: results on stdout, everything else on stderr, colours only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from fireline.cli.yamltext import to_yaml as to_yaml  # noqa: PLC0414 - commands get all their output from here

if TYPE_CHECKING:
    from rich.text import Text

    from fireline.cli.inputs import Finding, Inputs


def note(message: str) -> None:
    """A word on stderr about what was done."""
    click.echo(message, err=True)


def report(
    findings: Sequence[Finding], *, output: str, stderr: bool = False, summary: dict[str, Any]
) -> None:
    """Findings in the chosen format. ``summary`` joins them where the format has room for it."""
    if output in {"json", "yaml"}:
        document = {**summary, "findings": [_plain(finding) for finding in findings]}
        click.echo(json.dumps(document, indent=2) if output == "json" else to_yaml(document).rstrip())
        return
    if not findings:
        return
    from rich.console import Console  # noqa: PLC0415 - most runs find nothing to say

    stream = sys.stderr if stderr else sys.stdout
    console = Console(file=stream, soft_wrap=True, highlight=False)
    for finding in findings:
        if output == "github":
            click.echo(_github(finding), file=stream)
        else:
            console.print(_line(finding))


def counted(inputs: Inputs) -> str:
    """What was read, for people: ``3 ServiceLevelObjectives; 2 documents of other kinds passed by``."""
    foreign = inputs.foreign
    counts = (
        (len(inputs.documents), "ServiceLevelObjective", "ServiceLevelObjectives"),
        (len(inputs.policies), "AlertPolicy", "AlertPolicies"),
        (len(inputs.checks), "SyntheticCheck", "SyntheticChecks"),
        (len(inputs.mitigations), "Mitigation", "Mitigations"),
    )
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    text = ", ".join(parts) or "0 ServiceLevelObjectives"
    if foreign:
        text += f"; {foreign} document{'' if foreign == 1 else 's'} of other kinds passed by"
    return text


def _line(finding: Finding) -> Text:
    from rich.text import Text  # noqa: PLC0415 - see report

    issue = finding.issue
    kind = ("note", "yellow") if issue.note else ("error", "bold red")
    where = [f"document {finding.document}"] * bool(finding.document) + [finding.object] * bool(
        finding.object
    )
    return Text.assemble(
        (f"{finding.file}:{finding.line}: ", "bold"),
        kind,
        f": {issue}",
        (f" ({', '.join(where)})" if where else "", "dim"),
    )


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "document": finding.document,
        "line": finding.line,
        "object": finding.object,
        "level": "note" if finding.issue.note else "error",
        "reason": finding.issue.reason,
        "path": finding.issue.path,
        "message": finding.issue.message,
    }


def _github(finding: Finding) -> str:
    """An annotation of GitHub Actions, with its own escapes: data may hold no line break, values no comma."""
    level = "notice" if finding.issue.note else "error"
    data = str(finding.issue).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = finding.file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={file},line={finding.line},title=Fireline {finding.issue.reason}::{data}"
