"""Tells which tool a document was written for, by the words it begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from fireline.cli.inputs import Document

Format = Literal["sloth", "pyrra", "openslo"]
NAMES: dict[Format, str] = {"sloth": "Sloth", "pyrra": "Pyrra", "openslo": "OpenSLO"}

_GROUPS: dict[str, Format] = {
    "sloth.slok.dev": "sloth",
    "pyrra.dev": "pyrra",
    "openslo": "openslo",
    "openslo.com": "openslo",
}


def format_of(manifest: Any) -> Format | None:
    """The format of a document, None when it is none of them."""
    if not isinstance(manifest, dict):
        return None
    if manifest.get("version") == "prometheus/v1":
        return "sloth"
    return _GROUPS.get(str(manifest.get("apiVersion", "")).partition("/")[0])


def flattened(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, with the entries of lists as documents of their own (OpenSLO allows them)."""
    for document in documents:
        if isinstance(document.manifest, list):
            for number, entry in enumerate(document.manifest):
                yield Document(document.file, document.number, entry, document.node, (*document.base, number))
        else:
            yield document
