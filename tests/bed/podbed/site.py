"""Names, addresses and the lock of one pod bed: no two beds of one computer share any.

A bed takes the first free number. Its lock is a name in the kernel (an abstract Unix socket): it goes when
the last process that holds it is gone, however that ended, so no stale file can block a number.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from tests.bed.errors import BedError

_BEDS = range(32)


@dataclass(frozen=True, slots=True)
class Site:
    """Where bed ``number`` lives. All networks are private ones that exist while the bed does."""

    number: int

    @property
    def name(self) -> str:
        """Name of the node, of its cgroup, and the start of its interfaces' names."""
        return f"fireline-pods{self.number}"

    @property
    def interface(self) -> str:
        """The host's end of the link; the bed's end has ``n`` for ``h`` (15 characters at most)."""
        return f"flpods{self.number}h"

    @property
    def pods(self) -> ipaddress.IPv4Network:
        """Addresses of the pods and, as the first one, of the node."""
        return ipaddress.IPv4Network(f"10.231.{self.number}.0/24")

    @property
    def services(self) -> ipaddress.IPv4Network:
        """Addresses of Services; the first is the API server's."""
        return ipaddress.IPv4Network(f"10.232.{self.number}.0/24")

    @property
    def link(self) -> ipaddress.IPv4Network:
        """The link between host (first address) and bed (second)."""
        return ipaddress.IPv4Network(f"10.233.{self.number}.0/30")

    @property
    def node_address(self) -> str:
        """The node: API server, kubelet, DNS and everything else that runs inside, for host and pods."""
        return str(self.pods[1])

    @property
    def host_address(self) -> str:
        """The host as pods see it: where a test's own server listens when pods must reach it."""
        return str(self.link[1])


def claim() -> tuple[Site, socket.socket]:
    """A free site and its lock, to be held as long as anything of the bed is there.

    Raises BedError when all are taken.
    """
    routes = list(_routes())
    for number in _BEDS:
        site = Site(number)
        # Over its own interface there can only be what a dead bed has left.
        taken = [route for interface, route in routes if interface != site.interface]
        if any(mine.overlaps(route) for mine in (site.pods, site.services, site.link) for route in taken):
            continue
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0fireline-pod-bed-{number}")
        except OSError:
            lock.close()
            continue
        return site, lock
    raise BedError(f"all {len(_BEDS)} places for pod beds are taken, or their networks are routed elsewhere")


def _routes() -> Iterable[tuple[str, ipaddress.IPv4Network]]:
    """What this computer routes, and over which interface."""
    done = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True)
    for route in json.loads(done.stdout or "[]"):
        if route["dst"] != "default":
            yield route.get("dev", ""), ipaddress.IPv4Network(route["dst"], strict=False)
