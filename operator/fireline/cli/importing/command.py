"""What ``fireline import`` does: documents in, objects and losses out."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli import output as out
from fireline.cli.importing.detect import NAMES, flattened, format_of
from fireline.cli.inputs import Document, load_any
from fireline.errors import PromQLError
from fireline.promql.durations import Duration

if TYPE_CHECKING:
    from fireline.api.plan import Manifest


def import_documents(
    *,
    source: str,
    paths: tuple[str, ...],
    namespace: str | None,
    period: str | None,
    report: Path | None,
    strict: bool,
    output: str,
) -> None:
    """Convert and print; ends the program with its exit code."""
    from fireline.cli.importing.convert import convert  # noqa: PLC0415 - wrong usage needs no PromQL parser
    from fireline.cli.importing.report import as_json, as_text, in_words, summary  # noqa: PLC0415
    from fireline.cli.importing.sloth import UnknownPeriod  # noqa: PLC0415

    documents = _documents(source, paths)
    try:
        result = convert(documents, period=Duration.parse(period) if period else None)
    except (PromQLError, UnknownPeriod) as error:
        raise click.UsageError(f"--period: {error}") from error
    for manifest in result.manifests if namespace else ():
        name = manifest["metadata"]["name"]
        manifest["metadata"] = {"name": name, "namespace": namespace} | manifest["metadata"]
    _print(result.manifests, output)
    as_text(result.losses, sys.stderr)
    if report:
        _write(report, as_json(result))
    out.note(in_words(result))
    counts = summary(result)
    raise SystemExit(1 if strict and counts["lost"] + counts["changed"] else 0)


def _write(report: Path, text: str) -> None:
    try:
        report.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--report: {report}: {error.strerror}") from error


def _documents(source: str, paths: Sequence[str]) -> list[Document]:
    """The documents to convert. Raises click's UsageError when there are none, or of another format."""
    inputs = load_any(paths)
    if inputs.findings:
        out.report(inputs.findings, output="text", stderr=True, summary={})
        raise SystemExit(1)
    documents = list(flattened(inputs.documents))
    found = Counter(format_of(document.manifest) for document in documents)
    for name, called in NAMES.items():
        if found[name] and source not in (name, "auto"):
            first = next(each for each in documents if format_of(each.manifest) == name)
            raise click.UsageError(
                f"{first.file}:{first.line()} is written for {called}, not for {source}; "
                f"write: fireline import {name} (or auto) {' '.join(paths)}"
            )
    if found[None]:
        out.note(f"{found[None]} document{'' if found[None] == 1 else 's'} of other kinds passed by")
    if not found.total() - found[None]:
        raise click.UsageError(
            "nothing to import: no document with version: prometheus/v1 or with an apiVersion of "
            "sloth.slok.dev, pyrra.dev or openslo"
        )
    return documents


def _print(manifests: list[Manifest], output: str) -> None:
    if output == "json":
        click.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=2))
    elif manifests:
        click.echo(out.to_yaml(*manifests), nl=False)
