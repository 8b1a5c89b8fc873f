"""The guarded connections, in the shape httpcore asks its network for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from fireline.synthetic.engine.wire import connect, trust
from fireline.synthetic.engine.wire.exchange import Exchange
from fireline.synthetic.engine.wire.frames import Frames
from fireline.synthetic.engine.wire.requests import IpFamily, TlsOptions
from fireline.synthetic.engine.wire.stream import Stream

ALPN = ("http/1.1", "h2")
_Options = Iterable[Any] | None


class Backend(httpcore.AsyncNetworkBackend):
    """A network on which every connection belongs to one exchange, and passes its guard."""

    def __init__(self, one: Exchange, *, tls: TlsOptions, ip_family: IpFamily) -> None:
        self._one = one
        self._tls = tls
        self._ip_family = ip_family

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature; the exchange has a deadline
        local_address: str | None = None,  # noqa: ARG002
        socket_options: _Options = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """A connection that TLS may still be started on."""
        connected = await connect.dial(self._one, host, port, self._ip_family)
        return _Connected(self._one, connected, host, self._tls)


class _Connected(httpcore.AsyncNetworkStream):
    """A connected socket; what it becomes is decided by the first use: TLS, or plain bytes."""

    def __init__(self, one: Exchange, connected: socket.socket, host: str, tls: TlsOptions) -> None:
        self._one = one
        self._connected: socket.socket | None = connected
        self._host = host
        self._tls = tls
        self._stream: Stream | None = None
        self._frames: Frames | None = None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002 - ours is shared and left alone
        server_hostname: str | None = None,  # noqa: ARG002 - decided from the step's options
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        context = trust.context(self._tls, alpn=ALPN)
        self._stream = await connect.secure(
            self._one, self._taken(), host=self._host, tls=self._tls, context=context
        )
        peer = self._stream.ssl_object
        if peer is not None and peer.selected_alpn_protocol() == "h2":
            self._frames = Frames()
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        stream = await self._opened()
        data = await stream.read(max_bytes)
        return self._frames.follow(data) if self._frames is not None else data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        stream = await self._opened()
        self._one.phase = "waiting for the answer"
        try:
            await stream.write(buffer)
        except ConnectionError as error:
            # A server may answer and close before it has read everything: httpcore then reads its answer.
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Nothing: the exchange ends its streams itself, in time."""

    def get_extra_info(self, info: str) -> Any:
        return self._stream.ssl_object if info == "ssl_object" and self._stream is not None else None

    async def _opened(self) -> Stream:
        if self._stream is None:
            self._stream = await connect.plain(self._one, self._taken())
        return self._stream

    def _taken(self) -> socket.socket:
        if self._connected is None:
            raise ConnectionAbortedError("the connection is closed")
        taken, self._connected = self._connected, None
        return taken
