"""From a host and a port to a connection, through the guard: the only place that opens connections.

A name is resolved once; its allowed addresses are tried in turn, families alternating, the next one after a
quarter of a second (RFC 8305), and the first that answers is it. The name stays what it was for SNI, for the
certificate and for `Host`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import socket
import ssl

import aiohappyeyeballs

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire import trust
from fireline.synthetic.engine.wire.addresses import joined
from fireline.synthetic.engine.wire.certificates import of_peer
from fireline.synthetic.engine.wire.exchange import Exchange
from fireline.synthetic.engine.wire.requests import IpFamily, TlsOptions
from fireline.synthetic.engine.wire.stream import LINGER, Stream

_MOST_ADDRESSES = 16
_DELAY = 0.25
_FOREVER = 86_400.0  # the exchange's own deadline comes first
_PEEK = 2.0
_Info = tuple[int, int, int, str, tuple[str, int]]


def ready() -> None:
    """Load now what the first look-up of a name would load while a target is timed."""
    "localhost".encode("idna")


async def addresses(one: Exchange, host: str, family: IpFamily) -> tuple[str, ...]:
    """The addresses of a host that may be reached. Raises TargetError (DNS, AddressRefused)."""
    one.phase = f"looking up {host}"
    found = await one.guard.resolver(host, family)
    return one.guard.allowed(host, found)[:_MOST_ADDRESSES]


async def dial(one: Exchange, host: str, port: int, family: IpFamily) -> socket.socket:
    """A connected socket to one of the host's allowed addresses. Raises TargetError (and Connect)."""
    found = await addresses(one, host, family)
    one.phase = f"connecting to {_listed(found, port)}"
    try:
        connected = await aiohappyeyeballs.start_connection(
            [_info(address, port) for address in found], happy_eyeballs_delay=_DELAY
        )
    except OSError as error:
        raise one.failed("Connect", f"no connection to {_listed(found, port)}: {_refusals(error)}") from error
    one.sockets.append(connected)
    one.address = joined(*connected.getpeername()[:2])
    return connected


async def plain(one: Exchange, connected: socket.socket) -> Stream:
    """A connection without TLS over a connected socket."""
    stream = Stream()
    await asyncio.get_running_loop().create_connection(lambda: stream, sock=connected)
    one.streams.append(stream)
    return stream


async def secure(
    one: Exchange,
    connected: socket.socket,
    *,
    host: str,
    tls: TlsOptions,
    context: ssl.SSLContext,
) -> Stream:
    """A TLS connection over a connected socket, the server's certificate verified and noted.

    Raises TargetError (TLS, InvalidRequest); with the certificate also when it is not trusted.
    """
    one.phase = "during the TLS handshake"
    name = (tls.server_name or host).partition("%")[0].rstrip(".")
    peer = connected.getpeername()
    try:
        stream = await _handshake(one, connected, context, name)
    except ssl.SSLCertVerificationError as error:
        await _look(one, peer, name)
        raise one.failed("TLS", trust.distrust(error, name, one.certificate)) from error
    except ssl.SSLError as error:
        raise one.failed("TLS", trust.broken(error)) from error
    except ConnectionError as error:
        raise one.failed("TLS", "it ended the connection during the TLS handshake") from error
    except ValueError as error:
        raise one.failed("InvalidRequest", f"{name!r} is no name for a TLS server") from error
    one.certificate = of_peer(stream.ssl_object)
    return stream


async def _handshake(one: Exchange, connected: socket.socket, context: ssl.SSLContext, name: str) -> Stream:
    stream = Stream()
    await asyncio.get_running_loop().create_connection(
        lambda: stream,
        sock=connected,
        ssl=context,
        server_hostname=name,
        ssl_handshake_timeout=_FOREVER,
        ssl_shutdown_timeout=LINGER,
    )
    one.streams.append(stream)
    return stream


async def _look(one: Exchange, peer: tuple[str, int], name: str) -> None:
    """Note the certificate that was not trusted: from a second handshake, after which nothing is sent.

    OpenSSL does not give a certificate out that it has refused.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(min(loop.time() + _PEEK, one.deadline - 0.05)):
            connected = await aiohappyeyeballs.start_connection([_info(*peer[:2])])
            one.sockets.append(connected)
            stream = await _handshake(one, connected, trust.blind(), name)
    except (OSError, TargetError):
        return
    one.certificate = of_peer(stream.ssl_object)


def _info(address: str, port: int) -> _Info:
    version = ipaddress.ip_address(address.partition("%")[0]).version
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def _listed(found: tuple[str, ...], port: int) -> str:
    shown = ", ".join(joined(address, port) for address in found[:3])
    return shown if len(found) <= 3 else f"{shown} and {len(found) - 3} more"


def _refusals(error: OSError) -> str:
    """What the system said to each attempt, once each; several errors come as one text."""
    numbers = dict.fromkeys(int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error)))
    return ", ".join(os.strerror(number).lower() for number in numbers) or "no address answers"
