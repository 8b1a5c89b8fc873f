"""One exchange with a target: its deadline, how far it came, and what its failures are called.

Every protocol module runs inside :func:`exchange`, which turns whatever the network and its libraries raise
into :class:`TargetError`, and leaves no connection behind.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fireline.synthetic.engine.answer import Answer, Certificate, TargetError
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.stream import Stream
from fireline.synthetic.text import readable


class Exchange:
    """What is known of an exchange while it runs."""

    def __init__(self, target: str, *, guard: Guard, deadline: float) -> None:
        self.target = target
        self.guard = guard
        self.deadline = deadline
        self.phase = "before the first packet"
        self.address = ""
        self.certificate: Certificate | None = None
        self.streams: list[Stream] = []
        self.sockets: list[socket.socket] = []
        self._started = self.now()

    @staticmethod
    def now() -> float:
        """The clock of the deadline."""
        return asyncio.get_running_loop().time()

    def seconds(self) -> float:
        """Since the exchange began."""
        return self.now() - self._started

    def failed(self, reason: str, message: str) -> TargetError:
        """The error of this exchange, with its target and everything learned so far."""
        return TargetError(
            reason, f"{self.target}: {message}", certificate=self.certificate, address=self.address
        )

    def answered(self, **found: Any) -> Answer:
        """The answer of this exchange, timed now."""
        return Answer(seconds=self.seconds(), address=self.address, certificate=self.certificate, **found)


@asynccontextmanager
async def exchange(target: str, *, guard: Guard, deadline: float) -> AsyncIterator[Exchange]:
    """An exchange that ends at `deadline` (the event loop's clock) whatever the target does.

    Raises TargetError for every failure of the target or the network.
    """
    one = Exchange(target, guard=guard, deadline=deadline)
    try:
        async with asyncio.timeout_at(deadline):
            yield one
        await _close(one)
    except TargetError as error:
        if error.address or error.certificate or not (one.address or one.certificate):
            raise
        raise TargetError(
            error.reason, str(error), certificate=one.certificate, address=one.address
        ) from error
    except TimeoutError as error:
        raise one.failed("Timeout", f"no answer in {_told(one.seconds())}, {one.phase}") from error
    except ssl.SSLError as error:
        raise one.failed("TLS", f"the TLS connection broke {one.phase}: {_alert(error)}") from error
    except (OSError, EOFError) as error:
        raise one.failed("Disconnected", f"it ended the connection {one.phase}{_why(error)}") from error
    finally:
        for stream in one.streams:
            stream.abort()
        await asyncio.sleep(0)  # asyncio closes what it has aborted in the loop's next turn
        for left in one.sockets:
            left.close()  # for those that never became a stream


async def _close(one: Exchange) -> None:
    for stream in one.streams:
        await stream.close()


def _told(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _alert(error: ssl.SSLError) -> str:
    return readable((error.reason or str(error)).replace("_", " ").lower(), limit=100)


def _why(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f" ({words[0].lower()}{words[1:]})" if words else ""
