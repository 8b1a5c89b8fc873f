"""Looks once at what each new incident has to show, before it is gone: the worst series, rollouts, traces.

The planner says which incidents there are and takes what was gathered into the status. Everything is asked
of the SLO's own Prometheus, a handful of bounded queries for each incident, one incident at a time. What
cannot be read is told as such, and never holds up anything.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.metrics import Sample
from fireline.api.plan import Key, Manifest
from fireline.api.resources import SLO
from fireline.errors import MetricsError
from fireline.incident.evidence import links
from fireline.incident.impact import impact_start
from fireline.incident.model import Gathered, one_line
from fireline.prometheus.source import MetricsSource
from fireline.promql.expr import quote, selector
from fireline.settings import IncidentSettings
from fireline.slo import names
from fireline.slo.failing import exemplars, failing_series
from fireline.slo.model import Objective

TRIES = 3
"""So often it is tried as long as Prometheus says nothing at all."""
PAUSE_SECONDS = 20.0
DEADLINE_SECONDS = 60.0
"""For one incident: whoever comes next must not wait for a server that hangs."""
BEFORE = timedelta(hours=1)
"""Rollouts so long before are looked at."""
REACH = timedelta(hours=6)
"""The start of impact is looked for so far back."""
STEP = timedelta(seconds=30)
_MOST_GROUPS, _MOST_ROLLOUTS, _MOST_TRACES = 10, 10, 3
_SECRET = re.compile(r"passw|secret|token|api_?key|authorization|cookie|credential", re.IGNORECASE)
"""Labels whose values are not shown."""
_TRACE = re.compile(r"^trace_?id$", re.IGNORECASE)
_SOUND_TRACE = re.compile(r"^[0-9A-Za-z-]{8,64}$")
_LABEL_LENGTH = 128
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
            series = await look.read("the worst series", _top(source, query))
        if wish.objective.group_by:
            groups = await look.read("the groups", _groups(source, wish.objective))
        rollouts = await look.read("rollouts", _rollouts(source, wish, look))
        if (asked := exemplars(wish.objective)) is not None:
            traces = await look.read("exemplars", _traces(source, *asked, started=wish.started))
        impact = await look.read("the start of impact", _impact(source, wish))
        before = None
        if impact is not None:
            before = await look.read("the budget before", _consumed(source, wish.objective, impact))
        document |= {"topSeries": series} if series else {}
        document |= {"groups": groups} if groups else {}
        document |= {"rollouts": rollouts} if rollouts is not None else {}
        document |= {"traceIds": traces} if traces else {}
        document |= self._links(wish, traces or ())
        document |= {"missing": look.missing[:8]} if look.missing else {}
        return Gathered(document, impact, before)

    def _links(self, wish: _Wish, traces: Sequence[str]) -> Manifest:
        objective = wish.objective
        values = {
            "namespace": objective.namespace,
            "slo": objective.name,
            "service": objective.service,
        }
        found = links(self._settings.links, values, started=wish.started, traces=traces)
        return {"links": found} if found else {}


async def _top(source: MetricsSource, query: str) -> list[Manifest]:
    found = sorted(await source.instant(query), key=lambda one: (-one.value, sorted(one.labels.items())))
    return [{"labels": _shown(one.labels), "perSecond": f"{one.value:.3g}"} for one in found[:5]]


def _shown(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels without what may be a secret, and without what the SLO says itself."""
    wanted = sorted((name, value) for name, value in labels.items() if name != "__name__" and value)
    shown = {name: "(not shown)" if _SECRET.search(name) else value[:_LABEL_LENGTH] for name, value in wanted}
    return dict(list(shown.items())[:16])


async def _groups(source: MetricsSource, objective: Objective) -> list[str]:
    """The groups whose burn-rate alerts fire."""
    where = {"namespace": objective.namespace, "slo": objective.name, "alertstate": "firing"}
    alerts = selector("ALERTS", where).removesuffix("}")
    alerts += f',alertname=~"{names.ALERT_PAGE}|{names.ALERT_TICKET}"}}'
    by = ", ".join(objective.group_by)
    found = await source.instant(f"topk({_MOST_GROUPS}, count by ({by}) ({alerts}))")
    listed = (
        ", ".join(f"{name}={one.labels[name]}" for name in objective.group_by if one.labels.get(name))
        for one in found
    )
    return sorted({text[:_LABEL_LENGTH] for text in listed if text})[:_MOST_GROUPS]


