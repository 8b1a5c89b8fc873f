"""Certificates: which are trusted, what is said of one that is not, and when each ends."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from tests.bed.certs import Authority, KeyPair
from tests.unit.synthetic.wire.certificates import not_after, self_signed
from tests.unit.synthetic.wire.servers import (
    OPEN,
    failure,
    fetch,
    forever,
    listening,
    resolving,
    run,
    server_side,
    soon,
)
from tests.unit.synthetic.wire.shop import site

from fireline.synthetic.engine.wire import tls
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import TlsOptions, TlsRequest

NAMES = Guard(resolver=resolving(shop_example="127.0.0.1", localhost="127.0.0.1"))


async def shaken(pair: KeyPair, options: TlsOptions, *, host="localhost", guard=NAMES, **server):
    async with listening(forever, tls=server_side(pair, **server)) as port:
        request = TlsRequest(f"{host}:{port}", options)
        return await tls.tls(request, guard=guard, deadline=soon())


def test_a_good_certificate_is_read(good: KeyPair, ca: str):
    got = run(shaken(good, TlsOptions(ca=ca)))

    assert got.certificate is not None
    assert got.certificate.not_after == not_after(good)
    assert (got.certificate.subject, got.certificate.issuer) == ("CN=good", "CN=fireline-bed")
    assert got.address.startswith("127.0.0.1:")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST", "localhost."])
def test_a_certificate_is_for_the_name_connected_to(host, good: KeyPair, ca: str):
    guard = Guard(resolver=resolving(**{host.replace(".", "_"): "127.0.0.1"}))

    assert run(shaken(good, TlsOptions(ca=ca), host=host, guard=guard)).certificate is not None


def test_a_server_name_goes_before_the_host(good: KeyPair, ca: str):
    seen = []
    context = server_side(good)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    async def scenario():
        async with listening(forever, tls=context) as port:
            for name in ("kubernetes.default.svc", ""):
                request = TlsRequest(f"localhost:{port}", TlsOptions(server_name=name, ca=ca))
                await tls.tls(request, guard=NAMES, deadline=soon())

    run(scenario())
    assert seen == ["kubernetes.default.svc", "localhost"]


def test_an_expired_certificate_is_told_with_its_end(expired: KeyPair, ca: str):
    error = run(failure(shaken(expired, TlsOptions(ca=ca))))

    ended = not_after(expired)
    assert error.reason == "TLS"
    assert str(error).endswith(f"its certificate expired on {ended:%Y-%m-%d %H:%M:%SZ}")
    assert error.certificate is not None
    assert error.certificate.not_after == ended


def test_a_certificate_for_another_host_is_told(good: KeyPair, ca: str):
    error = run(failure(shaken(good, TlsOptions(ca=ca), host="shop.example")))

    assert error.reason == "TLS"
    assert "its certificate is not for shop.example, but for CN=good" in str(error)


def test_a_certificate_of_an_unknown_authority_is_told(good: KeyPair):
    error = run(failure(shaken(good, TlsOptions())))

    assert error.reason == "TLS"
    assert "its certificate is from an unknown authority (CN=fireline-bed): give that as tls.ca" in str(error)
    assert error.certificate is not None


def test_a_self_signed_certificate_is_told(tmp_path):
    error = run(failure(shaken(self_signed(tmp_path), TlsOptions())))

    assert error.reason == "TLS"
    assert "its certificate is self-signed: give it as tls.ca" in str(error)


def test_a_self_signed_certificate_given_as_authority_is_trusted(tmp_path):
    pair = self_signed(tmp_path)

    assert run(shaken(pair, TlsOptions(ca=pair.cert.read_text()))).certificate is not None


def test_an_authority_given_replaces_those_of_the_machine(tmp_path, good: KeyPair):
    other = Authority(tmp_path).ca_file.read_text()

    assert run(failure(shaken(good, TlsOptions(ca=other)))).reason == "TLS"


def test_any_certificate_is_taken_when_the_step_says_so_and_still_read(expired: KeyPair):
    got = run(shaken(expired, TlsOptions(insecure_skip_verify=True), host="shop.example"))

    assert got.certificate is not None
    assert got.certificate.not_after == not_after(expired)


def test_an_expired_certificate_is_told_the_same_over_http(expired: KeyPair, ca: str):
    async def scenario():
        async with site(tls=server_side(expired)) as shop:
            call = fetch(f"https://localhost:{shop.port}/", tls=TlsOptions(ca=ca), guard=NAMES)
            return await failure(call), shop.asked

    error, asked = run(scenario())
    assert error.reason == "TLS"
    assert "its certificate expired on" in str(error)
    assert error.certificate is not None
    assert error.certificate.not_after == not_after(expired)
    assert asked == []  # nothing was sent to a server that is not trusted


def test_https_gives_the_certificate_with_the_answer(good: KeyPair, ca: str):
    async def scenario():
        async with site(tls=server_side(good, alpn=("http/1.1",))) as shop:
            return await fetch(f"https://localhost:{shop.port}/", tls=TlsOptions(ca=ca), guard=NAMES)

    got = run(scenario())
    assert got.status == 200
    assert got.certificate is not None
    assert got.certificate.not_after == not_after(good)


def test_a_server_that_wants_a_client_certificate_is_told(authority: Authority, good: KeyPair, ca: str):
    """With a blocking server, because asyncio's hangs up without the alert that says why."""
    context = server_side(good, client_ca=authority.ca_file)

    def refuse(listener: socket.socket) -> None:
        accepted = context.wrap_socket(listener.accept()[0], server_side=True, do_handshake_on_connect=False)
        with suppress(ssl.SSLError):
            accepted.do_handshake()
        with socket.socket(fileno=accepted.detach()) as refused:
            refused.shutdown(socket.SHUT_WR)
            while refused.recv(1024):
                pass  # a reset would overtake the alert

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        refused = pool.submit(refuse, listener)
        url = f"https://localhost:{listener.getsockname()[1]}/"
        error = run(failure(fetch(url, tls=TlsOptions(ca=ca), guard=NAMES)))
        refused.result()

    assert error.reason == "TLS"
    assert "certificate required" in str(error)


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 500])
def test_a_server_without_tls_is_told(said):
    async def talk(_reader, writer):
        writer.write(said)

    async def scenario():
        async with listening(talk) as port:
            return await failure(tls.tls(TlsRequest(f"127.0.0.1:{port}"), guard=OPEN, deadline=soon()))

    error = run(scenario())
    assert error.reason == "TLS"
    assert "it does not speak TLS" in str(error)


def test_a_server_that_hangs_up_is_told():
    async def talk(_reader, _writer):
        return

    async def scenario():
        async with listening(talk) as port:
            return await failure(tls.tls(TlsRequest(f"127.0.0.1:{port}"), guard=OPEN, deadline=soon()))

    error = run(scenario())
    assert error.reason == "TLS"
    assert "it ended the connection during the TLS handshake" in str(error)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (TlsOptions(ca="not PEM"), "tls.ca holds no certificate in PEM form"),
        (TlsOptions(ca="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "tls.ca holds no"),
        (TlsOptions(server_name=".example.com"), "'.example.com' is no name for a TLS server"),
        (TlsOptions(server_name="a" * 64 + ".com"), "is no name for a TLS server"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, told, good: KeyPair):
    error = run(failure(shaken(good, options)))

    assert error.reason == "InvalidRequest"
    assert told in str(error)
