"""``fireline import``: SLOs of Sloth, Pyrra and OpenSLO as Fireline's, and what could not be carried over."""

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


@click.command("import")
@click.argument("source", metavar="sloth|pyrra|openslo|auto", type=click.Choice([*NAMES, "auto"]))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", help="For objects that name none. Default: they stay without one.")
@click.option("--period", metavar="30d", help="Sloth: the SLO period it is started with. Default: 30d.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write what was lost to a file, as JSON.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when anything was lost or changed.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def import_(
    *,
    source: str,
    paths: tuple[str, ...],
    namespace: str | None,
    period: str | None,
    report: Path | None,
    strict: bool,
    output: str,
) -> None:
    """Convert SLOs in files, folders or stdin (-) into ServiceLevelObjectives.

    The objects go to stdout, what could not be carried over to stderr. `auto` takes every format it
    finds. Exit code 0: converted, with or without losses. 1: losses and --strict, or unreadable input.
    2: wrong usage.
    """
    from fireline.cli.importing.convert import convert  # noqa: PLC0415 - wrong usage needs no PromQL parser
    from fireline.cli.importing.report import as_json, as_text, in_words, summary  # noqa: PLC0415

    documents = _documents(source, paths)
    try:
        result = convert(documents, period=Duration.parse(period) if period else None)
    except PromQLError as error:
        raise click.UsageError(f"--period: {error}") from error
    if namespace:
        for manifest in result.manifests:
            manifest["metadata"].setdefault("namespace", namespace)
    _print(result.manifests, output)
    as_text(result.losses, sys.stderr)
    if report:
        report.write_text(as_json(result) + "\n", encoding="utf-8")
    out.note(in_words(result))
    counts = summary(result)
    raise SystemExit(1 if strict and counts["lost"] + counts["changed"] else 0)


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