async def _rollouts(source: MetricsSource, wish: _Wish, look: _Look) -> list[Manifest] | None:
    """New ReplicaSets within the hour before, the newest first; None when nobody records them.

    kube-state-metrics scraped without honorLabels has the namespace in ``exported_namespace``.
    """
    namespace, until = wish.objective.namespace, wish.started.timestamp()
    for label in ("namespace", "exported_namespace"):
        made = selector("kube_replicaset_created", {label: namespace})
        if not await source.instant(f"count({made})"):
            continue
        query = f"max by (replicaset) ({made}) >= {until - BEFORE.total_seconds():.0f} <= {until:.0f}"
        new = sorted(await source.instant(query), key=lambda one: -one.value)[:_MOST_ROLLOUTS]
        owners = await _owners(source, label, namespace, [one.labels["replicaset"] for one in new])
        return [_rollout(one, owners) for one in new]
    look.missing.append(
        f"rollouts are not known: no series kube_replicaset_created of namespace {namespace} "
        "(kube-state-metrics records them)"
    )
    return None


async def _owners(
    source: MetricsSource, label: str, namespace: str, replica_sets: Sequence[str]
) -> dict[str, str]:
    if not replica_sets:
        return {}
    owned = selector("kube_replicaset_owner", {label: namespace}).removesuffix("}")
    named = quote("|".join(re.escape(one) for one in replica_sets))
    query = f"max by (replicaset, owner_kind, owner_name) ({owned},replicaset=~{named}}})"
    found = await source.instant(query)
    return {
        one.labels["replicaset"]: f"{one.labels['owner_kind']}/{one.labels['owner_name']}"
        for one in found
        if one.labels.get("owner_kind") and one.labels.get("owner_name")
    }


def _rollout(one: Sample, owners: Mapping[str, str]) -> Manifest:
    name = one.labels["replicaset"]
    at = timestamp(datetime.fromtimestamp(one.value, UTC))
    return {"workload": owners.get(name, f"ReplicaSet/{name}"), "replicaSet": name, "at": at}


async def _traces(source: MetricsSource, query: str, slowest: bool, *, started: datetime) -> list[str]:
    """Traces of bad events, the newest first; of latency, the slowest."""
    now = datetime.now(UTC)
    start = started - timedelta(minutes=10)
    times = [("start", f"{start.timestamp():.0f}"), ("end", f"{now.timestamp():.0f}")]
    found = await source.get("query_exemplars", [("query", query), *times])
    return traces_of(found, slowest=slowest)


def traces_of(answer: Any, *, slowest: bool) -> list[str]:
    """Trace ids in an answer of ``/api/v1/query_exemplars``: a list of series, each with ``exemplars`` that
    have ``labels``, ``value`` and ``timestamp``."""
    ranked: list[tuple[float, str]] = []
    for series in answer if isinstance(answer, list) else ():
        for one in series.get("exemplars", ()):
            trace = next((value for name, value in one["labels"].items() if _TRACE.match(name)), "")
            if _SOUND_TRACE.match(trace):
                ranked.append((float(one["value" if slowest else "timestamp"]), trace))
    ordered = [trace for _, trace in sorted(ranked, reverse=True)]
    return list(dict.fromkeys(ordered))[:_MOST_TRACES]


async def _impact(source: MetricsSource, wish: _Wish) -> datetime | None:
    series = names.series(names.BURN_RATE, wish.objective).removesuffix("}") + ',window="5m"}'
    seconds = STEP.total_seconds()
    # Ends on a step, so that a second look sees the same points.
    end = datetime.fromtimestamp(wish.started.timestamp() // seconds * seconds, UTC)
    found = await source.range(series, start=end - REACH, end=end, step=STEP)
    points = [(one.at, one.value) for one in found]
    start = impact_start(points, detected=end.timestamp(), step=seconds)
    return None if start is None else datetime.fromtimestamp(start, UTC)


async def _consumed(source: MetricsSource, objective: Objective, at: datetime) -> float | None:
    found = await source.instant(names.series(names.CONSUMED, objective), at=at)
    return found[0].value if len(found) == 1 else None
