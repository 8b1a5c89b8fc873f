"""Calls to webhooks, over real sockets: what is sent, what is kept, what is never told, who is refused."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bed.certs import Authority
from tests.unit.kube.receiver import LARGE, Receiver

from fireline.api.plan import Answer, Call
from fireline.kube.client import correlation_id
from fireline.kube.guard import AddressRefused, Guard
from fireline.kube.metrics import Metrics
from fireline.kube.webhooks import MOST_BYTES, Webhooks
from fireline.settings import MitigationSettings

TOKEN = "s3cr3t-t0ken"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(receiver: Receiver) -> None:
    receiver.received.clear()


def post(
    url: str, *, refuse: tuple[str, ...] = (), token: str = "", tls=None, metrics=None, **more
) -> Answer:
    guard = Guard(ipaddress.ip_network(one) for one in refuse)
    webhooks = Webhooks(guard, metrics or Metrics(), tls=tls)
    call = Call("hook", "post", url=url, **{"body": {"hello": "world"}, "timeout": 5.0, **more})
    return asyncio.run(webhooks.post(call, token=token))


def test_the_body_is_sent_as_json_with_the_headers_of_the_plan(receiver: Receiver):
    answer = post(f"{receiver.url}/ok?a=b", headers={"Idempotency-Key": "k-1"}, body={"n": [1, None]})
    assert answer == Answer(200, {"done": True})
    (got,) = receiver.received
    assert (got.path, got.body) == ("/ok?a=b", {"n": [1, None]})
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Idempotency-Key"] == "k-1"
    assert got.headers["User-Agent"].startswith("fireline/")
    assert "Authorization" not in got.headers
    assert "Cookie" not in got.headers


def test_the_token_of_a_secret_wins_over_a_header_of_the_plan(receiver: Receiver):
    post(f"{receiver.url}/ok", token=TOKEN, headers={"authorization": "Basic eDp5"})
    (got,) = receiver.received
    assert [value for name, value in got.headers.items() if name.lower() == "authorization"] == [
        f"Bearer {TOKEN}"
    ]


def test_the_correlation_id_goes_along(receiver: Receiver):
    token = correlation_id.set("abc123")
    try:
        post(f"{receiver.url}/ok")
    finally:
        correlation_id.reset(token)
    assert receiver.received[0].headers["X-Correlation-ID"] == "abc123"


def test_a_proxy_of_the_environment_gets_nothing(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(f"{receiver.url}/ok").ok


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver):
    answer = post(f"{receiver.url}/redirect", token=TOKEN)
    assert answer == Answer(302, None, "HTTP 302: redirects are not followed")
    assert [one.path for one in receiver.received] == ["/redirect"]


def test_words_of_a_refusal_are_kept_without_what_was_sent_in_confidence(receiver: Receiver):
    answer = post(
        f"{receiver.url}/quote/path-key?key=query-key", token=TOKEN, headers={"X-Key": "header-key"}
    )
    assert answer.status == 503
    assert answer.message.startswith("HTTP 503: no: ")
    for secret in (TOKEN, "path-key", "query-key", "header-key"):
        assert secret not in str(answer)


ODD = "s3&r3t/<t0k>+n%~?"


@pytest.mark.parametrize("code", ["plain", "url", "json", "html", "base64", "base64url", "hex"])
@pytest.mark.parametrize("shift", range(3))
def test_a_token_is_hidden_in_every_encoding_a_gateway_may_quote_it_in(
    receiver: Receiver, code: str, shift: int
):
    found = post(f"{receiver.url}/encoded/{code}/{shift}", token=ODD)
    assert found.message.startswith("HTTP 503: no: ")
    assert "[hidden]" in found.message
    assert found.message.endswith("was it")


def test_an_answer_that_is_too_long_keeps_its_status_and_not_its_body(receiver: Receiver):
    assert LARGE > MOST_BYTES
    assert post(f"{receiver.url}/large") == Answer(200, None)


def test_a_body_that_is_too_long_is_not_sent(receiver: Receiver):
    answer = post(f"{receiver.url}/ok", body="x" * MOST_BYTES)
    assert answer == Answer(0, message="the body has more than 64 KiB", sent=False)
    assert receiver.received == []


def test_no_answer_in_time_leaves_open_what_happened(receiver: Receiver):
    answer = post(f"{receiver.url}/hang", timeout=0.2)
    assert (answer.status, answer.sent) == (0, True)
    assert len(receiver.received) == 1


def test_a_broken_connection_leaves_open_what_happened_and_nothing_is_sent_again(receiver: Receiver):
    answer = post(f"{receiver.url}/break")
    assert (answer.status, answer.sent) == (0, True)
    assert len(receiver.received) == 1


def test_an_answer_that_breaks_off_still_has_its_status(receiver: Receiver):
    answer = post(f"{receiver.url}/half")
    assert answer.status == 200
    assert answer.message.startswith("its answer broke off")


def test_a_port_where_nobody_listens_certainly_got_nothing():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = post(f"http://127.0.0.1:{taken.getsockname()[1]}/token-in-path")
    assert (answer.status, answer.sent) == (0, False)
    assert "token-in-path" not in answer.message


@pytest.mark.parametrize("url", ["ftp://x/y", "http:///x", "x", "", "http://[::1", "http://x:99999/"])
def test_what_is_no_url_of_a_webhook_is_said_to_be_none(url: str):
    answer = post(url)
    assert (answer.status, answer.sent) == (0, False)
    assert "http:// or https://" in answer.message


def test_a_header_of_two_lines_is_not_sent(receiver: Receiver):
    answer = post(f"{receiver.url}/ok", headers={"X-A": "b\r\nX-C: d"})
    assert answer == Answer(0, message="header 'X-A' is not one line of text", sent=False)
    assert receiver.received == []


def test_a_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path):
    authority = Authority(tmp_path)
    pair = authority.server("hook")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pair.cert, pair.key)
    with Receiver(serving) as secure:
        refused = post(f"{secure.url}/ok")
        assert (refused.status, refused.sent) == (0, False)
        assert "certificate" in refused.message.lower()
        assert secure.received == []
        trusting = ssl.create_default_context(cafile=authority.ca_file)
        assert post(f"{secure.url}/ok", tls=trusting).ok


SPELLINGS = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1", "[::ffff:7f00:1]"]


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_refused_network_is_out_of_reach_however_it_is_spelt(receiver: Receiver, host: str):
    port = receiver.url.rpartition(":")[2]
    answer = post(f"http://{host}:{port}/ok", refuse=("127.0.0.0/8", "::1/128"))
    assert (answer.status, answer.sent) == (0, False)
    assert "which no webhook may reach" in answer.message
    assert receiver.received == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "017700000001"])
def test_an_address_that_only_the_system_can_read_is_not_connected_to(receiver: Receiver, host: str):
    port = receiver.url.rpartition(":")[2]
    answer = post(f"http://{host}:{port}/ok", refuse=("127.0.0.0/8", "::1/128"))
    assert (answer.status, answer.sent) == (0, False)
    assert receiver.received == []


def test_calls_are_counted_without_their_address(receiver: Receiver):
    metrics = Metrics()
    post(f"{receiver.url}/ok", metrics=metrics)
    post(f"{receiver.url}/quote", metrics=metrics)
    text = metrics.exposition().decode()
    for code in ("200", "503"):
        assert f'fireline_api_requests_total{{code="{code}",resource="webhooks",verb="post"}} 1.0' in text
    assert receiver.url not in text


V4 = st.ip_addresses(v=4)
METADATA = ipaddress.ip_network("169.254.0.0/16")


@given(address=st.ip_addresses(network=METADATA))
def test_every_way_to_write_a_refused_ipv4_address_in_ipv6_is_refused(address: ipaddress.IPv4Address):
    guard = Guard([METADATA])
    number = int(address)
    ways = [
        address,
        ipaddress.IPv6Address(number),
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ]
    assert [guard.refused_by(str(way)) for way in ways] == [METADATA] * len(ways)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::a9fe:a9fe%eth0",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "168.63.129.16",
        "64:ff9b::a83f:8110",
    ],
)
def test_the_metadata_of_every_large_cloud_is_out_of_reach_unless_the_settings_say_otherwise(address: str):
    refuse = map(ipaddress.ip_network, MitigationSettings().webhook_refuse)
    assert Guard(refuse).refused_by(address) is not None


@given(address=V4)
def test_only_refused_networks_are_refused(address: ipaddress.IPv4Address):
    refused = Guard([METADATA]).refused_by(str(address)) is not None
    assert refused == (address in METADATA)


@pytest.mark.parametrize("text", ["localhost", "", "127.1", "0x7f000001"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(AddressRefused):
        Guard().refused_by(text)


def test_the_body_of_the_longest_request_is_still_sent(receiver: Receiver):
    text = "x" * (MOST_BYTES - 2)
    assert len(json.dumps(text)) == MOST_BYTES
    assert post(f"{receiver.url}/ok", body=text).ok
