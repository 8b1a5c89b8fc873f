"""The table of the shop's API, and the guard that stands before every endpoint of it.

``tests.bed.shop`` makes one ``Api``, adds it to its application and hands it the faults of PUT /faults.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.bed.shopapi.accounts import TOKEN_SECONDS, Accounts
from tests.bed.shopapi.admin import Admin
from tests.bed.shopapi.answers import CALLER, MODE, RefusedError, document, refusal, text
from tests.bed.shopapi.faults import EndpointFault
from tests.bed.shopapi.graph import Graph
from tests.bed.shopapi.media import Media
from tests.bed.shopapi.objects import Collection
from tests.bed.shopapi.orders import Orders
from tests.bed.shopapi.reads import Reads
from tests.bed.shopapi.store import Store

Handler = Callable[[web.Request], Awaitable[web.Response]]
_HEALTHY = EndpointFault()
_GONE_SECONDS = 0.05
"""How soon a request that hangs sees that its client went away."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; ``open``: needs no token."""

    endpoint: str
    method: str
    path: str
    handler: Handler
    open: bool = False


class Api:
    """Endpoints, what they keep, and how they are broken. ``down``: everything answers 503."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.store = Store()
        self.down = False
        self._faults: Mapping[str, EndpointFault] = {}
        self._broken: Counter[str] = Counter()
        self.routes = self._routes()

    def add_to(self, app: web.Application) -> None:
        """Serve every endpoint, and those for tests."""
        for route in self.routes:
            app.router.add_route(route.method, route.path, self._guarded(route))
        Admin(self.store).add_to(app)

    def break_down(self, faults: Mapping[str, EndpointFault]) -> None:
        """Break these endpoints, and no others; the count of ``times`` starts anew."""
        self._faults = faults
        self._broken.clear()

    def _routes(self) -> tuple[Route, ...]:
        store, reads, orders = self.store, Reads(self.store), Orders(self.store)
        media = Media(store, self.accounts)
        events = Collection(store, "events", "/api/events", {"title": "Tea tasting"})
        posts = Collection(store, "posts", "/api/posts", {"text": "Good morning"})
        devices = Collection(store, "devices", "/api/devices", {"token": "a1b2", "platform": "ios"})
        return (
            Route("health", "GET", "/health", reads.health, open=True),
            Route("graphql", "POST", "/graphql", Graph().serve, open=True),
            Route("login", "POST", "/api/login", self._login, open=True),
            Route("feed", "GET", "/api/feed", reads.feed),
            Route("events.create", "POST", "/api/events", events.create),
            Route("events.list", "GET", "/api/events", events.list),
            Route("events.get", "GET", "/api/events/{id}", events.get),
            Route("events.delete", "DELETE", "/api/events/{id}", events.delete),
            Route("checkout.create", "POST", "/api/orders", orders.create),
            Route("checkout.list", "GET", "/api/orders", orders.list),
            Route("checkout.get", "GET", "/api/orders/{id}", orders.get),
            Route("checkout.cancel", "POST", "/api/orders/{id}/cancel", orders.cancel),
            Route("posts.create", "POST", "/api/posts", posts.create),
            Route("posts.list", "GET", "/api/posts", posts.list),
            Route("posts.get", "GET", "/api/posts/{id}", posts.get),
            Route("posts.delete", "DELETE", "/api/posts/{id}", posts.delete),
            Route("media.plan", "POST", "/api/media", media.plan),
            Route("media.list", "GET", "/api/media", media.list),
            Route("media.upload", "PUT", "/media/{id}/content", media.upload, open=True),
            Route("media.finalize", "POST", "/api/media/{id}/finalize", media.finalize),
            Route("media.get", "GET", "/api/media/{id}", media.get),
            Route("media.delete", "DELETE", "/api/media/{id}", media.delete),
            Route("push.register", "POST", "/api/devices", devices.create),
            Route("push.list", "GET", "/api/devices", devices.list),
            Route("push.get", "GET", "/api/devices/{id}", devices.get),
            Route("push.unregister", "DELETE", "/api/devices/{id}", devices.delete),
        )

    async def _login(self, request: web.Request) -> web.Response:
        body = await document(request)
        user = text(body, "user", example="demo")
        token = self.accounts.login(user, text(body, "password", example="…"))
        if token is None:
            raise RefusedError(401, "user or password is wrong")
        return web.json_response({"token": token, "expiresInSeconds": TOKEN_SECONDS})

    def _guarded(self, route: Route) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            if self.down:
                return refusal(503, "the shop is down")
            fault = self._fault(route.endpoint)
            request[MODE] = fault.mode
            await asyncio.sleep(fault.latency_ms / 1000)
            done = None if _answers_nothing(fault) and not fault.late else await self._answer(route, request)
            return await _broken(fault, request, done)

        return serve  # type: ignore[return-value]

    def _fault(self, endpoint: str) -> EndpointFault:
        fault = self._faults.get(endpoint, _HEALTHY)
        self._broken[endpoint] += 1
        return _HEALTHY if fault.times is not None and self._broken[endpoint] > fault.times else fault

    async def _answer(self, route: Route, request: web.Request) -> web.Response:
        caller = self.accounts.bearer(request.headers.get("Authorization", ""))
        if caller is None and not route.open:
            answer = refusal(401, "Authorization: allowed: Bearer and a token of POST /api/login")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        request[CALLER] = caller or "nobody"
        try:
            return await route.handler(request)
        except RefusedError as error:
            return refusal(error.status, str(error))


def _answers_nothing(fault: EndpointFault) -> bool:
    return bool(fault.status or fault.hang or fault.close)


async def _broken(fault: EndpointFault, request: web.Request, done: web.Response | None) -> web.Response:
    if fault.hang:
        await _gone(request)
    if (fault.hang or fault.close) and request.transport is not None:
        request.transport.abort()
    if done is None or fault.status:
        return refusal(fault.status or 503, "broken on purpose")
    if fault.corrupt and isinstance(done.body, bytes):
        return web.Response(
            status=done.status, body=done.body[: len(done.body) // 2], content_type="application/json"
        )
    return done


async def _gone(request: web.Request) -> None:
    transport = request.transport
    while transport and not transport.is_closing():  # noqa: ASYNC110 - aiohttp tells of a client's leaving only there
        await asyncio.sleep(_GONE_SECONDS)
