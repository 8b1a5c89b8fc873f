"""A small shop on a loopback port: it counts what is left in it, and can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

SESSION = "s3ss10n-CANARY-in-cookie"
TOKEN = "t0k3n-CANARY-from-login"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Shop:
    """Events that can be made and deleted by who is logged in."""

    def __init__(self) -> None:
        self.events: dict[str, str] = {}
        self.made = 0
        self.seen: list[str] = []
        self.url = ""
        self.hanging = asyncio.Event()
        """Set when somebody waits for ``/hang``, which does not answer until it is told to."""
        self.released = asyncio.Event()
        """Set to let those go who wait."""
        self.deaf = False
        """Deletes wait for ever."""
        self.flaky = 0
        """So many answers of ``/flaky`` are 503."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Shop]:
        app = web.Application(middlewares=[self._count])
        app.add_routes(
            [
                web.post("/login", self._login),
                web.post("/events", self._make),
                web.get("/events", self._list),
                web.get("/events/{id}", self._get),
                web.delete("/events/{id}", self._delete),
                web.get("/health", self._health),
                web.get("/hang", self._hang),
                web.get("/flaky", self._flaky),
                web.get("/moved", self._moved),
                web.get("/echo", self._echo),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self.released.set()
            await runner.cleanup()

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.seen.append(f"{request.method} {request.path}")
        return await handler(request)

    async def _login(self, request: web.Request) -> web.Response:
        said = await request.json()
        answer = web.json_response({"token": TOKEN, "user": said["user"]})
        answer.set_cookie("session", SESSION)
        return answer

    def _known(self, request: web.Request) -> None:
        token = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not (token and request.cookies.get("session") == SESSION):
            raise web.HTTPUnauthorized

    async def _make(self, request: web.Request) -> web.Response:
        self._known(request)
        self.made += 1
        self.events[str(self.made)] = (await request.json())["title"]
        return web.json_response({"id": self.made}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        self._known(request)
        return web.json_response([{"id": int(one), "title": title} for one, title in self.events.items()])

    async def _get(self, request: web.Request) -> web.Response:
        self._known(request)
        one = request.match_info["id"]
        if one not in self.events:
            raise web.HTTPNotFound
        return web.json_response({"id": int(one), "title": self.events[one]})

    async def _delete(self, request: web.Request) -> web.Response:
        self._known(request)
        if self.deaf:
            return await self._hang(request)
        if self.events.pop(request.match_info["id"], None) is None:
            raise web.HTTPNotFound
        return web.Response(status=204)

    async def _health(self, _: web.Request) -> web.Response:
        told = {"status": "ok", "next": "http://169.254.169.254/latest/meta-data"}
        return web.json_response(told, headers={"X-Request-Id": "req-1"})

    async def _hang(self, _: web.Request) -> web.Response:
        self.hanging.set()
        await self.released.wait()
        raise web.HTTPGone

    async def _flaky(self, _: web.Request) -> web.Response:
        self.flaky -= 1
        return web.Response(status=503 if self.flaky >= 0 else 200)

    async def _moved(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("/health")

    async def _echo(self, request: web.Request) -> web.Response:
        """Everything it was sent, as servers in debug mode do."""
        told = {"path": request.raw_path, "headers": dict(request.headers), "cookies": dict(request.cookies)}
        return web.json_response(told, status=500)


def login(**given: Any) -> dict[str, Any]:
    """Logs in, and takes the token along."""
    return {
        "name": "login",
        "http": {
            "method": "POST",
            "url": "${base}/login",
            "json": {"user": "bot", "password": "${password}"},
        },
        "capture": [{"variable": "token", "jsonPath": "$.token", "sensitive": True}],
        **given,
    }


def signed(name: str, url: str, method: str = "GET", **given: Any) -> dict[str, Any]:
    """A request of who is logged in."""
    json = given.pop("json", None)
    http = {"method": method, "url": url, "headers": {"Authorization": "Bearer ${token}"}}
    return {"name": name, "http": http | ({"json": json} if json else {}), **given}


CREATE = signed(
    "create",
    "${base}/events",
    "POST",
    json={"title": "made by ${run.check}"},
    **{"assert": [{"status": [201]}]},
    capture=[{"variable": "event", "jsonPath": "$.id"}],
)
VERIFY = signed(
    "verify", "${base}/events/${event}", **{"assert": [{"jsonPath": "$.id", "equals": "${event}"}]}
)
DELETE = signed("delete", "${base}/events/${event}", "DELETE")
HANG = signed("hang", "${base}/hang")
SWEEP = [
    {**login(), "name": "old-login"},
    signed("old", "${base}/events"),
    signed(
        "remove-old",
        "${base}/events/${stale}",
        "DELETE",
        forEach={
            "from": "old",
            "jsonPath": "$[?@.title=='made by shop'].id",
            "variable": "stale",
        },
    ),
]


def journey_of(shop: Shop, *steps: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A journey against the shop, as the operator would hand it to a pod."""
    return {
        "check": "shop",
        "namespace": "team-a",
        "variables": [
            {"name": "base", "value": shop.url},
            {"name": "password", "env": "FIRELINE_VAR_PASSWORD"},
        ],
        "steps": list(steps),
        **given,
    }
