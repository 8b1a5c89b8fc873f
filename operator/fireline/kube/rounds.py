"""The calls of one reconcile, round by round, and their answers while it lasts.

Used by :mod:`fireline.kube.reconcile`. Here is what a plan may ask for, whatever a planner means: only
looks and dry runs before its status is written, one call with an effect after it, and no end of neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from fireline.api.plan import Answer, Call, Key, Manifest
from fireline.errors import ServerUnavailable
from fireline.kube.cache import Cache

MOST_ROUNDS = 32
"""More than any story of a kind needs: beyond it a planner goes round in circles."""
AT_A_TIME = 4
"""Reads of one key that are under way together."""
_LOOKS = frozenset({"get", "list"})
_REVIEWS = "authorization.k8s.io/"
"""Asked by creating what nobody stores."""

log = structlog.get_logger(__name__)


class Maker(Protocol):
    """Makes the calls that plans ask for: :class:`fireline.kube.calls.Calls`."""

    async def make(self, call: Call) -> Answer:
        """What came of it, whatever that is."""


class Misplanned(Exception):
    """A planner asks for what no plan may: a bug, met by the worker like any other."""


class Rounds:
    """One per reconcile of ``key``. The answers are in ``seen`` until someone drops them there."""

    def __init__(self, key: Key, seen: Cache, calls: Maker, *, may_act: Callable[[], bool]) -> None:
        self._key = key
        self._seen = seen
        self._calls = calls
        self._may_act = may_act
        self._count = 0
        self._looked: dict[str, Answer] = {}
        self._acted: dict[str, Answer] = {}
        self._version = ""
        self._asked: tuple[str, ...] = ()

    @property
    def acted(self) -> bool:
        """Whether a call with an effect was made."""
        return bool(self._acted)

    def begin(self, parent: Manifest | None) -> None:
        """Another round begins, with this object. Raises Misplanned when there were too many.

        What was looked at before the object became what it is now is forgotten: another replica may have
        changed both, and an old look beside a new status would read as if somebody had changed it back.
        """
        self._count += 1
        if self._count > MOST_ROUNDS:
            raise Misplanned(f"no end after {MOST_ROUNDS} rounds; last asked for: {', '.join(self._asked)}")
        version = parent["metadata"]["resourceVersion"] if parent is not None else ""
        if version != self._version and self._looked:
            self._looked.clear()
            self._remember()
        self._version = version

    async def look(self, reads: Sequence[Call]) -> None:
        """Make the calls of ``Plan.reads``, some at a time, and remember the answers.

        Raises Misplanned, before the first, if one of them would change anything.
        """
        self._asked = tuple(call.name for call in reads)
        wrong = [call.name for call in reads if not harmless(call)]
        if wrong:
            raise Misplanned(f"reads with an effect: {', '.join(wrong)}")
        free = asyncio.Semaphore(AT_A_TIME)

        async def make(call: Call) -> Answer:
            async with free:
                return await self._calls.make(call)

        async with asyncio.TaskGroup() as group:
            tasks = {call.name: group.create_task(make(call)) for call in reads}
        self._looked |= {name: task.result() for name, task in tasks.items()}
        self._remember()

    async def act(self, call: Call, *, noted: bool) -> None:
        """Make the call of ``Plan.action`` and remember its answer. ``noted``: a status says so.

        What was looked at before is forgotten: it tells of a world that is no more. Raises
        ServerUnavailable when it is not sure that this replica still leads, Misplanned if not ``noted``.
        """
        if not noted:
            raise Misplanned(f"action {call.name} without a status that says so")
        self._asked = (call.name,)
        if not self._may_act():
            raise ServerUnavailable("the lease was not renewed in time: another replica may lead")
        self._looked.clear()
        self._acted[call.name] = answer = await self._calls.make(call)
        level = log.info if answer.ok else log.warning
        level("call made", call=call.name, verb=call.verb, object=described(call), code=answer.status)
        self._remember()

    def _remember(self) -> None:
        self._seen.set_answers(self._key, {**self._acted, **self._looked})


def harmless(call: Call) -> bool:
    """Whether a call changes nothing: a look, a dry run, or a question about rights."""
    if call.verb in _LOOKS:
        return True
    if call.verb == "post":
        return False
    return call.dry_run or (call.verb == "create" and call.api_version.startswith(_REVIEWS))


def described(call: Call) -> str:
    """What a call is about, in a few words without a credential: a webhook's address may hold one."""
    if call.verb == "post":
        return "webhook"
    named = "/".join(part for part in (call.namespace, call.object) if part)
    return f"{call.kind} {named}".rstrip()
