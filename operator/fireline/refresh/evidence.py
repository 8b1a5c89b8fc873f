"""Looks once at what each new incident has to show, before it is gone: the worst series, rollouts, traces.

The planner says which incidents there are and takes what was gathered into the status. Everything is asked
of the SLO's own Prometheus, a handful of bounded queries for each incident, one incident at a time. What
cannot be read is told as such, and never holds up anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Key, Manifest
from fireline.api.resources import SLO
from fireline.errors import MetricsError
from fireline.incident.evidence import links
from fireline.incident.model import Gathered, one_line
from fireline.prometheus.source import MetricsSource
from fireline.refresh import evidence_reading as reading
from fireline.settings import IncidentSettings
from fireline.slo.failing import exemplars, failing_series
from fireline.slo.model import Objective

TRIES = 3
"""So often it is tried as long as Prometheus says nothing at all."""
PAUSE_SECONDS = 20.0
DEADLINE_SECONDS = 60.0
"""For one incident: whoever comes next must not wait for a server that hangs."""
_MOST_KEPT = 500

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class _Wish:
    """One incident that is to be looked at. ``due`` in the clock of the gatherer."""

    objective: Objective
    incident: str
    started: datetime
    due: float
    tries: int = 0


@dataclass(slots=True)
class _Look:
    """One look: what was found, and what was not."""

    missing: list[str] = field(default_factory=list)
    answers: int = 0

    async def read(self, what: str, asking: Awaitable[T]) -> T | None:
        """The answer, or None, and then why it is missing."""
        try:
            found = await asking
        except MetricsError as error:
            self.missing.append(one_line(f"{what} could not be read: {error}"))
            return None
        self.answers += 1
        return found


class EvidenceGatherer:
    """Implements the looking half of ``fireline.slo.incidents.Bystander``. On the event loop only.

    ``sources`` holds those that have a URL. ``enqueue`` is called with the key of an SLO whose incident has
    evidence now. ``steady`` gives seconds that never jump.
    """

    def __init__(
        self,
        settings: IncidentSettings,
        sources: Mapping[str, MetricsSource],
        *,
        enqueue: Callable[[Iterable[Key]], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sources = dict(sources)
        self._enqueue = enqueue
        self._steady = steady
        self._wishes: dict[str, _Wish] = {}
        self._found: dict[str, Gathered] = {}
        self._news = asyncio.Event()

    def gathered(self, incident: str) -> Gathered | None:
        """See :meth:`Bystander.gathered`."""
        return self._found.get(incident)

    def planned(self, objective: Objective, incidents: Sequence[Mapping[str, Any]]) -> None:
        """See :meth:`Bystander.planned`: the newest is looked at unless that was done."""
        for done in incidents:
            if "evidence" in done:
                self._found.pop(done["id"], None)
        newest = incidents[0]
        name = newest["id"]
        if "evidence" in newest or name in self._wishes or name in self._found:
            return
        started = parse_timestamp(newest["startedAt"])
        self._wishes[name] = _Wish(objective, name, started, self._steady())
        self._news.set()

    async def run(self) -> None:
        """Looks for ever, at one incident after the other."""
        while True:
            self._news.clear()
            wait = await self.once()
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def once(self) -> float | None:
        """Looks at everything that is due; the seconds until something else is, or None."""
        for wish in sorted(self._wishes.values(), key=lambda one: one.due):
            if wish.due <= self._steady():
                await self._look(wish)
        waits = [one.due - self._steady() for one in self._wishes.values()]
        return max(0.0, min(waits)) if waits else None

    async def _look(self, wish: _Wish) -> None:
        wish.tries += 1
        look = _Look()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                found = await self._gather(wish, look)
        except TimeoutError:
            words = f"nothing more could be read within {DEADLINE_SECONDS:.0f} s"
            found = Gathered({"at": timestamp(datetime.now(UTC)), "missing": [*look.missing, words][:8]})
        if not look.answers and wish.tries < TRIES and wish.objective.source in self._sources:
            wish.due = self._steady() + PAUSE_SECONDS
            return
        del self._wishes[wish.incident]
        self._found[wish.incident] = found
        while len(self._found) > _MOST_KEPT:  # of SLOs that went before they could take it
            del self._found[next(iter(self._found))]
        log.info("evidence gathered", incident=wish.incident, missing=len(look.missing))
        self._enqueue([Key(SLO.kind, wish.objective.namespace, wish.objective.name)])

    async def _gather(self, wish: _Wish, look: _Look) -> Gathered:
        source = self._sources.get(wish.objective.source)
        document: Manifest = {"at": timestamp(datetime.now(UTC))}
        if source is None:
            nobody = f"sources.{wish.objective.source}.urls is not set: there is nobody to ask"
            return Gathered({**document, **self._links(wish, ()), "missing": [nobody]})
        series, groups, traces = None, None, None
        if (query := failing_series(wish.objective)) is None:
            look.missing.append("the worst series: an indicator of this kind has none to tell apart")
        else:
            series = await look.read("the worst series", reading.top_series(source, query))
        if wish.objective.group_by:
            groups = await look.read("the groups", reading.firing_groups(source, wish.objective))
        rollouts = await self._rollouts(source, wish, look)
        if (asked := exemplars(wish.objective)) is not None:
            traces = await look.read("exemplars", reading.traces(source, *asked, started=wish.started))
        impact = await look.read(
            "the start of impact", reading.impact(source, wish.objective, detected=wish.started)
        )
        burn = await look.read("burn rates", reading.burn(source, wish.objective, detected=wish.started))
        before = None
        if impact is not None:
            before = await look.read("the budget before", reading.consumed(source, wish.objective, impact))
        document |= {"topSeries": series} if series else {}
        document |= {"groups": groups} if groups else {}
        document |= {"rollouts": rollouts} if rollouts is not None else {}
        document |= {"traceIds": traces} if traces else {}
        document |= self._links(wish, traces or ())
        document |= {"missing": look.missing[:8]} if look.missing else {}
        return Gathered(document, impact, before, burn or {})

    async def _rollouts(self, source: MetricsSource, wish: _Wish, look: _Look) -> list[Manifest] | None:
        namespace, failed = wish.objective.namespace, len(look.missing)
        found = await look.read("rollouts", reading.rollouts(source, namespace, until=wish.started))
        if found is None and len(look.missing) == failed:
            look.missing.append(
                f"rollouts: no series kube_replicaset_created of namespace {namespace} "
                "(kube-state-metrics records them)"
            )
        return found

    def _links(self, wish: _Wish, traces: Sequence[str]) -> Manifest:
        objective = wish.objective
        values = {
            "namespace": objective.namespace,
            "slo": objective.name,
            "service": objective.service,
        }
        found = links(self._settings.links, values, started=wish.started, traces=traces)
        return {"links": found} if found else {}
