"""The demo web shop: a small service with real traffic, real metrics and faults on demand.

Run as its own process: ``python -m tests.bed.shop --port PORT --rate 20``. It sends itself a steady
stream of requests over HTTP. Nothing is random: the n-th request of a service always has the same
latency, and errors come at exact intervals, so a test can say beforehand what the figures will be.

``PUT /faults {"errors": 0.2, "latency_ms": 400, "down": false}`` breaks its pages (any subset),
``GET /faults`` shows what is broken. ``down``: everything answers 503 and /metrics hangs up.

Beside the pages it has an API for the journeys of synthetic checks (shopapi/), which the traffic does not
visit and the metrics do not count. ``PUT /faults {"endpoints": {"events.create": {"status": 500}}}``
breaks these endpoints and heals the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count, cycle

import aiohttp
import click
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from tests.bed.shopapi import accounts
from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopapi.api import Api
from tests.bed.shopfaults import Faults, changed

BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5)
"""Bucket bounds of ``http_request_duration_seconds``, in seconds."""
LATENCIES = (0.02, 0.03, 0.04, 0.03, 0.07, 0.02, 0.03, 0.12, 0.04, 0.03)
"""Seconds that successive requests of a service take, over and over."""

_SHUTDOWN_SECONDS = 1.0
"""How long requests that hang on purpose may hold up the end."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the shop; ``share`` is its part of ten requests."""

    service: str
    handler: str
    method: str
    share: int


PAGES = (
    Page("catalog", "/catalog", "GET", 3),
    Page("catalog", "/catalog/item", "GET", 2),
    Page("cart", "/cart", "POST", 2),
    Page("checkout", "/checkout", "POST", 2),
    Page("checkout", "/checkout/status", "GET", 1),
)


class Metrics:
    """The shop's metrics, in a registry of their own. Error series are born at 0."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        labels = ("service", "handler", "method", "code")
        self.requests = Counter("http_requests", "Requests served.", labels, registry=self.registry)
        self.seconds = Histogram(
            "http_request_duration_seconds",
            "Time to serve a request.",
            labels[:-1],
            buckets=BOUNDS,
            registry=self.registry,
        )
        for page in PAGES:
            for code in ("200", "500"):
                self.requests.labels(page.service, page.handler, page.method, code)
            self.seconds.labels(page.service, page.handler, page.method)


class Shop:
    """Pages, faults and traffic. ``rate``: requests per second; ``error_rate``: everyday share of errors.

    ``known``: who may use the API.
    """

    def __init__(self, *, rate: float, error_rate: float, known: Accounts | None = None) -> None:
        self.rate = rate
        self.error_rate = error_rate
        self.faults = Faults()
        self.metrics = Metrics()
        self.api = Api(known or Accounts())
        self._owed = dict.fromkeys((page.service for page in PAGES), 0.0)
        self._latency = {page.service: cycle(LATENCIES) for page in PAGES}

    def application(self, url: str) -> web.Application:
        """The web application; its traffic starts and ends with it."""
        app = web.Application()
        for page in PAGES:
            app.router.add_route(page.method, page.handler, self._page(page))
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/faults", self._get_faults)
        app.router.add_put("/faults", self._put_faults)
        self.api.add_to(app)

        async def traffic(_: web.Application) -> AsyncIterator[None]:
            task = asyncio.create_task(self._traffic(url))
            yield
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        if self.rate > 0:
            app.cleanup_ctx.append(traffic)
        return app

    def _page(self, page: Page) -> web.RequestHandler:
        async def serve(_: web.Request) -> web.Response:
            if self.faults.down:
                return web.Response(status=503, text="the shop is down\n")
            started = asyncio.get_running_loop().time()
            failed = self._fails(page.service)
            await asyncio.sleep(next(self._latency[page.service]) + self.faults.latency_ms / 1000)
            code = 500 if failed else 200
            took = asyncio.get_running_loop().time() - started
            self.metrics.requests.labels(page.service, page.handler, page.method, str(code)).inc()
            self.metrics.seconds.labels(page.service, page.handler, page.method).observe(took)
            return web.Response(status=code, text="sorry\n" if failed else "thank you\n")

        return serve

    def _fails(self, service: str) -> bool:
        """Errors at exact intervals: the share is carried forward until it makes a whole error."""
        self._owed[service] += min(1.0, self.error_rate + self.faults.errors)
        if self._owed[service] < 1.0:
            return False
        self._owed[service] -= 1.0
        return True

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        if self.faults.down:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.metrics.registry), headers={"Content-Type": content_type})

    async def _get_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self.faults.shown())

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            self.faults = changed(self.faults, wanted)
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self.api.down = self.faults.down
        if "endpoints" in wanted:
            self.api.break_down(self.faults.endpoints)
        return web.json_response(self.faults.shown())

    async def _traffic(self, url: str) -> None:
        pages = cycle([page for page in PAGES for _ in range(page.share)])
        loop = asyncio.get_running_loop()
        started = loop.time()
        connector = aiohttp.TCPConnector(limit=0, ssl=False)  # it need not prove to itself who it is
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as visits:
            for number in count():
                # By the clock of the start, not by the last request: the rate holds exactly.
                await asyncio.sleep(max(0.0, started + number / self.rate - loop.time()))
                page = next(pages)
                visits.create_task(_visit(session, page.method, url + page.handler))


async def _visit(session: aiohttp.ClientSession, method: str, url: str) -> None:
    # A customer does not care why a page failed, and tries the next one.
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with session.request(method, url) as answer:
            await answer.read()


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--rate", default=20.0, show_default=True, help="Requests per second; 0: no visitors.")
@click.option("--error-rate", default=0.0002, show_default=True, help="Share of requests that always fail.")
@click.option("--tls-cert", type=click.Path(exists=True), help="Speak TLS with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(exists=True), help="And this key.")
@click.option("--user", default=accounts.USER, envvar="SHOP_USER", show_envvar=True, help="Who may log in.")
@click.option("--password", default=accounts.PASSWORD, envvar="SHOP_PASSWORD", show_envvar=True)
@click.option("--api-token", default=accounts.API_TOKEN, envvar="SHOP_API_TOKEN", show_envvar=True)
def main(
    *,
    port: int,
    host: str,
    rate: float,
    error_rate: float,
    tls_cert: str | None,
    tls_key: str | None,
    **account: str,
) -> None:
    """Run the demo shop until it is told to stop."""
    shop = Shop(rate=rate, error_rate=error_rate, known=Accounts(**account))
    tls = None
    if tls_cert and tls_key:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(tls_cert, tls_key)
    web.run_app(
        shop.application(f"{'https' if tls else 'http'}://127.0.0.1:{port}"),
        host=host,
        port=port,
        ssl_context=tls,
        access_log=None,
        print=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
