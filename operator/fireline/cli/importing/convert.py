"""Chooses the converter for documents that were read."""

from __future__ import annotations

from collections.abc import Sequence

from fireline.cli.importing import openslo, pyrra, sloth
from fireline.cli.importing.detect import Format, format_of
from fireline.cli.importing.result import Result
from fireline.cli.importing.source import Source
from fireline.cli.inputs import Document
from fireline.promql.durations import Duration


def convert(documents: Sequence[Document], *, period: Duration | None = None) -> Result:
    """All objectives of documents of one or several formats; documents of no format are ignored.

    ``period`` is Sloth's, see :func:`fireline.cli.importing.sloth.convert`. Raises sloth.UnknownPeriod.
    """
    sources: dict[Format, list[Source]] = {}
    for document in documents:
        name = format_of(document.manifest)
        if name:
            sources.setdefault(name, []).append(Source(document))
    result = Result()
    sloth.convert(sources.get("sloth", []), result, period=period)
    pyrra.convert(sources.get("pyrra", []), result)
    openslo.convert(sources.get("openslo", []), result)
    return result
