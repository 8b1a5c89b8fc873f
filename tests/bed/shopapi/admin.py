"""For tests and for people who try things out: what is left in the shop, and time that passes at once."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from tests.bed.shopapi.answers import RefusedError, document
from tests.bed.shopapi.store import Store


@dataclass(frozen=True, slots=True)
class Admin:
    """Needs no login, and is never broken by a fault."""

    store: Store

    def add_to(self, app: web.Application) -> None:
        """Serve these endpoints."""
        app.router.add_get("/admin/objects", self.left)
        app.router.add_delete("/admin/objects", self.clear)
        app.router.add_post("/admin/age", self.age)

    async def left(self, _: web.Request) -> web.Response:
        """Objects that nobody took away, by kind."""
        return web.json_response(self.store.left())

    async def clear(self, _: web.Request) -> web.Response:
        """Forget all objects."""
        self.store.clear()
        return web.json_response(self.store.left())

    async def age(self, request: web.Request) -> web.Response:
        """``{"seconds": 600}``: everything in the shop is ten minutes older from now on."""
        try:
            seconds = (await document(request)).get("seconds")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
                raise RefusedError(400, f"seconds: found {seconds!r}; allowed: 0 or more; example: 600")
        except RefusedError as error:
            return web.json_response({"error": str(error)}, status=error.status)
        self.store.age(seconds)
        return web.json_response(self.store.left())
