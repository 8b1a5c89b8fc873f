"""A TLS handshake and nothing after it: is the certificate good, and until when."""

from __future__ import annotations

from fireline.synthetic.engine.answer import Answer
from fireline.synthetic.engine.wire import connect, trust
from fireline.synthetic.engine.wire.addresses import split
from fireline.synthetic.engine.wire.exchange import exchange
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import TlsOptions, TlsRequest


def ready(*, tls: bool) -> None:
    """Load now what would otherwise be loaded while a target is timed."""
    connect.ready()
    if tls:
        trust.context(TlsOptions())


async def tls(request: TlsRequest, *, guard: Guard, deadline: float) -> Answer:
    """Shake hands and say goodbye. Raises TargetError, with the certificate where one was shown."""
    host, port = split(request.address)
    context = trust.context(request.tls)
    async with exchange(request.address, guard=guard, deadline=deadline) as one:
        connected = await connect.dial(one, host, port, request.ip_family)
        await connect.secure(one, connected, host=host, tls=request.tls, context=context)
        return one.answered()
