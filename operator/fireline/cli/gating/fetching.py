"""Brings in payloads: a file, or what a server sends to a client that takes gzip."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli.gating.checks import Missing
from fireline.cli.gating.sizing import Weight

if TYPE_CHECKING:
    import aiohttp

_MOST = 256 * 1024 * 1024
"""Bytes read from a server at most: what is larger has no place in a pipeline's memory."""
_SECONDS = 30
_GZIP = 16 + zlib.MAX_WBITS


def weigh_payload(source: str) -> Weight | Missing:
    """The weight of a file or of what a URL answers; Missing when the answer is not 200.

    Compressed is what the server sent to a client that takes gzip: the same as raw when it does not
    compress. Raises click's UsageError when the file cannot be read or the server cannot be reached.
    """
    if source.startswith(("http://", "https://")):
        return asyncio.run(_fetched(source))
    try:
        return Weight.of([Path(source).read_bytes()])
    except OSError as error:
        raise click.UsageError(f"--payload: {source}: {error.strerror}") from error


async def _fetched(url: str) -> Weight | Missing:
    import aiohttp  # noqa: PLC0415 - only URLs need it

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(auto_decompress=False, timeout=timeout) as session,
            session.get(url, headers={"Accept-Encoding": "gzip"}) as response,
        ):
            if response.status != 200:
                return Missing(f"{url} answered {response.status}")
            body = await _body(response.content)
            encoding = response.headers.get("Content-Encoding", "identity").lower()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise click.UsageError(
            f"--payload: {url} cannot be reached: {error or 'no answer in time'}"
        ) from error
    if body is None:
        return Missing(f"{url} sends more than {_MOST // 2**20} MiB")
    if encoding == "identity":
        return Weight(len(body), len(body))
    if encoding not in {"gzip", "x-gzip"}:
        return Missing(f"{url} answers in encoding {encoding}, although asked for gzip")
    return _unpacked(url, body)


async def _body(stream: aiohttp.StreamReader) -> bytes | None:
    """All of it, or None when it is too large."""
    pieces, size = [], 0
    async for piece in stream.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > _MOST:
            return None
    return b"".join(pieces)


def _unpacked(url: str, body: bytes) -> Weight | Missing:
    """Counts without keeping: a small answer may unpack to anything."""
    unpack, raw = zlib.decompressobj(_GZIP), 0
    try:
        pending = body
        while pending and raw <= _MOST:
            raw += len(unpack.decompress(pending, 2**20))
            pending = unpack.unconsumed_tail
    except zlib.error as error:
        return Missing(f"{url} sent broken gzip: {error}")
    if raw > _MOST:
        return Missing(f"{url} unpacks to more than {_MOST // 2**20} MiB")
    if not unpack.eof:
        return Missing(f"{url} sent gzip that ends too early")
    return Weight(raw, len(body))
