"""The guard: what counts is the address connected to, not its spelling or what a name says later."""

from __future__ import annotations

import ipaddress
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.wire.servers import answer, failure, fetch, listening, resolving, run, soon
from tests.unit.synthetic.wire.shop import site

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire import dns, grpc_health, tcp, tls
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import (
    DnsRequest,
    GrpcHealthRequest,
    TcpRequest,
    TlsOptions,
    TlsRequest,
)
from fireline.synthetic.engine.wire.resolve import system_resolver

METADATA = ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")
GUARD = Guard.of(METADATA)
REFUSED = st.integers(0, 0xFFFF).map(lambda low: 0xA9FE0000 | low)


def spellings(number: int) -> list[str]:
    """Ways to write an IPv4 address that some resolver, library or kernel takes."""
    a, b, c, d = number.to_bytes(4, "big")
    return [
        f"{a}.{b}.{c}.{d}",
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{b << 16 | c << 8 | d}",
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#X}.{b}.0{c:o}.{d}",
        f"::ffff:{a}.{b}.{c}.{d}",
        f"0:0:0:0:0:ffff:{number >> 16:x}:{number & 0xFFFF:x}",
        f"::{a}.{b}.{c}.{d}",
        f"64:ff9b::{a}.{b}.{c}.{d}",
        f"64:ff9b:1:7::{a}.{b}.{c}.{d}",
        f"::ffff:0:{a}.{b}.{c}.{d}",
        f"2001:0:c000:201::{~number >> 16 & 0xFFFF:x}:{~number & 0xFFFF:x}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
    ]


@given(REFUSED)
@settings(max_examples=30, deadline=None)
def test_no_spelling_of_a_refused_address_gets_through(number):
    async def scenario():
        for host in spellings(number):
            found = await system_resolver(host, "Auto")
            with pytest.raises(TargetError) as refused:
                GUARD.allowed(host, found)
            assert refused.value.reason == "AddressRefused"

    run(scenario())


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_every_other_ipv4_address_gets_through(address):
    inside = address in ipaddress.ip_network("169.254.0.0/16")

    assert (GUARD.refused_by(str(address)) is not None) == inside
    assert (GUARD.refused_by(f"::ffff:{address}") is not None) == inside


@pytest.mark.parametrize("address", ["fe80::1", "fe80::1%eth0", "fe80::a9fe:1%2", "fd00:ec2::254"])
def test_refused_ipv6_addresses_do_not_get_through(address):
    assert GUARD.refused_by(address) is not None


@pytest.mark.parametrize("address", ["2001:db8::1", "fd00:ec2::253", "::1", "::ffff:10.0.0.1"])
def test_other_ipv6_addresses_do(address):
    assert GUARD.refused_by(address) is None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "::ffff:0.0.0.0", "127.8.8.8", "::ffff:127.0.0.1"])
def test_who_refuses_loopback_refuses_every_way_to_it(address):
    assert Guard.of(["127.0.0.0/8"]).refused_by(address) is not None


def test_a_network_written_with_host_bits_is_that_network():
    assert Guard.of(["10.1.2.3/8"]).refused_by("10.9.9.9") is not None


@pytest.mark.parametrize("cidr", ["10.0.0.0/33", "example.com", ""])
def test_what_is_no_network_is_an_error(cidr):
    with pytest.raises(ValueError, match=r"\w"):
        Guard.of([cidr])


@pytest.mark.parametrize(
    "call",
    [
        lambda host, **how: fetch(f"http://{host}:80/", guard=how["guard"]),
        lambda host, **how: fetch(f"https://{host}/", guard=how["guard"]),
        lambda host, **how: tcp.tcp(TcpRequest(f"{host}:5432"), **how),
        lambda host, **how: tls.tls(TlsRequest(f"{host}:443"), **how),
        lambda host, **how: dns.dns(DnsRequest("example.com", server=host), **how),
        lambda host, **how: grpc_health.grpc_health(GrpcHealthRequest(f"{host}:50051"), **how),
        lambda host, **how: grpc_health.grpc_health(
            GrpcHealthRequest(f"{host}:50051", tls=TlsOptions()), **how
        ),
    ],
)
@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.example"])
def test_every_kind_of_step_is_guarded(call, host):
    guard = Guard.of(METADATA, resolver=resolving(metadata_example="169.254.169.254"))

    async def scenario():
        return await failure(call(host, guard=guard, deadline=soon()))

    error = run(scenario())
    assert error.reason == "AddressRefused"
    assert "in 169.254.0.0/16: checks may not reach that network" in str(error)


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked():
    """DNS rebinding: the second answer would be refused, and must not even be asked for."""
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])

    async def rebinding(_host, _family):
        return next(answers)

    async def scenario():
        async with site() as shop:
            guard = Guard.of(METADATA, resolver=rebinding)
            first = await fetch(f"http://rebind.example:{shop.port}/", guard=guard)
            second = await failure(fetch(f"http://rebind.example:{shop.port}/", guard=guard))
            return first, second, shop

    first, second, shop = run(scenario())
    assert (first.status, first.address) == (200, f"127.0.0.1:{shop.port}")
    assert shop.asked[0].headers["host"] == f"rebind.example:{shop.port}"
    assert second.reason == "AddressRefused"
    assert len(shop.asked) == 1


def test_of_a_names_addresses_only_the_allowed_ones_are_left():
    found = ("169.254.169.254", "127.0.0.1", "fe80::1", "2001:db8::1", "::ffff:169.254.1.1")
    assert GUARD.allowed("mixed.example", found) == ("127.0.0.1", "2001:db8::1")


