"""The operator put together: settings → connection → planners → engine. No logic of its own.

Called by ``fireline run``.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence

import structlog

from fireline import logs
from fireline.api.plan import Planner
from fireline.api.resources import NAMESPACE, PROMETHEUS, PROMETHEUS_RULE, SLO
from fireline.errors import FirelineError
from fireline.kube.auth import connect
from fireline.kube.engine import Engine
from fireline.kube.health import Health
from fireline.kube.kinds import Watched
from fireline.kube.metrics import Metrics
from fireline.settings import Settings
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
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
    try:
        engine = Engine(
            settings,
            connection,
            planners=(planners or _kinds)(settings),
            watched=WATCHED,
            metrics=Metrics(),
        )
        async with Health(engine, settings).serve():
            await engine.run()
    finally:
        await connection.close()


def _kinds(settings: Settings) -> Sequence[Planner]:
    return (SLOPlanner(settings, NotAsked(settings)), WindowsPlanner(settings))


class NotAsked:
    """An observer that has asked no Prometheus yet: everything it could say is Unknown."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def observe(self, objective: Objective) -> Observation:
        """Nothing is known, except whether there is a Prometheus to ask."""
        source = self._settings.sources.get(objective.source)
        return Observation(configured=bool(source and source.urls))
