"""What a prober tells over HTTP: its results to the operator, and its health to the kubelet.

Reading only, without authentication, as metrics are: results are redacted before they get here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from fireline.synthetic.engine.prober_results import Results
from fireline.synthetic.engine.prober_slots import Slots

_LONGEST_NUMBER = 18


class Server:
    """``running`` gives the ids of runs under way; ``slots`` knows since when what is run."""

    def __init__(self, results: Results, slots: Slots, running: Callable[[], list[str]]) -> None:
        self._results = results
        self._slots = slots
        self._running = running
        self._asked = asyncio.Event()

    @asynccontextmanager
    async def serve(self, hosts: Sequence[str], port: int) -> AsyncIterator[None]:
        """Listens while the context lasts. Raises OSError when the port is taken."""
        app = web.Application()
        app.router.add_get("/results", self._page)
        app.router.add_get("/healthz", self._health)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, list(hosts) or None, port).start()  # type: ignore[arg-type]
            yield
        finally:
            await runner.cleanup()

    async def wait_until_read(self) -> None:
        """Until the operator has all results there are."""
        while self._results.read < self._results.last:
            self._asked.clear()
            await self._asked.wait()

    async def _page(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= _LONGEST_NUMBER):
            return web.Response(status=400, text="after: a number, such as 0\n")
        boot, version = request.query.get("boot", ""), str(self._slots.version)
        about: dict[str, object] = {"running": self._running(), "version": version}
        if boot != self._results.boot or request.query.get("version") != version:
            about["checks"] = self._slots.since
        text = self._results.page(boot=boot, after=int(after), about=about)
        self._asked.set()
        return web.Response(text=text, content_type="application/json")

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")
