"""One key from plan to done: plan, look, children, status, events, one call; and again.

Called by the workers. Returns when to come back; every error leaves to the worker, which knows how to
retry. A problem a person must solve is planned for once more, so that the status shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from fireline.api.plan import Finalizing, Key, Manifest, Plan, Planner, Problem
from fireline.errors import ApiError, Conflict
from fireline.kube.apply import Applier, Refused
from fireline.kube.cache import Cache
from fireline.kube.dispatch import Dispatcher
from fireline.kube.finalizers import Finalizers, carries
from fireline.kube.problems import SLOW_RETRY, namespace_is_going
from fireline.kube.rounds import Maker, Rounds
from fireline.kube.status import StatusWriter
from fireline.kube.transitions import Poster

log = structlog.get_logger(__name__)


class Reconciler:
    """Carries plans out. ``now`` is the wall clock the planners see.

    ``may_act``: whether this replica surely still leads; without it no call with an effect is made.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        seen: Cache,
        applier: Applier,
        statuses: StatusWriter,
        poster: Poster,
        *,
        finalizers: Finalizers,
        calls: Maker,
        now: Callable[[], datetime],
        may_act: Callable[[], bool],
    ) -> None:
        self._dispatcher = dispatcher
        self._seen = seen
        self._applier = applier
        self._statuses = statuses
        self._finalizers = finalizers
        self._poster = poster
        self._calls = calls
        self._now = now
        self._may_act = may_act

    async def reconcile(self, key: Key) -> float | None:
        """Bring one key about; the seconds after which it wants to be planned again, or None.

        Raises the ApiError family for what must be retried.
        """
        rounds = Rounds(key, self._seen, self._calls, may_act=self._may_act)
        try:
            return await self._reconcile(key, rounds)
        finally:
            self._seen.drop_answers(key)

    async def _reconcile(self, key: Key, rounds: Rounds) -> float | None:
        """Plan until nothing more is asked. Parent and clock are looked at anew each time."""
        planner = self._dispatcher.planners[key.kind]
        problem: Problem | None = None
        wait: float | None = None
        while True:
            parent = self._parent(planner, key)
            rounds.begin(parent)
            plan = self._plan(planner, key, parent, problem)
            if plan is None:
                if problem is None or planner.resource is not None:
                    self._forget(key)
                return wait
            if plan.reads:
                await rounds.look(plan.reads)
                continue
            if problem is None:
                wait, problem = await self._bring_about(key, plan, parent)
                if problem is not None:
                    continue
            if planner.resource is not None and parent is not None:
                try:
                    await self._persist(key, planner, parent, plan)
                except Conflict:
                    # What a call came to must not get lost because somebody annotated the object meanwhile.
                    if not rounds.acted:
                        raise
                    await self._statuses.read_again(key, planner.resource, parent)
                    continue
            if plan.action is None:
                return _soonest(wait, plan.requeue_after.total_seconds() if plan.requeue_after else None)
            await rounds.act(plan.action, noted=parent is not None and plan.status is not None)
            problem = None

    async def _bring_about(
        self, key: Key, plan: Plan, parent: Manifest | None
    ) -> tuple[float | None, Problem | None]:
        """Children, and what is made once: when to come back, and what a person must know of."""
        try:
            wait = await self._applier.carry_out(key, plan, parent)
            await self._applier.create(key, plan, parent)
        except Refused as refused:
            self._tell(key, refused.problem)
            return (None if refused.problem.permanent else SLOW_RETRY), refused.problem
        except ApiError as error:
            if parent is None or not _going(parent) or not namespace_is_going(error):
                raise
            wait = None  # nothing can be made there any more, and its finalizer must not wait for that
        self._tell(key, None)
        return wait, None

    async def _persist(self, key: Key, planner: Planner, parent: Manifest, plan: Plan) -> None:
        """Finalizer and status, in the order that a crash between them does no harm; then the Events.

        With an action, what is on the server afterwards is what was planned on top of what was planned
        from: raises Conflict otherwise.
        """
        resource = planner.resource
        assert resource is not None  # noqa: S101 - only called for objects
        finalizer = planner.finalizer if isinstance(planner, Finalizing) else ""
        if finalizer and plan.finalizer is True:
            parent = await self._finalizers.add(key, resource, parent, finalizer)
        if plan.status is not None:
            written = await self._statuses.write(key, resource, parent, plan.status)
            for event in plan.events:
                self._poster.post(event, about=parent)
                if event.record is not None:
                    log.info("transition", **event.record)
            if plan.action is not None and written is None:
                await self._statuses.require_newest(resource, parent)
            parent = written or parent
        if finalizer and plan.finalizer is False and plan.action is None:
            await self._finalizers.remove(key, resource, parent, finalizer)

    def _parent(self, planner: Planner, key: Key) -> Manifest | None:
        return self._seen.get(planner.resource, key.namespace, key.name) if planner.resource else None

    def _plan(
        self, planner: Planner, key: Key, parent: Manifest | None, problem: Problem | None
    ) -> Plan | None:
        """No plan for an object that is gone, or going without a finalizer of ours."""
        if planner.resource:
            if parent is None:
                return None
            kept = isinstance(planner, Finalizing) and carries(parent, planner.finalizer)
            if _going(parent) and not kept:
                return None  # its children are the garbage collector's
        return planner.plan(key, parent=parent, seen=self._seen, now=self._now(), problem=problem)

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


def _going(parent: Manifest) -> bool:
    return "deletionTimestamp" in parent["metadata"]


def _soonest(*delays: float | None) -> float | None:
    known = [delay for delay in delays if delay is not None]
    return min(known) if known else None
