"""A TCP connection: does somebody listen, and does it say what it should."""

from __future__ import annotations

import re2

from fireline.synthetic.engine.answer import Answer, Denial, TargetError
from fireline.synthetic.engine.wire import connect
from fireline.synthetic.engine.wire.addresses import split
from fireline.synthetic.engine.wire.exchange import Exchange, exchange
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import TcpRequest
from fireline.synthetic.engine.wire.stream import Stream

LIMIT = 64 * 1024
"""Bytes read of what a server sends."""


def ready(*, tls: bool) -> None:  # noqa: ARG001 - the signature of every protocol
    """Load now what would otherwise be loaded while a target is timed."""
    connect.ready()


async def tcp(request: TcpRequest, *, guard: Guard, deadline: float) -> Answer:
    """Connect, send, and read until `expect` is found or the server ends or :data:`LIMIT` is reached.

    The pattern is RE2, so no text a server sends makes it slow. Raises TargetError; text that ends without
    a match is an answer with a denial.
    """
    host, port = split(request.address)
    pattern = _compiled(request.expect) if request.expect else None
    async with exchange(request.address, guard=guard, deadline=deadline) as one:
        connected = await connect.dial(one, host, port, request.ip_family)
        stream = await connect.plain(one, connected)
        if request.send:
            one.phase = "sending"
            await stream.write(request.send.encode())
        return one.answered() if pattern is None else await _expected(one, stream, pattern)


async def _expected(one: Exchange, stream: Stream, pattern: re2.Pattern) -> Answer:
    seen = b""
    while len(seen) < LIMIT:
        one.phase = f"waiting for what is expected, after {len(seen)} bytes"
        chunk = await stream.read(LIMIT - len(seen))
        seen += chunk
        if pattern.search(seen) is not None:
            return one.answered(body=seen)
        if not chunk:
            told = "it closed without a word" if not seen else f"{len(seen)} bytes, then it closed"
            return _not_expected(one, seen, told)
    return _not_expected(one, seen, f"{LIMIT} bytes, and more to come")


def _not_expected(one: Exchange, seen: bytes, told: str) -> Answer:
    denial = Denial("ExpectMismatch", f"{one.target}: expected text did not come: {told}")
    return one.answered(body=seen, truncated=len(seen) >= LIMIT, denial=denial)


def _compiled(expect: str) -> re2.Pattern:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expect.encode(), options)
    except re2.error as error:
        raise TargetError("InvalidRequest", f"expect is no regular expression (RE2): {error}") from error
