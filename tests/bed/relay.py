"""The proxy's way to the real server: connections, headers and whole answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp import web
from multidict import CIMultiDict

from tests.bed.certs import KeyPair
from tests.bed.faults import Answer

# Belong to one connection, or are computed anew for the other one.
_PER_CONNECTION = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade", "te", "trailer"}
)


class Upstream:
    """Connections to the real server: some with a client certificate, some for calls with a token."""

    def __init__(self, url: str, ca_file: Path | None, identity: KeyPair | None) -> None:
        self._url = url
        self._ca_file = ca_file
        self._identity = identity
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    async def open(self) -> None:
        """Open both pools; connections are made when needed."""
        self._as_identity = self._session(self._identity)
        self._anonymous = self._session(None)

    async def close(self) -> None:
        """Close every connection, and wait until they are closed.

        A call that was cancelled leaves a TLS connection that says good-bye in the background; the
        event loop must not end before.
        """
        await self._as_identity.close()
        await self._anonymous.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                # Polled, because a socket tells nobody when it is closed.
                while any(connection.fileno() != -1 for connection in self._sockets):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async def fetch(self, request: web.BaseRequest) -> web.Response:
        """Forward a call and read its whole answer."""
        async with self.stream(request) as source:
            return web.Response(
                status=source.status, body=await source.read(), headers=_passed(source.headers)
            )

    @contextlib.asynccontextmanager
    async def stream(self, request: web.BaseRequest) -> AsyncIterator[aiohttp.ClientResponse]:
        """Forward a call; the answer is read by the caller. What is not read to its end is cut off."""
        # The API server would take the certificate before the token, so a call with a token has none.
        session = self._anonymous if "Authorization" in request.headers else self._as_identity
        async with session.request(
            request.method,
            self._url + request.raw_path,
            headers=_passed(request.headers),
            data=await request.read() if request.can_read_body else None,
            allow_redirects=False,
        ) as source:
            try:
                yield source
            finally:
                if source.connection is not None and source.connection.transport is not None:
                    source.connection.transport.abort()

    def _session(self, identity: KeyPair | None) -> aiohttp.ClientSession:
        context: ssl.SSLContext | bool = True
        if self._ca_file:
            context = ssl.create_default_context(cafile=str(self._ca_file))
            if identity:
                context.load_cert_chain(identity.cert, identity.key)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context, socket_factory=self._socket),
            timeout=aiohttp.ClientTimeout(total=None),
            # Bodies pass as they are, compressed or not.
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        )

    def _socket(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, _ = address
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        self._sockets.add(made)
        return made


def watch_headers(source: aiohttp.ClientResponse) -> CIMultiDict[str]:
    """Headers of a streamed answer."""
    return _passed(source.headers)


def answer(fault: Answer) -> web.Response:
    """An answer the real server did not give."""
    headers = {"Content-Type": "application/json"}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    return web.Response(status=fault.code, body=fault.body(), headers=headers)


def abort(request: web.BaseRequest) -> web.Response:
    """Break the client's connection, as a crashed server would."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _passed(headers: CIMultiDict[str] | aiohttp.typedefs.LooseHeaders) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _PER_CONNECTION
    )
