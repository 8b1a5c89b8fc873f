"""HTTP steps over HTTP/2, which a server chooses in the TLS handshake."""

from __future__ import annotations

import asyncio

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from tests.bed.certs import KeyPair
from tests.unit.synthetic.wire.h2server import Reply, Request, speaking
from tests.unit.synthetic.wire.servers import fetch, listening, run, server_side

from fireline.synthetic.engine.wire.body import LIMIT
from fireline.synthetic.engine.wire.requests import JsonBody, TlsOptions


async def over_http2(answering, pair: KeyPair, ca: str, **request):
    async with listening(speaking(answering), tls=server_side(pair, alpn=("h2",))) as port:
        return await fetch(f"https://localhost:{port}/a?b=c", tls=TlsOptions(ca=ca), **request)


def test_a_request_and_its_answer_mean_the_same(good: KeyPair, ca: str):
    seen: list[Request] = []

    def answering(request):
        seen.append(request)
        return Reply({":status": "201", "content-type": "text/plain", "set-cookie": "a=b"}, b"made")

    got = run(
        over_http2(
            answering,
            good,
            ca,
            method="POST",
            body=JsonBody({"a": 1}),
            headers={"X-One": "1", "Connection": "close", "TE": "gzip", "Upgrade": "h2c"},
        )
    )

    (request,) = seen
    assert (got.status, got.body, got.headers["content-type"]) == (201, b"made", "text/plain")
    assert got.set_cookies == {"a": "b"}
    assert got.certificate is not None
    assert (request.headers[":method"], request.headers[":path"], bytes(request.body)) == (
        "POST",
        "/a?b=c",
        b'{"a":1}',
    )
    assert request.headers["x-one"] == "1"


def test_a_large_body_is_read_to_one_mebibyte(good: KeyPair, ca: str):
    """As much as the flow-control window lets a server send at once: one frame after the other."""

    async def talk(reader, writer):
        connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        stream = 0
        while True:
            if stream:
                while connection.local_flow_control_window(stream) >= 16384:
                    connection.send_data(stream, b"x" * 16384)
                    writer.write(connection.data_to_send())
                    await writer.drain()
            writer.write(connection.data_to_send())
            data = await reader.read(65536)
            if not data:
                return
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    stream = event.stream_id
                    connection.send_headers(stream, [(":status", "200")])
            await asyncio.sleep(0)

    async def scenario():
        async with listening(talk, tls=server_side(good, alpn=("h2",))) as port:
            return await fetch(f"https://localhost:{port}/", tls=TlsOptions(ca=ca))

    got = run(scenario())
    assert (len(got.body), got.truncated) == (LIMIT, True)
