"""TCP steps: somebody listens, and says what is expected."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest
from tests.unit.synthetic.wire.servers import OPEN, failure, forever, listening, run, soon

from fireline.synthetic.engine.wire import tcp
from fireline.synthetic.engine.wire.requests import TcpRequest


async def asked(talk, *, seconds=20.0, **request):
    async with listening(talk) as port:
        wanted = TcpRequest(f"127.0.0.1:{port}", **request)
        return await tcp.tcp(wanted, guard=OPEN, deadline=soon(seconds))


def greeting(*pieces: bytes):
    async def talk(_reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return talk


async def echo(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)


def test_a_port_that_accepts_is_enough():
    got = run(asked(forever))

    assert (got.body, got.denial) == (b"", None)
    assert got.address.startswith("127.0.0.1:")


def test_what_is_sent_is_received():
    got = run(asked(echo, send="PING ü\r\n", expect="^PING ü\r\n"))

    assert (got.body.decode(), got.denial) == ("PING ü\r\n", None)


def test_an_expectation_may_come_in_pieces():
    got = run(asked(greeting(b"220 ma", b"il.exam", b"ple ESMTP"), expect=r"^220 .* ESMTP"))

    assert got.denial is None


def test_reading_ends_with_the_match():
    async def talk(_reader, writer):
        writer.write(b"ready")
        await forever()

    assert run(asked(talk, expect="ready")).body == b"ready"


@pytest.mark.parametrize(
    ("said", "told"),
    [(b"", "it closed without a word"), (b"421 busy", "expected text did not come: 8 bytes, then it closed")],
)
def test_a_server_that_says_something_else_denies(said, told):
    got = run(asked(greeting(said), expect="^220"))

    assert got.body == said
    assert got.denial is not None
    assert got.denial.reason == "ExpectMismatch"
    assert told in got.denial.message


def test_a_server_that_never_stops_talking_is_read_to_64_kibibytes():
    async def talk(_reader, writer):
        while True:
            writer.write(b"noise " * 1000)
            await writer.drain()

    got = run(asked(talk, expect="signal"))

    assert (len(got.body), got.truncated) == (64 * 1024, True)
    assert got.denial is not None


def test_a_server_that_says_nothing_ends_at_the_deadline():
    error = run(failure(asked(forever, expect="hello", seconds=0.2)))

    assert error.reason == "Timeout"
    assert "waiting for what is expected, after 0 bytes" in str(error)


def test_a_server_that_takes_nothing_ends_at_the_deadline():
    error = run(failure(asked(forever, send="x" * 30_000_000, seconds=0.3)))

    assert error.reason == "Timeout"
    assert "sending" in str(error)


def test_a_pattern_that_would_take_for_ever_takes_no_time():
    async def talk(_reader, writer):
        for _ in range(60):
            writer.write(b"a" * 1000)
            await writer.drain()

    assert run(asked(talk, expect="(a+)+$b")).denial is not None


def test_a_pattern_that_is_none_is_refused():
    error = run(failure(asked(forever, expect="(unclosed")))

    assert error.reason == "InvalidRequest"
    assert str(error).startswith("expect is no regular expression (RE2): ")


def test_a_server_that_does_not_accept_ends_at_the_deadline():
    """Its queue is full, so that the kernel answers no more than a firewall would."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        address = f"127.0.0.1:{listener.getsockname()[1]}"

        async def scenario():
            return await failure(tcp.tcp(TcpRequest(address), guard=OPEN, deadline=soon(0.3)))

        error = run(scenario())

    assert error.reason == "Timeout"
    assert f"connecting to {address}" in str(error)


def test_a_closed_port_is_told_with_its_address():
    async def scenario():
        async with listening(forever) as port:
            pass
        return port, await failure(tcp.tcp(TcpRequest(f"127.0.0.1:{port}"), guard=OPEN, deadline=soon()))

    port, error = run(scenario())
    assert error.reason == "Connect"
    assert str(error).endswith(f"no connection to 127.0.0.1:{port}: connection refused")
