"""Keeps the figures of all SLOs fresh: recorded ones in one batch, exact ones in turn.

The app builds one, gives it to the SLO planner as its observer and runs it beside the engine's
workers, on the leader only. A Prometheus that is down changes what is known (Unknown, with the last
figures and their time) and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import structlog

from fireline.api.plan import Key
from fireline.api.resources import SLO
from fireline.errors import MetricsError, MetricsForbidden
from fireline.prometheus.source import MetricsSource
from fireline.refresh.counting import Counting
from fireline.refresh.observer import Readings, key_of
from fireline.refresh.recorded import refresh
from fireline.settings import Settings
from fireline.slo.known import shown
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.readings import SLOKey

SECOND_TRY_SECONDS = 5.0
"""A source is down only when it fails twice: a restart of Prometheus is not worth 10,000 statuses."""
_AT_ONCE = 500

log = structlog.get_logger(__name__)


class Refresher:
    """Implements the SLO planner's ``Observer``; ``run`` keeps it fed.

    ``sources`` holds those that have a URL. ``objectives`` gives all SLOs that compile;
    ``enqueue`` is called with the keys whose status would now show something else.
    """

    def __init__(
        self,
        settings: Settings,
        sources: Mapping[str, MetricsSource],
        *,
        objectives: Callable[[], Iterable[Objective]],
        enqueue: Callable[[Iterable[Key]], None],
    ) -> None:
        self._settings = settings
        self._sources = dict(sources)
        self._objectives = objectives
        self._enqueue = enqueue
        self._shown: dict[SLOKey, tuple[object, ...]] = {}
        self._failures: dict[str, int] = {}
        self._last_words: dict[str, str] = {}
        self.readings = Readings(frozenset(sources), sighted=self.notify, place=self._place)
        self._counting = {
            name: Counting(
                source,
                self.readings,
                every=settings.exact_today_seconds,
                share=settings.exact_core_share,
                audit_share=settings.exact_audit_share,
                drift=settings.audit_drift_percent / 100,
                changed=self._tell,
            )
            for name, source in self._sources.items()
        }

    def observe(self, objective: Objective) -> Observation:
        """The last known figures; a new or changed objective is asked for at once."""
        return self.readings.observe(objective)

    def notify(self, objective: Objective) -> None:
        """Takes notice of an SLO that is new or has changed; anything else costs nothing."""
        counting = self._counting.get(objective.source)
        # A composite has no events of its own that could be counted.
        if counting is not None and objective.counted is not None:
            counting.offer(objective)

    def figures(self, objectives: Iterable[Objective]) -> Iterator[tuple[Objective, Observation]]:
        """SLOs with what is known of them, for the operator's own metrics."""
        for objective in objectives:
            yield objective, self.readings.peek(objective)

    def health(self) -> dict[str, dict[str, str]]:
        """Each source's state, for /status: ``up``, or ``down`` with the reason."""
        down = self.readings.down
        return {
            f"prometheus/{name}": {"state": "down", "message": down[name]}
            if name in down
            else {"state": "up"}
            for name in self._sources
        }

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._sources:
                group.create_task(self._counting[name].run(), name=f"exact {name}")
                group.create_task(self._refresh_for_ever(name), name=f"refresh {name}")
            await asyncio.Event().wait()

    async def _refresh_for_ever(self, name: str) -> None:
        while True:
            started = time.monotonic()
            await self.refresh_once(name)
            pause = self._settings.refresh_seconds
            if self._failures.get(name) == 1:
                pause = min(pause, SECOND_TRY_SECONDS)
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - started)))

    async def refresh_once(self, name: str) -> None:
        """Asks one source for the recorded figures of all its SLOs, and tells what changed."""
        mine = self._mine(name)
        try:
            await refresh(self._sources[name], mine, self.readings, now=datetime.now(UTC))
        except MetricsError as error:
            self._went_down(name, error)
        else:
            self._failures[name] = 0
            if self.readings.down.pop(name, None):
                log.info("prometheus answers again", source=name)
        for number, objective in enumerate(mine):
            self.notify(objective)
            self._tell(objective)
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)  # ten thousand take a second, and the lease is to be kept meanwhile

    def _mine(self, name: str) -> list[Objective]:
        """The SLOs of one source; what is known of SLOs that are gone is forgotten."""
        all_ = list(self._objectives())
        alive = {key_of(objective) for objective in all_}
        self.readings.keep(alive)
        for key in self._shown.keys() - alive:
            del self._shown[key]
        mine = [objective for objective in all_ if objective.source == name]
        self._counting[name].turns.keep({key_of(one) for one in mine if one.counted is not None})
        return mine

    def _went_down(self, name: str, error: MetricsError) -> None:
        self._failures[name] = self._failures.get(name, 0) + 1
        last, self._last_words[name] = self._last_words.get(name), str(error)
        # The first words stay while it is down: other words would be other statuses. Only someone who
        # mends credentials step by step must read what is wrong now, once that has been said twice.
        told = self.readings.down.get(name)
        news = isinstance(error, MetricsForbidden) and last == str(error) != told
        if self._failures[name] >= 2 and (told is None or news):
            self.readings.down[name] = str(error)
            log.warning("prometheus does not answer", source=name, error=str(error))

    def _tell(self, objective: Objective) -> None:
        """Enqueues the SLO when its status would show something else than last time."""
        now = shown(self.readings.peek(objective))
        if self._shown.get(key_of(objective)) != now:
            self._shown[key_of(objective)] = now
            self._enqueue([Key(SLO.kind, objective.namespace, objective.name)])

    def _place(self, objective: Objective) -> int | None:
        counting = self._counting.get(objective.source)
        return counting.place(objective) if counting else None
