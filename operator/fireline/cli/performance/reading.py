"""From a file to a table of performance budgets, with file, line and path for everything wrong in it."""

from __future__ import annotations

from dataclasses import dataclass

import click
from pydantic import ValidationError

from fireline.api.issues import INVALID_SPEC, Issue, explain
from fireline.cli.inputs import Document, Finding, load_one
from fireline.cli.performance.checks import check
from fireline.cli.performance.schema import KIND, Table


@dataclass(frozen=True, slots=True)
class Budgets:
    """A sound table and the document it was written in."""

    document: Document
    table: Table


def read(path: str) -> tuple[Budgets | None, list[Finding]]:
    """The table of a file (``-`` is stdin), or None and what is wrong with it.

    Raises click's UsageError when the path is not there or holds no single YAML document, or a
    Kubernetes object.
    """
    document, findings = load_one(path)
    kind = document.manifest.get("kind", KIND) if isinstance(document.manifest, dict) else KIND
    if kind != KIND:
        raise click.UsageError(f"{path}: is a {kind}, and no table of performance budgets ({KIND})")
    table, issues = _table(document)
    findings += [Finding.of(document, issue) for issue in issues]
    return (Budgets(document, table) if table is not None and not findings else None), findings


def _table(document: Document) -> tuple[Table | None, list[Issue]]:
    if not isinstance(document.manifest, dict):
        return None, [Issue(INVALID_SPEC, (), "must be a mapping with endpoints, payloads, bundles or pages")]
    try:
        table = Table.model_validate(document.manifest)
    except ValidationError as error:
        from fireline.api.crd import structural  # noqa: PLC0415 - only wrong tables need the schema

        return None, explain(error, structural(Table))
    return table, check(table)
