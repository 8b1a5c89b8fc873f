"""Which addresses a webhook may be at: asked at the moment of connecting, about the very address.

Used by :mod:`fireline.kube.webhooks`. A name is of no interest here: whatever a name server says, or says
the second time, every socket is made by :meth:`Guard.socket_for`, for one address.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterable, Iterator

from aiohappyeyeballs import AddrInfoType

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""IPv6 networks whose addresses end in an IPv4 address (RFC 4291, RFC 6052, RFC 8215): gateways go there."""
_LOOPBACKS = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


class AddressRefused(OSError):
    """The settings put this address out of reach. An OSError: the next address of a name is tried."""


class Guard:
    """``refuse``: networks that are out of reach."""

    def __init__(self, refuse: Iterable[Network] = ()) -> None:
        self._refuse = tuple(refuse)

    def socket_for(self, address: AddrInfoType) -> socket.socket:
        """A socket to connect to this address, and no other, with. Raises AddressRefused."""
        family, kind, protocol, _, where = address
        network = self.refused_by(str(where[0]))
        if network is not None:
            raise AddressRefused(errno.EACCES, f"{where[0]} is in {network}, which no webhook may reach")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def refused_by(self, address: str) -> Network | None:
        """The network that puts an address out of reach, if any. Raises AddressRefused for what is none."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError as error:
            raise AddressRefused(errno.EACCES, f"{address} is no IP address") from error
        ends = tuple(_ends(found))
        return next((one for one in self._refuse if any(end in one for end in ends)), None)


def _ends(address: _Address) -> Iterator[_Address]:
    """Every address a packet to this one may end at."""
    yield address
    inner = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else ()
    yield from inner
    if any(one.is_unspecified for one in (address, *inner)):
        yield from _LOOPBACKS  # where Linux takes it


def _embedded(address: ipaddress.IPv6Address) -> tuple[_Address, ...]:
    """IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo, translated."""
    last = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    ends = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
    translated = (last,) if any(address in network for network in _EMBEDDING) else ()
    return (*(one for one in ends if one is not None), *translated)
