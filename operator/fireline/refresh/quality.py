"""Keeps the quality of every AlertPolicy fresh: asked rarely, only what is new, a few queries for all.

The app runs it beside the engine's workers, on the leader only; the policy planner reads ``of``. Once a
day everything is read anew: what was recorded late counts then, and nothing grows for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from fireline.alerting.quality.dead import Silence, silence
from fireline.alerting.quality.measure import Past, Quality, by_policy, measure
from fireline.alerting.quality.model import DAY, WEEK, Policy, Stretch
from fireline.alerting.quality.queries import DEAD_AFTER
from fireline.alerting.quality.status import quality_status
from fireline.api.alert_policy import AlertPolicy
from fireline.api.plan import Key
from fireline.errors import MetricsError
from fireline.prometheus.source import MetricsSource
from fireline.refresh.lookback import Long, look_back
from fireline.refresh.past import Memory, aligned
from fireline.refresh.quality_facts import of_policy, subjects
from fireline.slo.model import Objective

EVERY_SECONDS = 900.0
"""Between two looks at the past."""
PERIOD = WEEK
"""What the status tells of, and what the period before it is as long as."""
ANEW_SECONDS = DAY
_KIND = "AlertPolicy"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """A policy with the SLOs that belong to it. ``since``: its creation, in seconds since the epoch."""

    policy: AlertPolicy
    objectives: tuple[Objective, ...] = ()
    since: int | None = None

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.policy.metadata.namespace}/{self.policy.metadata.name}"


def members(
    policies: Iterable[tuple[AlertPolicy, int | None]], objectives: Iterable[Objective]
) -> list[Member]:
    """Policies, each with its creation (Unix time) if that is known, and the objectives that name them."""
    by_label: dict[str, list[Objective]] = {}
    for one in objectives:
        if one.policy is not None:
            by_label.setdefault(one.policy.label, []).append(one)
    found = (Member(policy, since=since) for policy, since in policies)
    return [replace(one, objectives=tuple(by_label.get(one.key, ()))) for one in found]


@dataclass(slots=True)
class _Known:
    """What one source told. Labels that tell alerts apart cannot change half-way."""

    groups: frozenset[str]
    memory: Memory
    long: Long | None


class QualityRefresher:
    """``sources`` are those that have a URL; ``members`` gives every valid policy; ``enqueue`` is called with
    the keys of the policies whose status would now show something else.

    ``clock`` gives Unix time. A policy is read from the source of its ``spec.prometheus``.
    """

    def __init__(
        self,
        sources: Mapping[str, MetricsSource],
        *,
        members: Callable[[], Iterable[Member]],
        enqueue: Callable[[Iterable[Key]], None],
        every: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sources = dict(sources)
        self._members = members
        self._enqueue = enqueue
        self._every = every
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._shown: dict[str, dict[str, Any]] = {}

    def of(self, policy: str) -> dict[str, Any] | None:
        """``status.quality`` of ``namespace/name`` as last measured; None before that."""
        return self._shown.get(policy)

    async def run(self) -> None:
        """Measures for ever."""
        while True:
            started = time.monotonic()
            for name in self._sources:
                try:
                    await self.refresh_once(name)
                except MetricsError as error:
                    log.info("alert quality could not be measured", source=name, error=str(error))
            await asyncio.sleep(max(0.0, self._every - (time.monotonic() - started)))

    async def refresh_once(self, name: str) -> None:
        """Measures all policies of one source. Raises MetricsError; then all stays as it was."""
        all_ = list(self._members())
        self._forget({one.key for one in all_})
        mine = [one for one in all_ if one.policy.spec.prometheus == name]
        if not mine:
            return
        objectives = [objective for one in mine for objective in one.objectives if objective.source == name]
        about = subjects(objectives, [one.policy for one in mine])
        now = self._clock()
        known = self._known.get(name)
        old = known is not None and aligned(now) - known.memory.start > 2 * PERIOD + ANEW_SECONDS
        if known is None or old or known.groups != about.groups:
            source = self._sources[name]
            memory = Memory(source, aligned(now) - 2 * PERIOD)
            known = _Known(about.groups, memory, await look_back(source, about, now, DEAD_AFTER))
        period = Stretch(aligned(now) - PERIOD, aligned(now))
        past = await known.memory.extend(about, now, periods=(period, period.before))
        self._known[name] = known
        facts = []
        for one in mine:
            facts.append(_facts(one, name))
            await asyncio.sleep(0)  # thousands of policies in a row must not stop everything else
        alone = by_policy(past, facts)
        for policy in facts:
            self._tell(policy.key, _status(policy, alone[policy.key], period, known.long))
            await asyncio.sleep(0)

    def _tell(self, key: str, shown: dict[str, Any]) -> None:
        """A status that would only tell another time is worth one write a day."""
        before = self._shown.get(key, {})
        if _day(before) == _day(shown) and _without_time(before) == _without_time(shown):
            return
        self._shown[key] = shown
        namespace, _, name = key.partition("/")
        self._enqueue([Key(_KIND, namespace, name)])

    def _forget(self, alive: set[str]) -> None:
        for key in self._shown.keys() - alive:
            del self._shown[key]


def _facts(member: Member, source: str) -> Policy:
    mine = (one for one in member.objectives if one.source == source)
    return of_policy(member.policy, mine, since=member.since)


def _status(policy: Policy, past: Past, period: Stretch, long: Long | None) -> dict[str, Any]:
    quality = measure(policy, past, period)
    return quality_status(quality, measure(policy, past, period.before), silent(policy, quality, long))


def silent(policy: Policy, quality: Quality, long: Long | None) -> Silence | None:
    """What never fired, the alerts that did meanwhile excepted; None where nobody could look back."""
    if long is None:
        return None
    return silence(
        policy,
        {*long.fired, *(one.alert for one in quality.episodes)},
        seconds=long.seconds,
        now=long.at,
        covered=long.covered,
        coverage=long.slos,
    )


def _day(shown: Mapping[str, Any]) -> str:
    return str(shown.get("asOf", ""))[:10]


def _without_time(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shown.items() if key != "asOf"}
