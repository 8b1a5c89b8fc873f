"""One key from plan to done: plan, children, status, events.

Called by the workers. Returns when to come back; every error leaves to the worker, which knows how to
retry. A problem a person must solve is planned for once more, so that the status shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from fireline.api.plan import Key, Manifest, Plan, Planner, Problem
from fireline.kube.apply import Applier, Refused
from fireline.kube.cache import Cache
from fireline.kube.dispatch import Dispatcher
from fireline.kube.problems import SLOW_RETRY
from fireline.kube.status import StatusWriter
from fireline.kube.transitions import Poster

log = structlog.get_logger(__name__)


class Reconciler:
    """Carries plans out. ``now`` is the wall clock the planners see."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        seen: Cache,
        applier: Applier,
        statuses: StatusWriter,
        poster: Poster,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._dispatcher = dispatcher
        self._seen = seen
        self._applier = applier
        self._statuses = statuses
        self._poster = poster
        self._now = now

    async def reconcile(self, key: Key) -> float | None:
        """Bring one key about; the seconds after which it wants to be planned again, or None.

        Raises the ApiError family for what must be retried.
        """
        planner = self._dispatcher.planners[key.kind]
        parent = self._parent(planner, key)
        now = self._now()
        plan = self._plan(planner, key, parent, now, None)
        if plan is None:
            self._forget(key)
            return None
        try:
            wait = await self._applier.carry_out(key, plan, parent)
            await self._applier.create(key, plan, parent)
            self._tell(key, None)
        except Refused as refused:
            self._tell(key, refused.problem)
            wait = None if refused.problem.permanent else SLOW_RETRY
            plan = self._plan(planner, key, parent, now, refused.problem) or plan
        if planner.resource and parent is not None and plan.status is not None:
            await self._statuses.write(key, planner.resource, parent, plan.status)
            for event in plan.events:
                self._poster.post(event, about=parent)
        return _soonest(wait, plan.requeue_after.total_seconds() if plan.requeue_after else None)

    def _parent(self, planner: Planner, key: Key) -> Manifest | None:
        return self._seen.get(planner.resource, key.namespace, key.name) if planner.resource else None

    def _plan(
        self, planner: Planner, key: Key, parent: Manifest | None, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """No plan for an object that is gone or going: its children are the garbage collector's."""
        if planner.resource and (parent is None or "deletionTimestamp" in parent["metadata"]):
            return None
        return planner.plan(key, parent=parent, seen=self._seen, now=now, problem=problem)

    def _forget(self, key: Key) -> None:
        self._seen.set_problem(key, None)
        self._applier.forget(key)

    def _tell(self, key: Key, problem: Problem | None) -> None:
        if not self._seen.set_problem(key, problem):
            return
        if problem is not None:
            log.warning("plan not carried out", reason=problem.reason, message=problem.message)
        if self._dispatcher.planners[key.kind].resource is None:
            self._dispatcher.told(key)


def _soonest(*delays: float | None) -> float | None:
    known = [delay for delay in delays if delay is not None]
    return min(known) if known else None
