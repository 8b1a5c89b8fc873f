"""Servers that misbehave: each exchange ends by itself, in an answer or in words, and costs little."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib

import pytest
from tests.bed.certs import KeyPair
from tests.unit.synthetic.wire.servers import (
    answer,
    failure,
    fetch,
    forever,
    head,
    listening,
    run,
    saying,
    server_side,
)

from fireline.synthetic.engine.wire import body
from fireline.synthetic.engine.wire.requests import TlsOptions

MIB = 1024 * 1024


async def against(talk, *, seconds=20.0, path="/", **request):
    async with listening(talk) as port:
        return await fetch(f"http://127.0.0.1:{port}{path}", seconds=seconds, **request)


async def failing(talk, **given):
    return await failure(against(talk, **given))


async def endless(reader, writer, start, piece):
    await head(reader)
    writer.write(start)
    while True:
        writer.write(piece)
        await writer.drain()


def test_a_body_without_end_is_read_to_one_mebibyte():
    async def talk(reader, writer):
        start = b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n"
        await endless(reader, writer, start, b"x" * MIB)

    got = run(against(talk))

    assert (got.status, len(got.body), got.truncated) == (200, body.LIMIT, True)


def test_a_body_of_exactly_one_mebibyte_is_whole():
    got = run(against(saying(answer(body=b"y" * MIB))))

    assert (len(got.body), got.truncated) == (MIB, False)


def test_a_chunked_body_without_end_is_read_to_one_mebibyte():
    async def talk(reader, writer):
        start = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        await endless(reader, writer, start, b"10000\r\n" + b"z" * 65536 + b"\r\n")

    got = run(against(talk))

    assert (len(got.body), got.truncated) == (MIB, True)


@pytest.mark.parametrize(("coding", "window"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
def test_what_unpacks_to_more_is_unpacked_to_one_mebibyte(coding, window):
    packer = zlib.compressobj(wbits=window)
    bomb = packer.compress(bytes(64 * MIB)) + packer.flush()

    got = run(against(saying(answer(body=bomb, content_encoding=coding))))

    assert (got.body, got.truncated) == (bytes(MIB), True)


def test_a_packed_body_is_given_unpacked():
    got = run(against(saying(answer(body=gzip.compress(b"hello"), content_encoding="GZIP"))))

    assert (got.body, got.truncated) == (b"hello", False)


def test_a_body_that_is_not_packed_as_it_says_is_a_protocol_error():
    error = run(failing(saying(answer(body=b"plain", content_encoding="gzip"))))

    assert error.reason == "Protocol"
    assert str(error).endswith("the body is not in gzip, as its header says")


def test_a_coding_nobody_asked_for_is_left_as_it_is():
    got = run(against(saying(answer(body=b"\x0b\x02\x80hello\x03", content_encoding="br"))))

    assert got.body == b"\x0b\x02\x80hello\x03"


def test_a_slow_drip_ends_at_the_deadline():
    async def talk(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    error = run(failing(talk, seconds=0.5))

    assert error.reason == "Timeout"
    assert "reading the body, after" in str(error)
    assert error.address.startswith("127.0.0.1:")


def test_a_drip_of_headers_ends_at_the_deadline():
    async def talk(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"a: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert run(failing(talk, seconds=0.5)).reason == "Timeout"


def test_a_server_that_accepts_and_says_nothing_ends_at_the_deadline():
    error = run(failing(forever, seconds=0.3))

    assert error.reason == "Timeout"
    assert "waiting for the answer" in str(error)


def test_headers_without_end_are_a_protocol_error():
    async def talk(reader, writer):
        await endless(reader, writer, b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"m" * 8000 + b"\r\n")

    assert run(failing(talk)).reason == "Protocol"


def test_one_header_without_end_is_a_protocol_error():
    async def talk(reader, writer):
        await endless(reader, writer, b"HTTP/1.1 200 OK\r\nx-long: ", b"m" * 65536)

    assert run(failing(talk)).reason == "Protocol"


def test_provisional_answers_without_end_end_at_the_deadline():
    async def talk(reader, writer):
        await endless(reader, writer, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")

    assert run(failing(talk, seconds=0.5)).reason == "Timeout"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x00\x01\x02\x03\xff\xfe" * 20 + b"\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnothex\r\nhello\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_protocol_error(said):
    assert run(failing(saying(said))).reason == "Protocol"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nserver: x",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_an_answer_that_breaks_off_is_a_disconnect(said):
    error = run(failing(saying(said)))

    assert error.reason == "Disconnected"
    assert "ended the connection" in str(error)


def test_a_half_closed_server_still_answers():
    async def talk(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
        writer.write_eof()
        await reader.read()  # the client's end

    got = run(against(talk))

    assert (got.body, got.truncated) == (b"until the end", False)


def test_a_reset_connection_is_a_disconnect():
    async def talk(reader, writer):
        await head(reader)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    assert run(failing(talk)).reason == "Disconnected"


def test_garbage_instead_of_a_handshake_is_a_tls_error():
    async def talk(_reader, writer):
        writer.write(b"\x16\x03\x01\xff\xff" + b"garbage" * 1000)

    async def scenario():
        async with listening(talk) as port:
            return await failure(fetch(f"https://127.0.0.1:{port}/"))

    assert run(scenario()).reason == "TLS"


def test_a_server_that_never_shakes_hands_ends_at_the_deadline():
    async def scenario():
        async with listening(forever) as port:
            return await failure(fetch(f"https://127.0.0.1:{port}/", seconds=0.3))

    error = run(scenario())

    assert error.reason == "Timeout"
    assert "during the TLS handshake" in str(error)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes(range(256)) * 40,
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\x00\x05\x01\x05\x00\x00\x00\x01" + b"\xff" * 5,
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\x00\x04\x08\x00\x00\x00\x00\x01" + b"\0" * 4,
        # headers with a status that is no number
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        b"\x00\x00\x06\x01\x05\x00\x00\x00\x01" + b"\x08\x03abc" + b"\x88",
    ],
)
def test_garbage_for_http2_is_a_protocol_error(said, good: KeyPair, ca: str):
    async def talk(reader, writer):
        await reader.readexactly(24)
        writer.write(said)
        await writer.drain()
        await reader.read()

    async def scenario():
        async with listening(talk, tls=server_side(good, alpn=("h2",))) as port:
            return await failure(fetch(f"https://localhost:{port}/", tls=TlsOptions(ca=ca)))

    assert run(scenario()).reason == "Protocol"


def test_http2_that_ends_without_an_answer_is_a_disconnect(good: KeyPair, ca: str):
    async def talk(reader, _writer):
        await reader.readexactly(24)

    async def scenario():
        async with listening(talk, tls=server_side(good, alpn=("h2",))) as port:
            return await failure(fetch(f"https://localhost:{port}/", tls=TlsOptions(ca=ca)))

    assert run(scenario()).reason == "Disconnected"
