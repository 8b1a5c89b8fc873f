"""The operator put together: settings → connection → planners → engine. No logic of its own.

Called by ``fireline run``.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence

import structlog

from fireline import logs
from fireline.api.plan import Key, Planner
from fireline.api.resources import NAMESPACE, PROMETHEUS, PROMETHEUS_RULE, SLO
from fireline.errors import FirelineError
from fireline.kube.auth import connect
from fireline.kube.engine import Engine
from fireline.kube.health import Health
from fireline.kube.kinds import Watched
from fireline.kube.metrics import Metrics
from fireline.prometheus.replicas import Replicas
from fireline.refresh.refresher import Refresher
from fireline.settings import Settings
from fireline.slo.model import Objective
from fireline.slo.plan import SLOPlanner, WindowsPlanner

WATCHED = (
    Watched(SLO, "Parent"),
    Watched(PROMETHEUS_RULE, "Child"),
    Watched(PROMETHEUS, "Reference"),
    Watched(NAMESPACE, "Reference"),
)

_WATCHES = 8
"""Connections kept for watches, LISTs and the Lease, beside one per worker."""

log = structlog.get_logger(__name__)


def main(settings: Settings) -> int:
    """Run the operator until it is asked to end; returns the exit code."""
    logs.configure(settings)
    gc.set_threshold(50_000, 20, 100)  # JSON makes many short-lived containers and no cycles
    try:
        asyncio.run(run(settings))
    except FirelineError as error:
        log.error("ended", reason=type(error).__name__, error=str(error))  # noqa: TRY400
        return 1
    log.info("ended", reason="asked to")
    return 0


async def run(settings: Settings, *, planners: Callable[[Settings], Sequence[Planner]] | None = None) -> None:
    """Run on the current event loop. ``planners`` replaces the real kinds in the engine's own tests.

    Raises FirelineError when there is no API server to talk to, or the lease is lost.
    """
    scopes = max(1, len(settings.watch_namespaces))
    connection = await connect(connections=settings.workers + _WATCHES + len(WATCHED) * scopes)
    refresher = _refresher(settings, lambda: slos.objectives(engine.seen), lambda keys: engine.enqueue(keys))  # noqa: PLW0108 - made below
    slos = SLOPlanner(settings, refresher)
    try:
        engine = Engine(
            settings,
            connection,
            planners=planners(settings) if planners else (slos, WindowsPlanner(settings)),
            watched=WATCHED,
            metrics=Metrics(),
        )
        if planners is None:
            engine.accompany(refresher.run)
        async with Health(engine, settings).serve():
            await engine.run()
    finally:
        await connection.close()


def _refresher(
    settings: Settings,
    objectives: Callable[[], Iterable[Objective]],
    enqueue: Callable[[Iterable[Key]], None],
) -> Refresher:
    """Asks the sources that have a URL; the others are Unknown, and their conditions say so."""
    sources = {name: Replicas.of(source) for name, source in settings.sources.items() if source.urls}
    return Refresher(settings, sources, objectives=objectives, enqueue=enqueue)
