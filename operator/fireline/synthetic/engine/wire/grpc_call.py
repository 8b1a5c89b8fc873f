"""One unary gRPC call over an open connection: HTTP/2 frames out, message and status back.

See "gRPC over HTTP2": five bytes before a message, the status in the trailers, or in the headers when there
is nothing else ("Trailers-Only"). One small message needs none of a gRPC runtime.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire.agent import AGENT
from fireline.synthetic.engine.wire.exchange import Exchange
from fireline.synthetic.engine.wire.frames import Frames
from fireline.synthetic.engine.wire.stream import Stream
from fireline.synthetic.text import readable

OK = 0
STATUSES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""Names of the status codes, by number."""
_LONGEST_MESSAGE = 4096
_LONGEST_DATA = 32 * 1024
_PREFIX = 5
_Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call ended."""

    status: str
    """`OK`, `UNIMPLEMENTED`, …"""
    details: str
    """What the server says about it; often empty."""
    message: bytes
    """Empty unless the status is OK."""


async def unary(one: Exchange, stream: Stream, *, target: tuple[str, str, str], message: bytes) -> Reply:
    """Call `target` (scheme, authority, path) with one message.

    Raises TargetError (Protocol, Disconnected) for what is no gRPC, and OSError when the connection breaks.
    """
    call = _Call(one)
    await stream.write(call.begun(target, message))
    while not call.ended:
        one.phase = "waiting for the gRPC answer"
        data = await stream.read()
        if not data:
            raise one.failed("Disconnected", "it ended the connection without a gRPC answer")
        answer = call.received(data)
        if answer:
            await stream.write(answer)
    return call.reply()


@dataclass
class _Call:
    """The state of a call that has the connection to itself."""

    one: Exchange
    headers: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    _greeted: bool = False

    def __post_init__(self) -> None:
        self._frames = Frames()
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))

    def begun(self, target: tuple[str, str, str], message: bytes) -> bytes:
        """The bytes of the whole request."""
        scheme, authority, path = target
        left = max(1, int((self.one.deadline - self.one.now()) * 1000))
        self._h2.initiate_connection()
        self._h2.send_headers(
            1,
            [
                (":method", "POST"),
                (":scheme", scheme),
                (":path", path),
                (":authority", authority),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
                ("user-agent", AGENT),
                ("grpc-timeout", f"{min(left, 99_999_999)}m"),
            ],
        )
        self._h2.send_data(1, b"\0" + len(message).to_bytes(4, "big") + message, end_stream=True)
        return self._h2.data_to_send()

    def received(self, data: bytes) -> bytes:
        """Take in what the server sent; what HTTP/2 wants sent in return."""
        if not self._greeted and data.startswith(b"HTTP/1"):
            raise self.one.failed("Protocol", "it speaks HTTP/1 there, and gRPC needs HTTP/2")
        self._greeted = True
        try:
            events = self._h2.receive_data(self._frames.follow(data))
        except (H2Error, ValueError, LookupError) as error:
            raise self.one.failed("Protocol", "what it sends is not HTTP/2") from error
        for event in events:
            self._take(event)
        return self._h2.data_to_send()

    def reply(self) -> Reply:
        """The end of the call."""
        code = self.headers.get("grpc-status", "")
        if not code.isascii() or not code.isdigit():
            raise self._no_grpc()
        number = int(code[:9])
        name = STATUSES[number] if number < len(STATUSES) else f"status {number}"
        details = readable(unquote(self.headers.get("grpc-message", "")), limit=300)
        return Reply(name, details, self._message() if number == OK else b"")

    def _take(self, event: Event) -> None:
        if isinstance(event, ResponseReceived | TrailersReceived):
            self.headers |= _decoded(event.headers)
        elif isinstance(event, DataReceived):
            self.data += event.data
            if len(self.data) > _LONGEST_DATA:
                raise self.one.failed("Protocol", "it sends more than a gRPC health answer")
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif isinstance(event, StreamReset) and not self.ended:
            raise self.one.failed("Protocol", f"it reset the call ({_code(event.error_code)})")
        elif isinstance(event, ConnectionTerminated) and not self.ended:
            raise self.one.failed("Disconnected", f"it ended the connection ({_code(event.error_code)})")

    def _message(self) -> bytes:
        length = int.from_bytes(self.data[1:_PREFIX], "big")
        if len(self.data) < _PREFIX or self.data[0] or length > _LONGEST_MESSAGE:
            raise self.one.failed("Protocol", "its gRPC answer holds no message that can be read")
        if len(self.data) != _PREFIX + length:
            raise self.one.failed("Protocol", "its gRPC message is not as long as it says")
        return bytes(self.data[_PREFIX:])

    def _no_grpc(self) -> TargetError:
        status, kind = self.headers.get(":status", ""), self.headers.get("content-type", "no content type")
        if kind.startswith("application/grpc"):
            return self.one.failed("Protocol", "its gRPC answer has no status")
        told = readable(f"HTTP status {status} and {kind}", limit=200)
        return self.one.failed("Protocol", f"no gRPC server answers there, but {told}")


def _decoded(headers: _Headers) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _code(code: ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, ErrorCodes) else f"code {code}"
