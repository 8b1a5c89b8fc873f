"""Any bytes a server may send end in an answer or in an error of the target, and in nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bed.certs import KeyPair
from tests.unit.synthetic.wire.servers import fetch, listening, run, server_side

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire.requests import TlsOptions

ENDS = {"answered", "Protocol", "Disconnected", "RedirectRefused"}
PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.0 204 No\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n",
        b"HTTP/1.1 302 X\r\n",
        b"location: http://[\r\n",
        b"content-length: 3\r\n",
        b"content-encoding: gzip\r\n",
        b"content-encoding: deflate\r\n",
        b"transfer-encoding: chunked\r\n",
        b"set-cookie: =;;a=b; expires=never; domain=.; path\r\n",
        b"\r\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"abc",
    ]
)
# A type, flags and a payload that the frame's length is true to.
FRAMES = st.builds(
    lambda kind, flags, stream, payload: (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    ),
    st.integers(0, 10),
    st.sampled_from([0, 1, 4, 5, 8, 0xD]),
    st.sampled_from([0, 1, 2, 3]),
    st.one_of(st.binary(max_size=24), st.just(b"\x88"), st.just(b"\x08\x03abc"), st.just(bytes(8))),
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def end_of(scenario) -> str:
    try:
        run(scenario)
    except TargetError as error:
        return error.reason
    return "answered"


@given(st.lists(st.one_of(PARTS, st.binary(max_size=20)), max_size=12))
@FEW
def test_noise_over_http1(parts):
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(parts))

    async def scenario():
        async with listening(talk) as port:
            await fetch(f"http://127.0.0.1:{port}/", follow_redirects=True)

    assert end_of(scenario()) in ENDS


@given(st.booleans(), st.lists(st.one_of(FRAMES, st.binary(max_size=20)), max_size=8))
@FEW
def test_noise_over_http2(good: KeyPair, ca: str, greeted, frames):
    async def talk(reader, writer):
        await reader.readexactly(24)
        writer.write((b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" if greeted else b"") + b"".join(frames))
        await writer.drain()

    async def scenario():
        async with listening(talk, tls=server_side(good, alpn=("h2",))) as port:
            await fetch(f"https://localhost:{port}/", tls=TlsOptions(ca=ca))

    assert end_of(scenario()) in ENDS
