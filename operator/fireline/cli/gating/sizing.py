"""``gate performance``, payloads and bundles: are they small enough? Judging is pure.

Compressed means gzip at the strongest level, each file for itself, as servers with prepared files
send it.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fireline.cli.gating.checks import Check, Missing, Subject, at_most
from fireline.cli.gating.words import size
from fireline.cli.performance.schema import Bundle, Weighed
from fireline.cli.performance.sizes import parse_size


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of something, as it is and compressed."""

    raw: int
    gzip: int

    @classmethod
    def of(cls, bodies: Iterable[bytes]) -> Weight:
        """The sum over several files."""
        raw = compressed = 0
        for body in bodies:
            raw += len(body)
            compressed += len(gzip.compress(body, compresslevel=9, mtime=0))
        return cls(raw, compressed)


def judge(part: str, weighed: Weighed, weight: Weight | Missing, source: str) -> Iterator[Check]:
    """One judgement per limit."""
    for kind, limit in (("raw", weighed.raw), ("gzip", weighed.gzip)):
        if limit is not None:
            found = weight if isinstance(weight, Missing) else getattr(weight, kind)
            subject = Subject(part, f"{weighed.name} {kind}", source)
            yield at_most(subject, found, parse_size(limit), unit="B", words=size)


def weigh(bundle: Bundle, folder: Path) -> Weight | Missing:
    """The files of a bundle in a folder; Missing when there are none.

    Raises OSError when a file cannot be read.
    """
    files = _files(bundle, folder)
    if not files:
        return Missing(f"no file matches {bundle.files}; was the frontend built?")
    return Weight.of(file.read_bytes() for file in files)


def _files(bundle: Bundle, folder: Path) -> list[Path]:
    excluded = {file for pattern in bundle.exclude for file in folder.glob(pattern)}
    return sorted({file for file in folder.glob(bundle.files) if file.is_file()} - excluded)
