"""DNS steps against servers that answer over UDP and TCP, well and badly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest
from dns import flags, message, rcode, rrset
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.wire.servers import failure, listening, resolving, run, soon

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire import dns
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import DnsRequest

GUARD = Guard.of(["169.254.0.0/16"], resolver=resolving(ns_example="127.0.0.1"))
Replying = Callable[[message.Message], bytes | None]


class Udp(asyncio.DatagramProtocol):
    """Answers each question, or leaves it."""

    def __init__(self, replying: Replying) -> None:
        self.replying = replying

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr) -> None:
        reply = self.replying(message.from_wire(data))
        if reply is not None:
            self.transport.sendto(reply, addr)


@asynccontextmanager
async def nameserver(udp: Replying, tcp: Replying | None = None):
    """The port of a server on 127.0.0.1, the same for both protocols."""

    async def talk(reader, writer):
        length = int.from_bytes(await reader.readexactly(2), "big")
        reply = tcp(message.from_wire(await reader.readexactly(length)))
        writer.write(len(reply).to_bytes(2, "big") + reply)

    async with listening(talk) as port:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Udp(udp), local_addr=("127.0.0.1", port))
        try:
            yield port
        finally:
            transport.close()


def saying(*records: str, code: rcode.Rcode = rcode.NOERROR, cut: bool = False) -> Replying:
    """A reply of these records (`name type text`)."""

    def reply(question: message.Message) -> bytes:
        answer = message.make_response(question)
        answer.set_rcode(code)
        if cut:
            answer.flags |= flags.TC
        for record in records:
            name, kind, text = record.split(" ", 2)
            answer.answer.append(rrset.from_text(f"{name}.", 60, "IN", kind, text))
        return answer.to_wire(max_size=65535)

    return reply


async def asked(udp, tcp=None, *, name="shop.example", kind="A", seconds=20.0, host="127.0.0.1"):
    async with nameserver(udp, tcp) as port:
        request = DnsRequest(name, kind, server=f"{host}:{port}")
        return await dns.dns(request, guard=GUARD, deadline=soon(seconds))


def test_records_are_given_as_a_zone_file_writes_them():
    got = run(asked(saying("shop.example A 192.0.2.2", "shop.example A 192.0.2.1")))

    assert got.records == ("192.0.2.1", "192.0.2.2")
    assert got.denial is None
    assert got.address.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AAAA", "2001:db8::1"),
        ("CNAME", "www.example."),
        ("MX", "10 mail.example."),
        ("NS", "ns1.example."),
        ("TXT", '"v=spf1 -all" "two"'),
        ("SRV", "0 5 5060 sip.example."),
        ("SOA", "ns1.example. admin.example. 1 7200 900 1209600 86400"),
    ],
)
def test_every_type_is_asked_for_and_read(kind, text):
    assert run(asked(saying(f"shop.example {kind} {text}"), kind=kind)).records == (text,)


def test_an_alias_on_the_way_is_not_a_record_that_was_asked_for():
    got = run(asked(saying("shop.example CNAME lb.example.", "lb.example A 192.0.2.1")))

    assert got.records == ("192.0.2.1",)


def test_a_name_without_records_of_the_type_is_an_answer_of_none():
    got = run(asked(saying()))

    assert (got.records, got.denial) == ((), None)


def test_a_record_of_a_refused_address_is_only_text():
    assert run(asked(saying("shop.example A 169.254.169.254"))).records == ("169.254.169.254",)


def test_a_server_may_be_a_name():
    assert run(asked(saying("shop.example A 192.0.2.1"), host="ns.example")).records == ("192.0.2.1",)


def test_a_name_in_any_alphabet_is_asked_for():
    names = []

    def replying(question):
        names.append(str(question.question[0].name))
        return saying()(question)

    run(asked(replying, name="läden.example"))
    assert names == ["xn--lden-loa.example."]


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (rcode.NXDOMAIN, "NXDomain", "there is no such name (NXDOMAIN from 127.0.0.1:"),
        (rcode.SERVFAIL, "ServFail", "the server could not find out (SERVFAIL"),
        (rcode.REFUSED, "Refused", "the server does not answer this question (REFUSED"),
        (rcode.NOTIMP, "DNSRefused", "the server does not answer (NOTIMP"),
    ],
)
def test_a_no_of_the_server_is_a_denial(code, reason, told):
    got = run(asked(saying(code=code)))

    assert got.denial is not None
    assert got.denial.reason == reason
    assert got.denial.message.startswith(f"A shop.example: {told}")


def test_an_answer_that_does_not_fit_is_asked_for_over_tcp():
    many = [f"shop.example A 192.0.{index // 250}.{index % 250}" for index in range(1000)]

    got = run(asked(saying(cut=True), saying(*many)))

    assert len(got.records) == 1000


def test_a_lost_packet_is_made_up_for(monkeypatch):
    monkeypatch.setattr(dns, "_AGAIN", 0.05)
    questions = []

    def replying(question):
        questions.append(question)
        return saying("shop.example A 192.0.2.1")(question) if len(questions) == 3 else None

    assert run(asked(replying)).records == ("192.0.2.1",)


def test_a_silent_server_ends_at_the_deadline():
    error = run(failure(asked(lambda _: None, seconds=0.3)))

    assert error.reason == "Timeout"
    assert "waiting for the DNS server 127.0.0.1:" in str(error)


def test_a_server_that_hangs_up_on_the_long_answer_is_a_disconnect():
    async def scenario():
        return await failure(asked(saying(cut=True), lambda _: b""))

    assert run(scenario()).reason in {"Disconnected", "Protocol"}


def test_a_closed_port_is_told():
    async def scenario():
        async with nameserver(saying()) as port:
            pass
        request = DnsRequest("shop.example", server=f"127.0.0.1:{port}")
        return await failure(dns.dns(request, guard=GUARD, deadline=soon()))

    error = run(scenario())
    assert error.reason == "Connect"
    assert "no DNS server listens at 127.0.0.1:" in str(error)


def test_an_answer_to_another_question_is_a_protocol_error():
    def replying(question):
        other = message.make_query("other.example", "A")
        other.id = question.id
        return message.make_response(other).to_wire()

    assert run(failure(asked(replying))).reason == "Protocol"


@given(st.binary(min_size=1, max_size=300), st.booleans())
@settings(max_examples=60, deadline=None)
def test_noise_is_a_protocol_error_or_an_answer(noise, with_header):
    """Noise alone, and after the twelve bytes that make it look like an answer at first."""

    def replying(question):
        return saying()(question)[:12] + noise if with_header else noise

    async def scenario():
        try:
            await asked(replying, saying())
        except TargetError as error:
            return error.reason
        return "answered"

    assert run(scenario()) in {"Protocol", "answered"}


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (DnsRequest("a..example", server="127.0.0.1"), "'a..example' is no DNS name"),
        (DnsRequest("a" * 64, server="127.0.0.1"), "is no DNS name"),
        (DnsRequest("a.example", "ANY", server="127.0.0.1"), "'ANY' is no type of record: A, AAAA, CNAME"),
        (DnsRequest("a.example", server="127.0.0.1:0"), "port 0: allowed are 1 to 65535"),
    ],
)
def test_what_makes_no_question_is_refused(request_, told):
    async def scenario():
        return await failure(dns.dns(request_, guard=GUARD, deadline=soon(0.2)))

    error = run(scenario())
    assert error.reason == "InvalidRequest"
    assert told in str(error)


def test_without_a_server_the_machines_own_is_asked_unguarded(monkeypatch):
    """Clusters put it on a link-local address, and no step chose it."""
    monkeypatch.setattr(dns, "_own_resolver", lambda: "127.0.0.1")

    async def scenario():
        async with nameserver(saying("shop.example A 192.0.2.1")) as port:
            monkeypatch.setattr(dns, "PORT", port)
            guard = Guard.of(["127.0.0.0/8"])
            return await dns.dns(DnsRequest("shop.example"), guard=guard, deadline=soon())

    assert run(scenario()).records == ("192.0.2.1",)
