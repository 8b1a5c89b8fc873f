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
from fireline.api.resources import NAMESPACE, PROMETHEUS, PROMETHEUS_RULE, SLO, THANOS_RULER
from fireline.errors import FirelineError
from fireline.kube.auth import connect
from fireline.kube.engine import Engine
from fireline.kube.health import Health
from fireline.kube.kinds import Watched
from fireline.kube.metrics import Metrics
from fireline.prometheus.replicas import Replicas
from fireline.refresh.gauges import BudgetGauges, QueryMetrics
from fireline.refresh.refresher import Refresher
from fireline.settings import Settings
from fireline.slo.plan import SLOPlanner, WindowsPlanner

WATCHED = (
    Watched(SLO, "Parent"),
    Watched(PROMETHEUS_RULE, "Child"),
    Watched(PROMETHEUS, "Reference"),
    Watched(NAMESPACE, "Reference"),
)
"""What is watched in any case; see :func:`_watched`."""

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
        log.error("ended", reason=type(error).__name__, error=str(error))  # noqa: TRY400 - the reason is enough
        return 1
    log.info("ended", reason="asked to")
    return 0


async def run(settings: Settings, *, planners: Callable[[Settings], Sequence[Planner]] | None = None) -> None:
    """Run on the current event loop. ``planners`` replaces the real kinds in the engine's own tests.

    Raises FirelineError when there is no API server to talk to, or the lease is lost.
    """
    watched = _watched(settings)
    scopes = max(1, len(settings.watch_namespaces))
    connection = await connect(connections=settings.workers + _WATCHES + len(watched) * scopes)
    metrics = Metrics()
    refresher = Refresher(
        settings,
        _sources(settings, QueryMetrics(metrics.registry)),
        objectives=lambda: slos.objectives(engine.seen),
        enqueue=lambda keys: engine.enqueue(keys),  # noqa: PLW0108 - the engine is built below
    )
    slos = SLOPlanner(settings, refresher)
    try:
        engine = Engine(
            settings,
            connection,
            planners=planners(settings) if planners else (slos, WindowsPlanner(settings)),
            watched=watched,
            metrics=metrics,
        )
        if planners is None:
            engine.accompany(refresher.run)
            metrics.registry.register(BudgetGauges(lambda: refresher.figures() if engine.leading else ()))
        async with Health(engine, settings, dependencies=refresher.health).serve():
            await engine.run()
    finally:
        await connection.close()


def _watched(settings: Settings) -> tuple[Watched, ...]:
    """ThanosRulers matter only to a source of kind Thanos: nobody else needs the right, or the CRD."""
    thanos = any(source.kind == "Thanos" for source in settings.sources.values())
    return (*WATCHED, Watched(THANOS_RULER, "Reference")) if thanos else WATCHED


def _sources(settings: Settings, metrics: QueryMetrics) -> dict[str, Replicas]:
    """The sources that have a URL; the others are Unknown, and conditions say so."""
    return {
        name: Replicas.of(source, name=name, on_query=metrics.of(name))
        for name, source in settings.sources.items()
        if source.urls
    }
