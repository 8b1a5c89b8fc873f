"""The gRPC health checking protocol: one `grpc.health.v1.Health/Check`, and what its answer means.

See the gRPC document "GRPC Health Checking Protocol".
"""

from __future__ import annotations

import socket
import ssl

from fireline.synthetic.engine.answer import Answer, Denial, TargetError
from fireline.synthetic.engine.wire import connect, health_message, trust
from fireline.synthetic.engine.wire.addresses import joined, split
from fireline.synthetic.engine.wire.exchange import Exchange, exchange
from fireline.synthetic.engine.wire.grpc_call import Reply, unary
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import GrpcHealthRequest, TlsOptions
from fireline.synthetic.engine.wire.stream import Stream

_PATH = "/grpc.health.v1.Health/Check"
_ALPN = ("h2",)
_LONGEST = 1024
_SERVING = 1
_NOT_SERVING = {0: "UNKNOWN", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}


def ready(*, tls: bool) -> None:
    """Load now what would otherwise be loaded while a target is timed."""
    connect.ready()
    if tls:
        trust.context(TlsOptions(), alpn=_ALPN)


async def grpc_health(request: GrpcHealthRequest, *, guard: Guard, deadline: float) -> Answer:
    """Ask a server whether a service is serving. Anything but SERVING is an answer with a denial.

    Raises TargetError when there is no gRPC server, or none that can be reached.
    """
    host, port = split(request.address)
    message = health_message.request(request.service)
    if len(message) > _LONGEST:
        raise TargetError("InvalidRequest", "service is longer than 1 KiB")
    context = trust.context(request.tls, alpn=_ALPN) if request.tls else None
    async with exchange(request.address, guard=guard, deadline=deadline) as one:
        connected = await connect.dial(one, host, port, request.ip_family)
        stream = await _opened(one, connected, host, request.tls, context)
        scheme = "http" if request.tls is None else "https"
        reply = await unary(one, stream, target=(scheme, joined(host, port), _PATH), message=message)
        return one.answered(denial=_denial(one, request.service, reply))


async def _opened(
    one: Exchange,
    connected: socket.socket,
    host: str,
    tls: TlsOptions | None,
    context: ssl.SSLContext | None,
) -> Stream:
    if tls is None or context is None:
        return await connect.plain(one, connected)
    stream = await connect.secure(one, connected, host=host, tls=tls, context=context)
    if stream.ssl_object is None or stream.ssl_object.selected_alpn_protocol() != "h2":
        raise one.failed("Protocol", "it does not offer HTTP/2 over TLS (ALPN h2), which gRPC needs")
    return stream


def _denial(one: Exchange, service: str, reply: Reply) -> Denial | None:
    what = f"service {service}" if service else "the server"
    if reply.status == "OK":
        try:
            return _not_serving(one, what, health_message.status(reply.message))
        except ValueError as error:
            raise one.failed("Protocol", "its gRPC message is no health answer") from error
    said = f"gRPC status {reply.status}" + (f": {reply.details}" if reply.details else "")
    if reply.status == "NOT_FOUND":
        return Denial("UnknownService", f"{one.target}: the server does not know {what} ({said})")
    if reply.status == "UNIMPLEMENTED":
        return Denial("NoHealthService", f"{one.target}: the server offers no health checking ({said})")
    return Denial("GrpcStatus", f"{one.target}: asked about {what}, the server answered {said}")


def _not_serving(one: Exchange, what: str, status: int) -> Denial | None:
    if status == _SERVING:
        return None
    return Denial("NotServing", f"{one.target}: {what} is {_NOT_SERVING.get(status, f'status {status}')}")
