"""One DNS question to one server: what it answers, or that it does not know.

UDP, repeated because packets get lost, then TCP when the answer does not fit (RFC 7766). This asks DNS
itself, without `/etc/hosts` and search domains: a check of a record wants to know what the server says.
"""

from __future__ import annotations

import socket

from dns import asyncquery, exception, message, name, rcode
from dns.asyncbackend import get_default_backend

from fireline.synthetic.engine.answer import Answer, Denial, TargetError
from fireline.synthetic.engine.wire import connect
from fireline.synthetic.engine.wire.addresses import joined, split
from fireline.synthetic.engine.wire.exchange import Exchange, exchange
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import DnsRequest
from fireline.synthetic.text import readable

PORT = 53
_AGAIN = 2.0  # seconds after which a question is repeated
_PAYLOAD = 1232  # what fits every path without fragments (DNS flag day 2020)
_LONGEST_RECORD = 4096
_TYPES = ("A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA")
_DENIALS = {
    rcode.NXDOMAIN: ("NXDomain", "there is no such name"),
    rcode.SERVFAIL: ("ServFail", "the server could not find out"),
    rcode.REFUSED: ("Refused", "the server does not answer this question"),
}


def ready(*, tls: bool) -> None:  # noqa: ARG001 - the signature of every protocol
    """Load now what would otherwise be loaded while a target is timed."""
    connect.ready()
    get_default_backend()


async def dns(request: DnsRequest, *, guard: Guard, deadline: float) -> Answer:
    """The records of one type, none included. Raises TargetError; a no of the server is a denial.

    A server the step names goes through the guard. The machine's own resolver does not: no step chose it,
    and clusters put it on a link-local address. What a record says is only text.
    """
    question = _question(request)
    host, port = split(request.server, default_port=PORT) if request.server else (_own_resolver(), PORT)
    async with exchange(f"{request.type} {request.name}", guard=guard, deadline=deadline) as one:
        found = await connect.addresses(one, host, request.ip_family) if request.server else (host,)
        one.address = joined(found[0], port)
        one.phase = f"waiting for the DNS server {one.address}"
        try:
            reply = await _ask(question, found[0], port)
        except ConnectionRefusedError as error:
            raise one.failed("Connect", f"no DNS server listens at {one.address}") from error
        except (exception.DNSException, ValueError, LookupError) as error:
            raise one.failed("Protocol", f"what {one.address} sent is no answer to a DNS question") from error
        return _answer(one, question, reply)


async def _ask(question: message.QueryMessage, address: str, port: int) -> message.Message:
    try:
        while True:
            try:
                return await _by_udp(question, address, port)
            except exception.Timeout:
                continue
    except message.Truncated:
        return await asyncquery.tcp(question, address, port=port)


async def _by_udp(question: message.QueryMessage, address: str, port: int) -> message.Message:
    """The reply to one datagram, from a connected socket: so that a closed port is noticed."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    backend = get_default_backend()
    opened = await backend.make_socket(  # type: ignore[no-untyped-call]  # dnspython types all but its backends
        family, socket.SOCK_DGRAM, destination=(address, port)
    )
    async with opened as udp:
        return await asyncquery.udp(
            question, address, port=port, timeout=_AGAIN, raise_on_truncation=True, sock=udp
        )


def _question(request: DnsRequest) -> message.QueryMessage:
    if request.type not in _TYPES:
        raise TargetError("InvalidRequest", f"{request.type!r} is no type of record: {', '.join(_TYPES)}")
    try:
        asked = name.from_text(request.name)
    except exception.DNSException as error:
        raise TargetError(
            "InvalidRequest", f"{readable(request.name, limit=300)!r} is no DNS name"
        ) from error
    return message.make_query(asked, request.type, use_edns=0, payload=_PAYLOAD)


def _answer(one: Exchange, question: message.QueryMessage, reply: message.Message) -> Answer:
    asked = question.question[0].rdtype
    records = sorted(
        readable(record.to_text(), limit=_LONGEST_RECORD)
        for found in reply.answer
        if found.rdtype == asked
        for record in found
    )
    return one.answered(records=tuple(records), denial=_denial(one, reply.rcode()))


def _denial(one: Exchange, code: rcode.Rcode) -> Denial | None:
    if code == rcode.NOERROR:
        return None
    word = rcode.to_text(code)
    reason, told = _DENIALS.get(code, ("DNSRefused", "the server does not answer"))
    return Denial(reason, f"{one.target}: {told} ({word} from {one.address})")


def _own_resolver() -> str:
    """The first name server of `/etc/resolv.conf`."""
    from dns import resolver  # noqa: PLC0415 - only questions without a server need it

    try:
        return str(resolver.Resolver().nameservers[0])
    except (exception.DNSException, LookupError) as error:
        raise TargetError("DNS", "this machine has no name server: give the step a server") from error
