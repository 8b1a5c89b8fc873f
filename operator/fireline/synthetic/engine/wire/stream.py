"""A connection to an address that has been checked: bytes in, bytes out, and no lingering when it ends.

Opened by :mod:`fireline.synthetic.engine.wire.connect`, used by every protocol over TCP. asyncio's own
streams are not used because they forget what has come when the connection breaks, and a server may well
answer (too large, not allowed) and reset the connection while it is still being sent to.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

CHUNK = 64 * 1024
"""Bytes read at once."""
LINGER = 0.1
"""Seconds a peer has to answer the end of the connection."""
_FULL = 2 * CHUNK


class Stream(asyncio.Protocol):
    """A TCP connection, with or without TLS, for one reader and one writer.

    Reads and writes raise OSError (``ssl.SSLError`` included) when it breaks; what came before is read first.
    """

    def __init__(self) -> None:
        self._come = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._lost = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        """The TLS state; None without TLS."""
        found = self._transport and self._transport.get_extra_info("ssl_object")
        return found if isinstance(found, ssl.SSLObject) else None

    async def read(self, limit: int = CHUNK) -> bytes:
        """What has come, at most `limit` bytes; empty at the end."""
        while not self._come and not self._ended:
            self._news.clear()
            await self._news.wait()
        if self._come:
            taken = bytes(self._come[:limit])
            del self._come[:limit]
            self._hold()
            return taken
        if self._error is not None:
            raise self._error
        return b""

    async def write(self, data: bytes) -> None:
        """Everything handed to the system, or nearly; not necessarily received."""
        if self._transport is None or self._lost.is_set():
            raise self._error or ConnectionResetError("the connection is closed")
        self._transport.write(data)
        await self._writable.wait()
        if self._lost.is_set():
            raise self._error or ConnectionResetError("the connection is closed")

    async def close(self) -> None:
        """Say goodbye, and wait for the reply at most :data:`LINGER`."""
        if self._transport is not None:
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self._lost.wait()

    def abort(self) -> None:
        """End it at once; harmless when it has ended."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio, after the handshake when there is one."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own types are too wide
        self._transport = transport
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._come += data
        self._hold()
        self._news.set()

    def eof_received(self) -> bool:
        """Called by asyncio; a peer that has said everything may still be listening (not so over TLS)."""
        self._ended = True
        self._news.set()
        return self.ssl_object is None

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio, once."""
        self._ended = True
        self._error = exc
        for waited_for in (self._news, self._writable, self._lost):
            waited_for.set()

    def pause_writing(self) -> None:
        """Called by asyncio when the peer does not take what it is sent."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Called by asyncio when it does again."""
        self._writable.set()

    def _hold(self) -> None:
        """Let a server wait that sends faster than is read."""
        if self._transport is None or self._transport.is_closing() or self._ended:
            return
        if len(self._come) > _FULL:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
