"""The byte stream below every protocol over TCP."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.synthetic.wire.servers import run

from fireline.synthetic.engine.wire.frames import Frames, NotFrames
from fireline.synthetic.engine.wire.stream import Stream


def test_what_came_before_a_reset_is_read_before_the_error():
    async def scenario():
        stream = Stream()
        stream.data_received(b"HTTP/1.1 413 Too Large\r\n\r\n")
        stream.connection_lost(ConnectionResetError("reset"))
        first = await stream.read()
        with pytest.raises(ConnectionResetError):
            await stream.read()
        return first

    assert run(scenario()).startswith(b"HTTP/1.1 413")


def test_a_server_that_sends_faster_than_is_read_has_to_wait():
    async def scenario():
        async def flood(_reader, writer):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        loop = asyncio.get_running_loop()
        transport, stream = await loop.create_connection(Stream, *server.sockets[0].getsockname())
        seen = 0
        while transport.is_reading():  # noqa: ASYNC110 - a transport has no event for it
            await asyncio.sleep(0)
        held = len(stream._come)
        while seen < 10 * held:
            seen += len(await stream.read())
        stream.abort()
        server.close()
        return held

    assert run(scenario()) < 512 * 1024


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 10, 1000])
def test_frames_of_the_agreed_length_pass_however_they_are_cut(size):
    data = b"".join(len(part).to_bytes(3, "big") + bytes(6) + part for part in (b"", b"abc", bytes(16384)))
    frames = Frames()

    passed = b"".join(frames.follow(data[at : at + size]) for at in range(0, len(data), size))

    assert passed == data


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_frame_longer_than_agreed_is_refused_before_it_has_come(size):
    data = bytes(9) + (16385).to_bytes(3, "big")

    def follow() -> None:
        frames = Frames()
        for at in range(0, len(data), size):
            frames.follow(data[at : at + size])

    with pytest.raises(NotFrames, match="a frame of 16385 bytes, where 16384 is the most"):
        follow()
