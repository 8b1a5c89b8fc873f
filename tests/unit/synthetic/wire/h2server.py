"""An HTTP/2 server in a page, for what no well-behaved library would send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from tests.unit.synthetic.wire.servers import Talk


@dataclass
class Request:
    """A whole request."""

    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


@dataclass
class Reply:
    """What goes back: headers, then data, then trailers, as far as given."""

    headers: dict[str, str]
    data: bytes | None = None
    trailers: dict[str, str] | None = None


def speaking(answering: Callable[[Request], Reply | Awaitable[None] | bytes]) -> Talk:
    """A server that gives each request a reply, or raw bytes instead of frames."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = H2Connection(
            H2Configuration(client_side=False, header_encoding="utf-8", validate_outbound_headers=False)
        )
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        requests: dict[int, Request] = {}
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    requests[event.stream_id] = Request(dict(event.headers))
                elif isinstance(event, DataReceived):
                    requests[event.stream_id].body += event.data
                elif isinstance(event, StreamEnded):
                    reply = answering(requests[event.stream_id])
                    if isinstance(reply, bytes):
                        writer.write(connection.data_to_send() + reply)
                    else:
                        send(connection, event.stream_id, reply)
            writer.write(connection.data_to_send())
            await writer.drain()

    return talk


def send(connection: H2Connection, stream: int, reply: Reply) -> None:
    """The frames of a reply."""
    last = reply.data is None and reply.trailers is None
    connection.send_headers(stream, list(reply.headers.items()), end_stream=last)
    if reply.data is not None:
        connection.send_data(stream, reply.data, end_stream=reply.trailers is None)
    if reply.trailers is not None:
        connection.send_headers(stream, list(reply.trailers.items()), end_stream=True)
