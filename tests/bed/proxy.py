"""An HTTP proxy that logs every call and breaks the ones it is told to.

Stands between the operator and the real API server (and another before Prometheus or Alertmanager).
Runs in a thread with an event loop of its own, so synchronous tests can steer it::

    with FaultProxy.before(cluster) as proxy:
        proxy.inject(Answer(409), when=matching(verb="apply"), nth=2)
        ...
        assert len(proxy.log.writes()) == 2
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.bed.calls import Call, CallLog, Predicate, describe
from tests.bed.certs import KeyPair
from tests.bed.cluster import Cluster
from tests.bed.faults import (
    After,
    Answer,
    Before,
    Fault,
    FaultPlan,
    Gone,
    HalfLine,
    Hang,
    Injection,
    Reset,
    Slow,
)
from tests.bed.ports import free_port
from tests.bed.relay import Upstream, abort, answer, watch_headers


class FaultProxy:
    """A proxy before ``upstream``. Speaks plain HTTP to its clients, or TLS with ``serving``.

    ``identity``: client certificate shown upstream for calls that carry no Authorization of their own.
    ``kubernetes``: calls are logged in Kubernetes' words (verb, resource, name).
    """

    kubeconfig: Path

    def __init__(
        self,
        upstream: str,
        *,
        ca_file: Path | None = None,
        identity: KeyPair | None = None,
        serving: KeyPair | None = None,
        kubernetes: bool = False,
    ) -> None:
        self.log = CallLog()
        self.plan = FaultPlan()
        self._upstream = Upstream(upstream, ca_file, identity)
        self._serving = serving
        self._kubernetes = kubernetes
        self._port = free_port()
        self.url = f"{'https' if serving else 'http'}://127.0.0.1:{self._port}"
        self._numbers = count(1)
        self._watches: set[asyncio.Future[Fault]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy")

    @classmethod
    def before(cls, cluster: Cluster, *, name: str = "proxy", tls: bool = False) -> FaultProxy:
        """A proxy before a cluster's API server; ``kubeconfig`` points at it, with full rights."""
        serving = cluster.authority.server(name) if tls else None
        proxy = cls(
            cluster.url, ca_file=cluster.ca_file, identity=cluster.admin, serving=serving, kubernetes=True
        )
        # Without a user, clients of an https server ask for a password.
        user = cluster.admin if tls else None
        proxy.kubeconfig = cluster.write_kubeconfig(f"{name}-{proxy._port}", user, server=proxy.url)
        return proxy

    def inject(self, fault: Fault, *, when: Predicate, nth: int = 1, times: int | None = 1) -> Injection:
        """Give ``fault`` to the ``nth`` call from now that fits ``when``, and to ``times`` in all.

        ``times=None``: until cancelled. Count of calls hit: ``.hits`` of the result.
        """
        return self.plan.add(Injection(fault, when, nth, times))

    def break_watches(self, fault: Reset | HalfLine | Gone | None = None) -> int:
        """End every open watch now (default: a reset). Returns how many there were."""

        async def cut() -> int:
            open_watches = [watch for watch in self._watches if not watch.done()]
            for watch in open_watches:
                watch.set_result(fault or Reset())
            return len(open_watches)

        return self._call(cut())

    def open_watches(self) -> int:
        """Watches open at this moment."""

        async def number() -> int:
            return len(self._watches)

        return self._call(number())

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._start())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._stop())
        self._end_loop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        await self._upstream.open()
        # A client that goes away ends its call upstream too: an idle watch would stay open for ever.
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls()).start()

    def _tls(self) -> ssl.SSLContext | None:
        """What clients are served with; None for plain HTTP."""
        if self._serving is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._serving.cert, self._serving.key)
        return context

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._upstream.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        call = describe(next(self._numbers), request, kubernetes=self._kubernetes)
        self.log.add(call)
        fault = self.plan.fault_for(call)
        try:
            if call.verb == "watch" and not isinstance(fault, Answer | Hang | Before):
                return await self._watch(request, call, fault)
            return await self._exchange(request, call, fault)
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            # What the real server or the client did to the connection, both sides shall see.
            call.fault = call.fault or repr(error)
            return abort(request)

    async def _exchange(
        self, request: web.BaseRequest, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        if isinstance(fault, Answer):
            call.code = fault.code
            return answer(fault)
        if isinstance(fault, Hang):
            await asyncio.sleep(fault.seconds)
        elif isinstance(fault, Before):
            await asyncio.to_thread(fault.act)
        if isinstance(fault, Hang | Before) or fault == Reset(after=False):
            return abort(request)
        response = await self._upstream.fetch(request)
        call.code = response.status
        if isinstance(fault, After):
            await asyncio.to_thread(fault.act)
        if isinstance(fault, After | Reset):
            return abort(request)
        if isinstance(fault, Slow):
            return await _slowly(request, response, fault)
        return response

    async def _watch(self, request: web.BaseRequest, call: Call, fault: Fault | None) -> web.StreamResponse:
        if isinstance(fault, Gone):
            call.code = 200
            return web.Response(body=fault.line(), headers={"Content-Type": "application/json"})
        async with self._upstream.stream(request) as source:
            call.code = source.status
            relayed = web.StreamResponse(status=source.status, headers=watch_headers(source))
            await relayed.prepare(request)
            if fault == Reset(after=False):
                return abort(request)
            cut: asyncio.Future[Fault] = self._loop.create_future()
            self._watches.add(cut)
            if fault is not None:
                cut.set_result(fault)
            try:
                return await _relay_watch(request, source, relayed, cut)
            finally:
                self._watches.discard(cut)


async def _relay_watch(
    request: web.BaseRequest,
    source: aiohttp.ClientResponse,
    relayed: web.StreamResponse,
    cut: asyncio.Future[Fault],
) -> web.StreamResponse:
    """Pass events on until the watch ends or is cut."""
    while not cut.done():
        reading = asyncio.ensure_future(source.content.readany())
        try:
            await asyncio.wait({reading, cut}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not reading.done():
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reading
        if reading.done() and not reading.cancelled():
            chunk = reading.result()
            if not chunk:
                await relayed.write_eof()
                return relayed
            await relayed.write(chunk)
    return await _cut_watch(request, source, relayed, cut.result())


async def _cut_watch(
    request: web.BaseRequest, source: aiohttp.ClientResponse, relayed: web.StreamResponse, fault: Fault
) -> web.StreamResponse:
    if isinstance(fault, Gone):
        await relayed.write(fault.line())
        await relayed.write_eof()
        return relayed
    if isinstance(fault, Slow):
        async for chunk in source.content.iter_any():
            await _drip(relayed, chunk, fault)
        await relayed.write_eof()
        return relayed
    if isinstance(fault, HalfLine):
        line = await source.content.readline()
        await relayed.write(line[: max(1, len(line) // 2)])
    return abort(request)


async def _slowly(request: web.BaseRequest, response: web.Response, fault: Slow) -> web.StreamResponse:
    body = response.body if isinstance(response.body, bytes) else b""
    dripping = web.StreamResponse(status=response.status, headers=response.headers)
    await dripping.prepare(request)
    await _drip(dripping, body, fault)
    await dripping.write_eof()
    return dripping


async def _drip(relayed: web.StreamResponse, body: bytes, fault: Slow) -> None:
    for start in range(0, len(body), fault.size):
        await relayed.write(body[start : start + fault.size])
        await asyncio.sleep(fault.seconds)
