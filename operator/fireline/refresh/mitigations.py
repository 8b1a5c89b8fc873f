"""The loop over triggers and verifications. Implements ``mitigation.plan.Observer``.

The app runs it beside the engine's workers, on the leader only; the planner reads ``signal``,
``verification``, ``storm`` and ``paused`` and never waits. Every tick one round per Prometheus answers all
triggers by SLO and by alert; each query of a user is asked on its own, so that a slow one delays nobody.
What is counted is in memory: after a restart it is counted afresh.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from fireline.api.plan import Key, Seen
from fireline.api.resources import MITIGATION, SYNTHETIC_CHECK
from fireline.mitigation.model import Signal
from fireline.mitigation.questions import AskedRollout, Question, SLOName
from fireline.mitigation.storm import storm
from fireline.mitigation.verdicts import Verdict, of_alert, of_check, with_traffic
from fireline.prometheus.source import MetricsSource
from fireline.refresh.mitigation_looks import Look, Looks
from fireline.refresh.mitigation_objects import Objects, Part, Watched
from fireline.refresh.mitigation_rollouts import Rollouts
from fireline.refresh.mitigation_source import TriggerSource
from fireline.refresh.pause import Pause
from fireline.settings import MitigationSettings
from fireline.slo.model import Objective
from fireline.synthetic.verifying import Application, jobs_of

COLD_TICKS = 3
"""A query of a Mitigation that is at rest is asked every so many ticks."""
BACK_OFF_SECONDS = 30.0
"""Pause after a query that failed: it may be what ails the Prometheus."""

log = structlog.get_logger(__name__)

Query = Coroutine[Any, Any, None]
_WAITING = frozenset({"Proposed", "Approved"})
"""Phases whose next step a pause or a storm holds back."""


@dataclass(slots=True)
class _Around:
    """What the SLOs are, looked at now and then: ten thousand of them take a moment."""

    due: float = float("-inf")
    composites: dict[str, frozenset[SLOName]] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)


class MitigationWatch:
    """``seen`` and ``enqueue`` are the engine's; ``sources`` holds those that have a URL; ``objectives``
    gives all SLOs that compile. ``clock`` tells the time of day, ``steady`` seconds that never jump.
    """

    def __init__(
        self,
        seen: Callable[[], Seen],
        *,
        sources: Mapping[str, MetricsSource],
        objectives: Callable[[], Iterable[Objective]],
        pause: Pause,
        rollouts: Rollouts,
        enqueue: Callable[[Iterable[Key]], None],
        settings: MitigationSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seen = seen
        self._sources = {name: TriggerSource(name, one, steady=steady) for name, one in sources.items()}
        self._objectives = objectives
        self._pause = pause
        self._rollouts = rollouts
        self._enqueue = enqueue
        self._settings = settings
        self._steady = steady
        self._objects = Objects()
        self._looks = Looks(clock=clock, steady=steady)
        self._around = _Around()
        self._storm: tuple[bool | None, str] = (None, "not looked at yet")
        self._down: set[str] = set()

    # For the planner

    def signal(self, key: Key) -> Signal | None:
        """See :meth:`fireline.mitigation.plan.Observer.signal`."""
        return self._told(key, "trigger")

    def verification(self, key: Key) -> Signal | None:
        """See :meth:`fireline.mitigation.plan.Observer.verification`."""
        return self._told(key, "verification")

    def storm(self) -> tuple[bool | None, str]:
        """See :meth:`fireline.mitigation.plan.Observer.storm`."""
        return self._storm

    def paused(self) -> str | None:
        """See :meth:`fireline.mitigation.plan.Observer.paused`."""
        return self._pause.reason()

    def health(self) -> dict[str, dict[str, str]]:
        """Each source that mitigations cannot ask, for /status."""
        found = {
            f"mitigations/{name}": {"state": "down", "message": self._sources[name].error}
            for name in sorted(self._down)
        }
        return found | self._pause.health()

    # The loops

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever(self.look_here), name="pause and checks of mitigations")
            group.create_task(self._for_ever(self.look_at_rollouts), name="rollouts of mitigations")
            for name in self._sources:
                group.create_task(self._ask_for_ever(name, group), name=f"triggers {name}")

    async def _ask_for_ever(self, name: str, group: asyncio.TaskGroup) -> None:
        async def once() -> None:
            for query in await self.look(name):
                group.create_task(query)

        await self._for_ever(once)

    async def _for_ever(self, once: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            began = self._steady()
            await once()
            await asyncio.sleep(max(0.0, self._settings.tick_seconds - (self._steady() - began)))

    async def look(self, name: str) -> list[Query]:
        """One round with one Prometheus; what it returns asks the users' queries that are due."""
        watched = self._watched()
        if not watched:
            return []
        self._look_around()
        mine = [
            (one, part, question)
            for one in watched
            for part, question in one.questions
            if question.source == name
        ]
        source = self._sources[name]
        facts = await source.ask(
            [question for _, _, question in mine],
            composites=self._around.composites.get(name, frozenset()),
        )
        self._note_health(name)
        self._judge_storm(watched)
        for one, part, question in mine:
            if question.alert is not None:
                self._take(one, part, facts if isinstance(facts, Verdict) else of_alert(question, facts))
        return [
            self._ask(one, part, question)
            for one, part, question in mine
            if question.query and self._is_due(self._looks.at(one, part, question))
        ]

    async def look_here(self) -> None:
        """What Kubernetes tells: the pause, and runs of checks."""
        watched = self._watched()
        if not watched:
            return
        if await self._pause.look():
            self._enqueue([one.key for one in watched if one.phase in _WAITING])
        self.look_at_checks()

    def look_at_checks(self) -> None:
        """Judge the runs of checks that verify something."""
        for one in self._watched():
            asked = one.verification.check if one.verification is not None else None
            if asked is not None and one.applied is not None:
                check = self._seen().get(SYNTHETIC_CHECK, *asked)
                own = jobs_of(check, Application(one.change, one.applied)) if check is not None else ()
                self._take(one, "verification", of_check(asked[1], check, one.applied, own))

    async def look_at_rollouts(self) -> None:
        """Judge the rollouts of Deployments that are due."""
        async with asyncio.TaskGroup() as group:
            for one in self._watched():
                question = one.trigger
                if question is None or question.rollout is None:
                    continue
                look = self._looks.at(one, "trigger", question)
                if self._is_due(look):
                    group.create_task(self._look_at(one, question.rollout, look))

    async def _look_at(self, watched: Watched, asked: AskedRollout, look: Look) -> None:
        look.asking = True
        try:
            found = await self._rollouts.look(asked, look.signal)
        finally:
            look.asking = False
        look.due = self._steady() + self._pause_after(watched, found)
        if self._looks.holds(watched, "trigger", look):
            self._take(watched, "trigger", found)

    async def _ask(self, watched: Watched, part: Part, question: Question) -> None:
        """One query of a user."""
        look, source = self._looks.at(watched, part, question), self._sources[question.source]
        look.asking = True
        try:
            found = await source.query(question.query)
        finally:
            look.asking = False
        look.due = self._steady() + self._pause_after(watched, found)
        facts = source.facts
        if question.traffic is not None:
            found = facts if isinstance(facts, Verdict) else with_traffic(question, found, facts)
        if self._looks.holds(watched, part, look):
            self._take(watched, part, found)

    def _pause_after(self, watched: Watched, found: Verdict) -> float:
        """Seconds; half a tick less than what is meant, or a tick that comes a moment early would be lost."""
        tick = self._settings.tick_seconds
        if found.reason == "QueryFailed":
            return max(BACK_OFF_SECONDS, tick)
        return (COLD_TICKS if watched.resting and found.state != "True" else 1) * tick - tick / 2

    def _is_due(self, look: Look) -> bool:
        return not look.asking and look.due <= self._steady()

    def _watched(self) -> list[Watched]:
        """All there are now; what was counted for others is forgotten."""
        found = self._objects.all(self._seen().all(MITIGATION))
        self._looks.keep([(one.key, part) for one in found for part, _ in one.questions])
        return found

    def _take(self, watched: Watched, part: Part, found: Verdict) -> None:
        question = watched.question(part)
        if question is not None and self._looks.take(self._looks.at(watched, part, question), found):
            self._enqueue([watched.key])

    def _told(self, key: Key, part: Part) -> Signal | None:
        manifest = self._seen().get(MITIGATION, key.namespace, key.name)
        if manifest is None:
            return None
        watched = self._objects.of(manifest)
        question = watched.question(part)
        elsewhere = question is None or question.check is not None or question.rollout is not None
        if question is not None and not elsewhere and question.source not in self._sources:
            return self._looks.unasked(question.source)
        return self._looks.signal(watched, part)

    def _look_around(self) -> None:
        if self._steady() < self._around.due:
            return
        composites: dict[str, set[SLOName]] = {}
        wanted: dict[str, int] = {}
        for one in self._objectives():
            if one.composite is not None:
                composites.setdefault(one.source, set()).add((one.namespace, one.name))
            else:
                wanted[one.source] = wanted.get(one.source, 0) + 1
        due = self._steady() + COLD_TICKS * self._settings.tick_seconds
        self._around = _Around(due, {name: frozenset(found) for name, found in composites.items()}, wanted)

    def _judge_storm(self, watched: Iterable[Watched]) -> None:
        before, wanted = self._storm[0], self._around.wanted
        burning = [replace(one.burning, wanted=wanted.get(name, 0)) for name, one in self._sources.items()]
        self._storm = storm(burning, percent=self._settings.storm_percent)
        if self._storm[0] is not before:
            self._enqueue([one.key for one in watched if one.phase in _WAITING])

    def _note_health(self, name: str) -> None:
        error = self._sources[name].error
        if error and name not in self._down:
            self._down.add(name)
            log.warning("triggers of mitigations cannot be looked at", source=name, error=error)
        elif not error and name in self._down:
            self._down.remove(name)
            log.info("triggers of mitigations are looked at again", source=name)
