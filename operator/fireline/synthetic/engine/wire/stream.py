"""A connection to an address that has been checked: bytes in, bytes out, and no lingering when it ends.

Opened by :mod:`fireline.synthetic.engine.wire.connect`, used by every protocol over TCP.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

CHUNK = 64 * 1024
"""Bytes read at once; about twice as many are buffered before a server is made to wait."""
LINGER = 0.1
"""Seconds a TLS peer has to answer the end of the connection."""


class Stream:
    """A TCP connection, with or without TLS. Reads and writes raise OSError (``ssl.SSLError`` included)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        """The TLS state; None without TLS."""
        found = self._writer.get_extra_info("ssl_object")
        return found if isinstance(found, ssl.SSLObject) else None

    async def read(self, limit: int = CHUNK) -> bytes:
        """What has come, at most `limit` bytes; empty at the end."""
        return await self._reader.read(limit)

    async def write(self, data: bytes) -> None:
        """Everything handed to the system, not necessarily received."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        """Say goodbye, and wait for the reply at most :data:`LINGER`."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER):
                await self._writer.wait_closed()

    def abort(self) -> None:
        """End it at once; harmless when it has ended."""
        self._writer.transport.abort()
