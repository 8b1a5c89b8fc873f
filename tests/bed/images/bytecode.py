"""Compiled modules for an image: without them every start of a pod would compile hundreds of files.

A compiled file normally names the time of its source, and every file of an image has the time zero. These
name a hash instead that is never checked (PEP 552): the file system of a pod is read-only.
"""

from __future__ import annotations

import importlib.util
import marshal
from pathlib import Path

from tests.bed.images.layer import Layer

_HASHED_AND_NOT_CHECKED = 0b01
_HEADER = 16


def add(layer: Layer, source: Path, place: str) -> None:
    """Add the compiled form of ``source``, which the image has at ``place``; none where it cannot be."""
    text = source.read_bytes()
    try:
        code = _kept(source) or marshal.dumps(compile(text, place, "exec", dont_inherit=True))
    except SyntaxError:
        # Packages bring templates and code for other versions; nobody imports those.
        return
    header = importlib.util.MAGIC_NUMBER + _HASHED_AND_NOT_CHECKED.to_bytes(4, "little")
    layer.data(
        importlib.util.cache_from_source(place, optimization=""),
        header + importlib.util.source_hash(text) + code,
    )


def _kept(source: Path) -> bytes | None:
    """What was compiled when the package was installed, if it still fits the source."""
    compiled = Path(importlib.util.cache_from_source(str(source), optimization=""))
    if not compiled.exists():
        return None
    found = compiled.read_bytes()
    status = source.stat()
    by_time = importlib.util.MAGIC_NUMBER + bytes(4)
    stamp = (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
    size = (status.st_size & 0xFFFFFFFF).to_bytes(4, "little")
    return found[_HEADER:] if found[:_HEADER] == by_time + stamp + size else None