def test_only_the_allowed_addresses_of_a_name_are_connected_to():
    guard = Guard.of(METADATA, resolver=resolving(mixed_example="169.254.169.254 127.0.0.1"))

    async def scenario():
        async with site() as shop:
            got = await fetch(f"http://mixed.example:{shop.port}/", guard=guard)
            return got.address, shop.port

    address, port = run(scenario())
    assert address == f"127.0.0.1:{port}"


def test_a_refused_loopback_service_is_never_connected_to():
    connected = []

    async def talk(_reader, writer):
        connected.append(writer)

    async def scenario():
        async with listening(talk) as port:
            guard = Guard.of(["127.0.0.0/8", "::1/128"])
            errors = [
                await failure(fetch(f"http://{host}:{port}/", guard=guard))
                for host in ("localhost", "127.1", "2130706433", "0", "[::ffff:127.0.0.1]", "[::]", "0x7f.1")
            ]
            return {error.reason for error in errors}

    assert run(scenario()) == {"AddressRefused"}
    assert connected == []


def test_the_next_address_is_tried_when_one_does_not_answer():
    guard = Guard(resolver=resolving(two_example="127.0.0.2 127.0.0.1"))

    async def scenario():
        async with site() as shop:  # on 127.0.0.1 alone
            return (await fetch(f"http://two.example:{shop.port}/", guard=guard)).status

    assert run(scenario()) == 200


def test_both_families_are_tried():
    guard = Guard(resolver=resolving(dual_example="::1 127.0.0.1"))

    async def scenario():
        async with site() as four, site(host="::1") as six:
            return [
                (await fetch(f"http://dual.example:{shop.port}/", guard=guard)).address
                == f"{where}:{shop.port}"
                for shop, where in ((four, "127.0.0.1"), (six, "[::1]"))
            ]

    assert run(scenario()) == [True, True]


@pytest.mark.parametrize(("family", "expected"), [("IPv4", "127.0.0.1"), ("IPv6", "[::1]")])
def test_a_family_is_kept_to(family, expected, monkeypatch):
    """With the machine's own resolver, which is asked for that family only."""
    asked = []
    genuine = socket.getaddrinfo

    def both(_host, port, family=0, *rest):
        asked.append(family)
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        return genuine(host, port, family, *rest)

    async def scenario():
        async with site(lambda _: answer(), host=expected.strip("[]")) as shop:
            monkeypatch.setattr(socket, "getaddrinfo", both)
            return (await fetch(f"http://dual.example:{shop.port}/", ip_family=family)).address

    assert run(scenario()).startswith(f"{expected}:")
    assert asked == [socket.AF_INET if family == "IPv4" else socket.AF_INET6]


@pytest.mark.parametrize(
    ("host", "family", "told"),
    [
        ("127.0.0.1", "IPv6", "127.0.0.1"),
        ("a" * 64 + ".example", "Auto", "a label has 1 to 63 characters"),
        ("a..example", "Auto", "a label has 1 to 63 characters"),
    ],
)
def test_a_name_without_an_address_is_a_dns_error(host, family, told):
    async def scenario():
        return await failure(
            tcp.tcp(TcpRequest(f"{host}:80", ip_family=family), guard=GUARD, deadline=soon())
        )

    error = run(scenario())
    assert error.reason == "DNS"
    assert told in str(error)


@pytest.mark.parametrize(
    ("number", "family", "told"),
    [
        (socket.EAI_NONAME, "Auto", "shop.example has no address"),
        (socket.EAI_NONAME, "IPv6", "shop.example has no IPv6 address"),
        (socket.EAI_AGAIN, "Auto", "shop.example could not be looked up: the name servers gave no answer"),
        (socket.EAI_FAIL, "Auto", "shop.example could not be looked up: broken"),
    ],
)
def test_what_the_machines_resolver_says_is_told_in_words(number, family, told, monkeypatch):
    def refusing(*_args):
        raise socket.gaierror(number, "broken")

    monkeypatch.setattr(socket, "getaddrinfo", refusing)

    async def scenario():
        request = TcpRequest("shop.example:80", ip_family=family)
        return await failure(tcp.tcp(request, guard=GUARD, deadline=soon()))

    error = run(scenario())
    assert (error.reason, str(error)) == ("DNS", told)


def test_a_resolver_that_hangs_ends_at_the_deadline_and_holds_nobody_up(monkeypatch):
    released = threading.Event()

    def stuck(*_args):
        released.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "gave up")

    monkeypatch.setattr(socket, "getaddrinfo", stuck)

    async def scenario():
        return await failure(tcp.tcp(TcpRequest("slow.example:80"), guard=GUARD, deadline=soon(0.2)))

    error = run(scenario())  # returns although the thread is still stuck
    released.set()

    assert error.reason == "Timeout"
    assert "looking up slow.example" in str(error)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("db", "'db' names no port: write db:443, for example"),
        ("db:0", "names port 0: allowed are 1 to 65535"),
        ("db:70000", "names port 70000: allowed are 1 to 65535"),
        ("::1:5432", "is no address: write host:port, or [IPv6]:port"),
        ("user:secret@db:5432", "the address is no address"),
        ("", "is no address"),
        ("db:5432/x", "is no address"),
        ("a b:1", "is no address"),
        ("nul\0.example:1", "is no address"),
    ],
)
def test_what_is_no_address_is_refused_with_an_example(address, told):
    async def scenario():
        return await failure(tcp.tcp(TcpRequest(address), guard=GUARD, deadline=soon(0.2)))

    error = run(scenario())
    assert error.reason == "InvalidRequest"
    assert told in str(error)
    assert "secret" not in str(error)
