"""Which addresses a check may reach: asked with the address that is connected to, never with a name.

A name is resolved once, its addresses are checked, and the connection goes to one of those: an answer that
changes between check and connect (DNS rebinding) changes nothing. Spellings do not matter either
(`0x7f.1`, `2852039166`, `::ffff:169.254.169.254`), because what is checked is the address they mean.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire.resolve import Resolver, system_resolver

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_IPV4_LAST = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""Networks whose last 32 bits are an IPv4 address: compatible, translated, NAT64, local NAT64 (RFC 8215)."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Networks that are out of reach, and how names become addresses."""

    refuse: tuple[Network, ...] = ()
    resolver: Resolver = field(default=system_resolver)

    @classmethod
    def of(cls, refuse: Iterable[str], *, resolver: Resolver = system_resolver) -> Guard:
        """The guard of these CIDRs. Raises ValueError for what is no CIDR."""
        return cls(tuple(ipaddress.ip_network(cidr, strict=False) for cidr in refuse), resolver)

    def refused_by(self, address: str) -> Network | None:
        """The network that puts an address (`169.254.169.254`, `fe80::1%eth0`) out of reach, if any."""
        meant = tuple(_meanings(ipaddress.ip_address(address.partition("%")[0])))
        return next((net for net in self.refuse if any(one in net for one in meant)), None)

    def allowed(self, host: str, addresses: Iterable[str]) -> tuple[str, ...]:
        """Those of a host's addresses that may be reached, in order.

        Raises TargetError when there is none (DNS), or none of them may (AddressRefused).
        """
        found = tuple(addresses)
        if not found:
            raise TargetError("DNS", f"{host} has no address")
        fine = tuple(one for one in found if self.refused_by(one) is None)
        if fine:
            return fine
        told = found[0] if found[0] == host else f"{host} is {found[0]}, which"
        raise TargetError(
            "AddressRefused", f"{told} is in {self.refused_by(found[0])}: checks may not reach that network"
        )


def _meanings(address: _Address) -> Iterator[_Address]:
    """The address, and those a packet to it may end at: an IPv4 address it carries, or this machine."""
    for one in (address, *_carried(address)):
        yield one
        if one.is_unspecified:  # Linux takes it for the loopback interface
            yield ipaddress.IPv4Address("127.0.0.1")
            yield ipaddress.IPv6Address("::1")


def _carried(address: _Address) -> Iterator[_Address]:
    if isinstance(address, ipaddress.IPv6Address):
        yield from (one for one in (address.ipv4_mapped, address.sixtofour) if one is not None)
        yield from address.teredo or ()
        if any(address in network for network in _IPV4_LAST):
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
