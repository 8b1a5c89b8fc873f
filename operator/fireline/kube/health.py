"""The HTTP endpoints of the operator: /healthz, /readyz, /status and /metrics.

Liveness fails when the loop hangs (no answer at all) or a watch has told nothing for twice the resync
interval. Readiness asks only what Kubernetes needs to know: our kinds are served and the caches are
synced, on standbys too. A Prometheus outage never shows here; ``/status`` names each dependency.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from fireline import __version__
from fireline.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fireline.kube.engine import Engine
    from fireline.settings import Settings

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
log = structlog.get_logger(__name__)
Dependencies = Callable[[], Mapping[str, Any]]


class Health:
    """Answers for one engine. ``dependencies`` adds the state of others (Prometheus) to /status."""

    def __init__(self, engine: Engine, settings: Settings, *, dependencies: Dependencies = dict) -> None:
        self._engine = engine
        self._settings = settings
        self._dependencies = dependencies

    def stale(self) -> list[str]:
        """Served kinds whose watch and resync both have been silent for too long."""
        limit = 2 * self._settings.resync_seconds
        now = time.monotonic()
        return [
            f"{feed.resource.crd_name}: nothing heard for {now - feed.fresh_at:.0f} s (limit {limit:.0f} s)"
            for feed in self._engine.feeds
            if self._engine.seen.access(feed.resource).state == "Served" and now - feed.fresh_at > limit
        ]

    def not_ready(self) -> list[str]:
        """What keeps this replica from being ready."""
        found = [] if self._engine.synced else ["caches are not synced yet"]
        for feed in self._engine.feeds:
            access = self._engine.seen.access(feed.resource)
            if feed.watched.role == "Parent" and access.state not in {"Served", "Unknown"}:
                found.append(access.message)
        return found

    def status(self) -> dict[str, Any]:
        """Each dependency's state, for people and for debugging."""
        now = time.monotonic()
        kinds = {
            feed.resource.crd_name: {
                "access": self._engine.seen.access(feed.resource).state,
                "message": self._engine.seen.access(feed.resource).message,
                "secondsSinceHeard": round(now - feed.fresh_at, 1),
            }
            for feed in self._engine.feeds
        }
        return {
            "version": __version__,
            "leading": self._engine.leading,
            "ready": not self.not_ready(),
            "problems": [*self.stale(), *self.not_ready()],
            "kinds": kinds,
            "dependencies": dict(self._dependencies()),
        }

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Listen while in the context; yields the port (a free one when the setting is 0).

        Raises Unavailable when nobody can listen there.
        """
        app = web.Application()
        app.router.add_get("/healthz", lambda _: _verdict(self.stale()))
        app.router.add_get("/readyz", lambda _: _verdict(self.not_ready()))
        app.router.add_get("/status", self._status)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._settings.host, self._settings.port, shutdown_timeout=0.2)
            await _listen(site)
            port = int(runner.addresses[0][1])
            log.info("listening", host=self._settings.host, port=port)
            yield port
        finally:
            await runner.cleanup()

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(self.status(), dumps=lambda found: json.dumps(found, indent=2))

    async def _metrics(self, _: web.Request) -> web.Response:
        body = self._engine.metrics.exposition()
        return web.Response(body=body, headers={"Content-Type": _METRICS_TYPE})


async def _listen(site: web.TCPSite) -> None:
    try:
        await site.start()
    except OSError as error:
        raise Unavailable(
            f"Cannot listen on {site.name}: {os.strerror(error.errno or 0)}. Choose another --host or --port."
        ) from error


async def _verdict(problems: list[str]) -> web.Response:
    return web.Response(text="\n".join(problems) or "ok", status=503 if problems else 200)
