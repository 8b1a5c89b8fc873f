"""Between the engine and the network: a small protocol, and the real thing behind it.

Only the modules of the protocols that a journey speaks are imported, so that a probe of a port starts
without an HTTP library; and before the first step, as what is measured must not hold the time they take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol

from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.asking import Request
from fireline.synthetic.engine.journey import Journey, Kind, Step
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import (
    DnsRequest,
    GraphqlRequest,
    GrpcHealthRequest,
    HttpRequest,
    TcpRequest,
    TlsRequest,
)

_GRACE_SECONDS = 1.0
_WIRE = "fireline.synthetic.engine.wire"
_MODULES: Mapping[Kind, str] = {
    "http": "http",
    "graphql": "http",
    "tcp": "tcp",
    "dns": "dns",
    "grpcHealth": "grpc_health",
    "tls": "tls",
}


class Wire(Protocol):
    """Knows how to ask targets. Keeps cookies, so that each run has its own."""

    async def ask(self, request: Request, *, deadline: float) -> Answer:
        """The answer. Raises TargetError; ``deadline`` is on the clock of the running event loop."""


class NetworkWire:
    """Asks real targets, none behind a refused address."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._cookies = Cookies()

    @classmethod
    def of(cls, journey: Journey) -> NetworkWire:
        """For one journey, with its refused networks out of reach. Raises ValueError for what is no CIDR."""
        for step in (*journey.sweep, *journey.steps, *journey.cleanup):
            import_module(f"{_WIRE}.{_MODULES[step.kind]}").ready(tls=_may_use_tls(step))
        return cls(Guard.of(journey.refuse))

    async def ask(self, request: Request, *, deadline: float) -> Answer:
        """The answer. Each protocol keeps the deadline; the one here is for a library that does not."""
        try:
            async with asyncio.timeout_at(deadline + _GRACE_SECONDS):
                return await self._ask(request, deadline)
        except TimeoutError:
            raise TargetError("Timeout", "no answer in time") from None

    async def _ask(self, request: Request, deadline: float) -> Answer:
        match request:
            case HttpRequest():
                from fireline.synthetic.engine.wire.http import http  # noqa: PLC0415 - see above

                return await http(request, guard=self._guard, deadline=deadline, cookies=self._cookies)
            case GraphqlRequest():
                from fireline.synthetic.engine.wire.http import graphql  # noqa: PLC0415

                return await graphql(request, guard=self._guard, deadline=deadline, cookies=self._cookies)
            case TcpRequest():
                from fireline.synthetic.engine.wire.tcp import tcp  # noqa: PLC0415

                return await tcp(request, guard=self._guard, deadline=deadline)
            case DnsRequest():
                from fireline.synthetic.engine.wire.dns import dns  # noqa: PLC0415

                return await dns(request, guard=self._guard, deadline=deadline)
            case GrpcHealthRequest():
                from fireline.synthetic.engine.wire.grpc_health import grpc_health  # noqa: PLC0415

                return await grpc_health(request, guard=self._guard, deadline=deadline)
            case TlsRequest():
                from fireline.synthetic.engine.wire.tls import tls  # noqa: PLC0415

                return await tls(request, guard=self._guard, deadline=deadline)


def _may_use_tls(step: Step) -> bool:
    """Whether to read the machine's certificates for a step, which takes some hundredths of a second."""
    if step.kind in {"http", "graphql"}:
        return not str(step.action.get("url")).lower().startswith("http://")
    return step.kind == "tls" or "tls" in step.action
