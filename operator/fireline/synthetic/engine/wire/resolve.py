"""Names to addresses, as every other program of the machine sees them (`/etc/hosts`, search domains).

The system's resolver blocks and cannot be cancelled, so each question gets a daemon thread that nobody
waits for once the deadline has passed: neither the next step nor the end of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire.requests import IpFamily

Resolver = Callable[[str, IpFamily], Awaitable[tuple[str, ...]]]
"""Every address of a host in the order to try them, literals included; raises TargetError (DNS)."""

_FAMILIES = {"Auto": socket.AF_UNSPEC, "IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


async def system_resolver(host: str, family: IpFamily) -> tuple[str, ...]:
    """The addresses ``getaddrinfo`` gives, without repetitions."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(addresses: tuple[str, ...], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def ask() -> None:
        addresses: tuple[str, ...] = ()
        error: Exception | None = None
        try:
            addresses = _lookup(host, family)
        except (OSError, ValueError) as failure:
            error = TargetError("DNS", _words(host, family, failure))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(settle, addresses, error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer


def _lookup(host: str, family: IpFamily) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, _FAMILIES[family], socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _words(host: str, family: IpFamily, failure: Exception) -> str:
    if isinstance(failure, UnicodeError):
        return f"{host!r} is no host name: a label has 1 to 63 characters"
    if isinstance(failure, socket.gaierror) and failure.errno in _NO_SUCH_NAME:
        return f"{host} has no address" if family == "Auto" else f"{host} has no {family} address"
    if isinstance(failure, socket.gaierror) and failure.errno == socket.EAI_AGAIN:
        return f"{host} could not be looked up: the name servers gave no answer"
    reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else str(failure)
    return f"{host} could not be looked up: {reason}"
