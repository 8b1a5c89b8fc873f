"""The body of an answer, decompressed, and never more of it than a limit: neither kept nor unpacked.

A server may send more than anybody wants, or a thousand times more than it seems; what is beyond the limit
is left where it is, and the connection is closed.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

LIMIT = 1024 * 1024
"""Bytes of a body that are read, after decompression."""
CODINGS = "gzip, deflate"
"""What is asked for, and undone."""
_GZIP_OR_ZLIB, _RAW_DEFLATE = 47, -15


class NotCompressed(ValueError):
    """A body is not in the coding its header names."""


class Inflater:
    """Undoes gzip and deflate, piece by piece, each piece bounded."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._state = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    def inflate(self, data: bytes, limit: int) -> bytes:
        """At most `limit` bytes of what the data stands for. Raises NotCompressed."""
        try:
            unpacked = self._unpack(data, limit)
        except zlib.error as error:
            raise NotCompressed(f"the body is not in {self._coding}, as its header says") from error
        self._begun = True
        return unpacked

    def _unpack(self, data: bytes, limit: int) -> bytes:
        try:
            return self._state.decompress(data, limit)
        except zlib.error:
            # Some servers send deflate without the zlib header that the name stands for.
            if self._begun or self._coding != "deflate":
                raise
            self._state = zlib.decompressobj(_RAW_DEFLATE)
            return self._state.decompress(data, limit)


async def read(chunks: AsyncIterable[bytes], *, coding: str, limit: int = LIMIT) -> tuple[bytes, bool]:
    """The first `limit` bytes of a body, and whether there was more.

    A coding that was not asked for is left as it is. Raises NotCompressed, and whatever the chunks raise.
    """
    inflater = Inflater(coding) if coding in {"gzip", "x-gzip", "deflate"} else None
    kept = bytearray()
    async for chunk in chunks:
        kept += inflater.inflate(chunk, limit + 1 - len(kept)) if inflater else chunk[: limit + 1 - len(kept)]
        if len(kept) > limit:
            return bytes(kept[:limit]), True
    return bytes(kept), False
