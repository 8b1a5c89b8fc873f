"""gRPC health steps: against the reference implementation, and against servers that break its rules."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bed.certs import KeyPair
from tests.unit.synthetic.wire.h2server import Reply, Request, speaking
from tests.unit.synthetic.wire.servers import OPEN, failure, listening, run, saying, server_side, soon

from fireline.synthetic.engine.answer import Answer
from fireline.synthetic.engine.wire import health_message
from fireline.synthetic.engine.wire.grpc_health import grpc_health
from fireline.synthetic.engine.wire.requests import GrpcHealthRequest, TlsOptions

SERVING = health_pb2.HealthCheckResponse(status="SERVING").SerializeToString()
GRPC = {":status": "200", "content-type": "application/grpc"}


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


async def checked(address: str, service: str = "", *, seconds=20.0, tls: TlsOptions | None = None) -> Answer:
    request = GrpcHealthRequest(address, service, tls)
    return await grpc_health(request, guard=OPEN, deadline=soon(seconds))


@pytest.fixture(scope="module")
def reference(good: KeyPair) -> Iterator[dict[str, str]]:
    """A grpcio server with the standard health service: its plaintext and its TLS address."""
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("shop.Orders", health_pb2.HealthCheckResponse.NOT_SERVING)
    servicer.set("shop.Stock", health_pb2.HealthCheckResponse.UNKNOWN)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    plain = server.add_insecure_port("127.0.0.1:0")
    credentials = grpc.ssl_server_credentials([(good.key.read_bytes(), good.cert.read_bytes())])
    secure = server.add_secure_port("127.0.0.1:0", credentials)
    bare = grpc.server(ThreadPoolExecutor(1))
    without = bare.add_insecure_port("127.0.0.1:0")
    server.start()
    bare.start()
    ports = {"plain": plain, "tls": secure, "without": without}
    yield {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    server.stop(0).wait()
    bare.stop(0).wait()


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_a_serving_server_is_fine(reference, kind, ca: str):
    tls = TlsOptions(ca=ca) if kind == "tls" else None

    got = run(checked(reference[kind], tls=tls))

    assert got.denial is None
    assert got.address == reference[kind]
    assert (got.certificate is not None) == (kind == "tls")


@pytest.mark.parametrize(
    ("service", "reason", "told"),
    [
        ("shop.Orders", "NotServing", "service shop.Orders is NOT_SERVING"),
        ("shop.Stock", "NotServing", "service shop.Stock is UNKNOWN"),
        (
            "shop.Nobody",
            "UnknownService",
            "does not know service shop.Nobody (gRPC status NOT_FOUND",
        ),
        ("x" * 1000, "UnknownService", "the server does not know service xxx"),
    ],
)
def test_a_service_that_does_not_serve_denies(reference, service, reason, told):
    got = run(checked(reference["plain"], service))

    assert got.denial is not None
    assert got.denial.reason == reason
    assert told in got.denial.message


def test_a_server_without_health_checking_denies(reference):
    got = run(checked(reference["without"]))

    assert got.denial is not None
    assert got.denial.reason == "NoHealthService"
    assert "the server offers no health checking (gRPC status UNIMPLEMENTED" in got.denial.message


def test_plaintext_against_tls_and_tls_against_plaintext_are_told(reference, ca: str):
    plain_to_tls = run(failure(checked(reference["tls"], seconds=5)))
    tls_to_plain = run(failure(checked(reference["plain"], tls=TlsOptions(ca=ca), seconds=5)))

    assert plain_to_tls.reason in {"Protocol", "Disconnected"}
    assert tls_to_plain.reason == "TLS"


async def against(answering, service: str = "", **given) -> Answer:
    async with listening(speaking(answering)) as port:
        return await checked(f"127.0.0.1:{port}", service, **given)


def test_the_call_is_what_the_protocol_asks_for():
    seen: list[Request] = []

    def answering(request):
        seen.append(request)
        return Reply(GRPC, framed(SERVING), {"grpc-status": "0"})

    assert run(against(answering, "shop.Orders")).denial is None
    (request,) = seen
    assert request.headers[":path"] == "/grpc.health.v1.Health/Check"
    assert request.headers[":method"] == "POST"
    assert request.headers["te"] == "trailers"
    assert request.headers["content-type"] == "application/grpc"
    assert request.headers["grpc-timeout"].endswith("m")
    sent = health_pb2.HealthCheckRequest.FromString(bytes(request.body[5:]))
    assert sent.service == "shop.Orders"


@pytest.mark.parametrize("service", ["", "a", "ü" * 100, "x" * 128])
def test_the_message_is_read_by_the_reference_as_it_was_meant(service):
    seen: list[Request] = []

    def answering(request):
        seen.append(request)
        return Reply(GRPC, framed(SERVING), {"grpc-status": "0"})

    run(against(answering, service))
    assert health_pb2.HealthCheckRequest.FromString(bytes(seen[0].body[5:])).service == service


def test_a_status_in_the_headers_alone_counts():
    def answering(_request):
        return Reply({**GRPC, "grpc-status": "14", "grpc-message": "no%20backend%0A%C3%BC"})

    got = run(against(answering))

    assert got.denial is not None
    assert got.denial.reason == "GrpcStatus"
    assert got.denial.message.endswith("the server answered gRPC status UNAVAILABLE: no backend\nü")


@pytest.mark.parametrize(
    ("number", "name"),
    [("1", "CANCELLED"), ("16", "UNAUTHENTICATED"), ("17", "status 17"), ("999999999999", "")],
)
def test_every_other_status_is_told_by_name(number, name):
    got = run(against(lambda _: Reply({**GRPC, "grpc-status": number})))

    assert got.denial is not None
    assert name in got.denial.message


def test_a_response_without_a_status_field_means_unknown():
    got = run(against(lambda _: Reply(GRPC, framed(b""), {"grpc-status": "0"})))

    assert got.denial is not None
    assert got.denial.message.endswith("the server is UNKNOWN")


def test_fields_of_a_later_version_are_skipped():
    later = b"\x12\x03abc" + b"\x1d\x01\x02\x03\x04" + b"\x21" + b"\x00" * 8 + b"\x28\x96\x01"

    assert run(against(lambda _: Reply(GRPC, framed(later + SERVING), {"grpc-status": "0"}))).denial is None


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply({":status": "404", "content-type": "text/html"}), "but HTTP status 404 and text/html"),
        (Reply({":status": "200"}, b"<html>"), "but HTTP status 200 and no content type"),
        (Reply(GRPC, framed(SERVING)), "its gRPC answer has no status"),
        (Reply(GRPC, framed(SERVING), {"grpc-status": "zero"}), "its gRPC answer has no status"),
        (Reply(GRPC, framed(SERVING), {"grpc-status": "-1"}), "its gRPC answer has no status"),
        (Reply(GRPC, b"\1" + framed(SERVING)[1:], {"grpc-status": "0"}), "no message that can be read"),
        (Reply(GRPC, b"", {"grpc-status": "0"}), "no message that can be read"),
        (Reply(GRPC, b"\0\xff\xff\xff\xff", {"grpc-status": "0"}), "no message that can be read"),
        (Reply(GRPC, framed(SERVING) + b"x", {"grpc-status": "0"}), "not as long as it says"),
        (Reply(GRPC, framed(b"\x0a\xff"), {"grpc-status": "0"}), "is no health answer"),
        (Reply(GRPC, framed(b"\x08"), {"grpc-status": "0"}), "is no health answer"),
        (Reply(GRPC, framed(b"\x0b"), {"grpc-status": "0"}), "is no health answer"),
        (Reply(GRPC, bytes(16384), {"grpc-status": "0"}), "not as long as it says"),
    ],
)
def test_what_breaks_the_protocol_is_told(reply, told):
    error = run(failure(against(lambda _: reply)))

    assert error.reason == "Protocol"
    assert told in str(error)


@pytest.mark.parametrize(
    ("raw", "reason", "told"),
    [
        (
            b"\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07",
            "Protocol",
            "reset the call (REFUSED_STREAM)",
        ),
        (b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(7) + b"\x0b", "Disconnected", "(ENHANCE_YOUR_CALM)"),
        (b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", "Protocol", "what it sends is not HTTP/2"),
        (b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xff", "Protocol", "what it sends is not HTTP/2"),
    ],
)
def test_frames_that_end_the_call_are_told(raw, reason, told):
    error = run(failure(against(lambda _: raw)))

    assert error.reason == reason
    assert told in str(error)


def test_a_server_of_http1_is_told():
    async def scenario():
        async with listening(saying("HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
            return await failure(checked(f"127.0.0.1:{port}"))

    error = run(scenario())
    assert error.reason == "Protocol"
    assert "it speaks HTTP/1 there, and gRPC needs HTTP/2" in str(error)


def test_tls_without_http2_is_told(good: KeyPair, ca: str):
    async def scenario():
        async with listening(saying(""), tls=server_side(good, alpn=("http/1.1",))) as port:
            return await failure(checked(f"127.0.0.1:{port}", tls=TlsOptions(ca=ca)))

    error = run(scenario())
    assert error.reason == "Protocol"
    assert "it does not offer HTTP/2 over TLS (ALPN h2)" in str(error)


def test_a_server_that_never_answers_ends_at_the_deadline():
    async def talk(reader, _writer):
        while await reader.read(65536):
            pass

    async def scenario():
        async with listening(talk) as port:
            return await failure(checked(f"127.0.0.1:{port}", seconds=0.3))

    error = run(scenario())
    assert error.reason == "Timeout"
    assert "waiting for the gRPC answer" in str(error)


def test_a_service_name_without_end_is_refused():
    error = run(failure(checked("127.0.0.1:1", "x" * 1025)))

    assert error.reason == "InvalidRequest"


@given(st.binary(max_size=120), st.booleans())
@settings(max_examples=60, deadline=None)
def test_garbage_is_an_error_of_the_target(garbage, greeted):
    """Frames of noise, with or without a proper greeting before them."""

    async def talk(reader, writer):
        await reader.readexactly(24)
        writer.write((b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" if greeted else b"") + garbage)

    async def scenario():
        async with listening(talk) as port:
            return await failure(checked(f"127.0.0.1:{port}", seconds=5))

    assert run(scenario()).reason in {"Protocol", "Disconnected"}


# Fields 1 to 3 of every wire type but groups, which are no longer written.
PIECES = st.tuples(st.integers(1, 3), st.sampled_from([0, 1, 2, 5]), st.binary(max_size=12))


@given(st.lists(PIECES, max_size=5))
@settings(deadline=None)
def test_a_message_is_read_as_the_reference_reads_it(pieces):
    message = b"".join(bytes([number << 3 | kind]) + content for number, kind, content in pieces)
    try:
        wanted = health_pb2.HealthCheckResponse.FromString(message).status
    except DecodeError:
        return

    assert health_message.status(message) & 0xFFFFFFFF == wanted & 0xFFFFFFFF


@given(st.binary(max_size=60))
def test_any_bytes_are_a_status_or_a_value_error(message):
    with suppress(ValueError):
        assert health_message.status(message) >= 0
