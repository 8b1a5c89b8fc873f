"""The operator put together: settings → connection → planners → engine. No logic of its own.

Called by ``fireline run``.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import structlog

from fireline import logs
from fireline.alerting.merging import MergedPlanner
from fireline.alerting.plan import PolicyPlanner
from fireline.alertmanager.client import replicas_of
from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Answer, Call, Key, Planner, Seen
from fireline.api.resources import (
    ALERT_POLICY,
    ALERTMANAGER,
    ALERTMANAGER_CONFIG,
    CONFIG_MAP,
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    MITIGATION,
    NAMESPACE,
    POD,
    PROMETHEUS,
    PROMETHEUS_RULE,
    SECRET,
    SLO,
    SYNTHETIC_CHECK,
    THANOS_RULER,
)
from fireline.errors import FirelineError
from fireline.kube.auth import connect
from fireline.kube.engine import Engine
from fireline.kube.health import Health
from fireline.kube.kinds import Watched
from fireline.kube.metrics import Metrics
from fireline.mitigation.plan import MitigationPlanner
from fireline.prometheus.replicas import Replicas
from fireline.refresh.alertmanager_logs import PodLogs
from fireline.refresh.check_metrics import CheckMetrics
from fireline.refresh.checks import CheckWatch
from fireline.refresh.gauges import BudgetGauges, QueryMetrics
from fireline.refresh.incidents import IncidentWatch
from fireline.refresh.mitigation_metrics import MitigationMetrics
from fireline.refresh.mitigation_rollouts import Rollouts
from fireline.refresh.mitigation_source import quick_sources
from fireline.refresh.mitigations import MitigationWatch
from fireline.refresh.pause import Pause
from fireline.refresh.policies import PolicyWatch
from fireline.refresh.probers import ProberWatch
from fireline.refresh.quality import Member, QualityRefresher
from fireline.refresh.refresher import Refresher
from fireline.refresh.refused_pods import RefusedPods
from fireline.refresh.routes import RoutesWatch
from fireline.refresh.testing import AlertTests
from fireline.settings import Settings
from fireline.slo.model import Objective
from fireline.slo.plan import SLOPlanner, WindowsPlanner
from fireline.synthetic.cadence import cadence_of
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.prober_plan import ProberPlanner

WATCHED = (
    Watched(SLO, "Parent"),
    Watched(ALERT_POLICY, "Parent"),
    Watched(PROMETHEUS_RULE, "Child"),
    Watched(SYNTHETIC_CHECK, "Parent"),
    Watched(MITIGATION, "Parent"),
    Watched(ALERTMANAGER_CONFIG, "Child"),
    Watched(CRON_JOB, "Child"),
    Watched(JOB, "Offspring"),
    Watched(POD, "Offspring"),
    Watched(PROMETHEUS, "Reference"),
    Watched(ALERTMANAGER, "Reference"),
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
    kinds = _Kinds(settings, QueryMetrics(metrics.registry)) if planners is None else None
    try:
        engine = Engine(
            settings,
            connection,
            planners=kinds.planners if kinds else planners(settings) if planners else (),
            watched=watched,
            metrics=metrics,
        )
        if kinds is not None:
            kinds.run_beside(engine)
        async with Health(engine, settings, dependencies=kinds.health if kinds else dict).serve():
            await engine.run()
    finally:
        await connection.close()


class _Kinds:
    """The planners, and the loops that tell them what is outside of Kubernetes."""

    def __init__(self, settings: Settings, metrics: QueryMetrics) -> None:
        self._engine: Engine | None = None
        self._settings = settings
        sources = _sources(settings, metrics)
        self._replicas = {name: replicas_of(one, name=name) for name, one in settings.alertmanagers.items()}
        self._refresher = Refresher(
            settings, sources, objectives=lambda: self._slos.objectives(self._seen), enqueue=self._enqueue
        )
        self._incidents = IncidentWatch(settings, sources, seen=lambda: self._seen, enqueue=self._enqueue)
        self._slos = SLOPlanner(settings, self._refresher, timing_of=cadence_of, bystander=self._incidents)
        self._logs: dict[str, PodLogs] = {}
        self._quality = QualityRefresher(sources, members=self._members, enqueue=self._enqueue)
        self._watch = PolicyWatch(
            sources=sources,
            tests=AlertTests(self._replicas, self._logs, enqueue=self._enqueue),
            quality=self._quality,
            get=lambda namespace, name: self._running.client.get(SECRET, namespace, name),
            enqueue=self._enqueue,
            every=settings.refresh_seconds,
            secrets_every=settings.secrets_seconds,
        )
        self._watch.routes = self._routes = RoutesWatch(
            self._replicas, policies=self._watch.routed, enqueue=self._enqueue, every=settings.refresh_seconds
        )
        self._policies = PolicyPlanner(settings, self._watch)
        self._merged = MergedPlanner(settings)
        self._probers = ProberWatch(
            lambda: self._seen,
            enqueue=self._enqueue,
            port=settings.checks.prober_port,
            every=settings.checks.prober_seconds,
            write_every=settings.status_interval_seconds,
        )
        self._refused = RefusedPods(
            lambda namespace, job: self._running.client.events(namespace, job, reason="FailedCreate"),
            enqueue=self._enqueue,
        )
        self._check_watch = CheckWatch(self._probers, self._refused, enqueue=self._enqueue)
        self._checks = CheckPlanner(settings, self._check_watch)
        place = settings.lease.place
        self._mitigation_watch = MitigationWatch(
            lambda: self._seen,
            sources=quick_sources(settings, metrics.of),
            objectives=lambda: self._slos.objectives(self._seen),
            pause=Pause(
                lambda namespace, name: self._running.client.get(CONFIG_MAP, namespace, name),
                place=place,
                name=settings.mitigations.pause_config_map,
            ),
            rollouts=Rollouts(self._ask),
            enqueue=self._enqueue,
            settings=settings.mitigations,
        )
        self._mitigations = MitigationPlanner(settings, self._mitigation_watch, place=place)

    @property
    def planners(self) -> Sequence[Planner]:
        """One for each kind and aggregate."""
        windows = WindowsPlanner(self._settings)
        found = (self._slos, windows, self._policies, self._merged, self._checks, self._mitigations)
        return (*found, ProberPlanner(self._settings)) if self._settings.checks.probers else found

    def run_beside(self, engine: Engine) -> None:
        """Lets the loops run while this replica leads."""
        self._engine = engine
        for name, entry in self._settings.alertmanagers.items():
            self._logs[name] = PodLogs(engine.client, entry, name=name)
        engine.accompany(self._refresher.run)
        engine.accompany(self._watch.run)
        engine.accompany(self._quality.run)
        engine.accompany(self._refused.run)
        engine.accompany(self._incidents.run)
        if self._settings.checks.probers:
            engine.accompany(self._probers.run)
        engine.enqueue(self._merged.keys())
        gauges = BudgetGauges(lambda: self._refresher.figures(self._slos.planned()) if engine.leading else ())
        engine.metrics.registry.register(gauges)
        checks = CheckMetrics(
            lambda: self._seen.all(SYNTHETIC_CHECK) if engine.leading else (),
            scraped=self._check_watch.scraped,
            now=time.time,
        )
        engine.metrics.registry.register(checks)
        engine.accompany(checks.run)
        mitigations = MitigationMetrics(
            lambda: self._seen.all(MITIGATION) if engine.leading else (),
            now=time.time,
            paused=self._mitigation_watch.paused,
        )
        engine.metrics.registry.register(mitigations)
        engine.accompany(self._mitigation_watch.run)

    def health(self) -> dict[str, dict[str, str]]:
        """State of each server the operator asks, for /status."""
        found = self._refresher.health() | self._routes.health() | self._probers.health()
        return found | self._mitigation_watch.health()

    @property
    def _running(self) -> Engine:
        assert self._engine is not None  # noqa: S101 - loops run only beside the engine
        return self._engine

    @property
    def _seen(self) -> Seen:
        return self._running.seen

    def _enqueue(self, keys: Iterable[Key]) -> None:
        self._running.enqueue(keys)

    async def _ask(self, call: Call) -> Answer:
        """Makes a call in the name of the user it names."""
        return await self._running.calls.make(call)

    def _members(self) -> Iterator[Member]:
        """Every valid policy with its SLOs."""
        by_policy: dict[str, list[Objective]] = {}
        for objective in self._slos.planned():
            if objective.policy is not None:
                by_policy.setdefault(objective.policy.label, []).append(objective)
        for key, policy, manifest in self._policies.valid(self._seen):
            created = parse_timestamp(manifest["metadata"]["creationTimestamp"])
            yield Member(
                policy,
                tuple(by_policy.get(f"{key.namespace}/{key.name}", ())),
                since=int(created.timestamp()),
            )


def _watched(settings: Settings) -> tuple[Watched, ...]:
    """What only some settings need: nobody else needs the right, or the CRD."""
    found = list(WATCHED)
    if any(source.kind == "Thanos" for source in settings.sources.values()):
        found.append(Watched(THANOS_RULER, "Reference"))
    if settings.checks.probers:
        found += [Watched(DEPLOYMENT, "Child"), Watched(CONFIG_MAP, "Child")]
    merged = {one.namespace or "" for one in settings.alertmanagers.values() if one.merged_secret}
    if merged:
        found.append(Watched(SECRET, "Child", tuple(sorted(merged))))
    return tuple(found)


def _sources(settings: Settings, metrics: QueryMetrics) -> dict[str, Replicas]:
    """The sources that have a URL; the others are Unknown, and conditions say so."""
    return {
        name: Replicas.of(source, name=name, on_query=metrics.of(name))
        for name, source in settings.sources.items()
        if source.urls
    }
