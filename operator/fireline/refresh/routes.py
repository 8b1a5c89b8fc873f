"""Keeps fresh what every Alertmanager has loaded: its version, and which receivers.

The app runs it beside the engine's workers, on the leader only; the policy planner reads ``of`` and sets
RoutesLoaded and the promise of an escalation, which depends on the version.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from fireline.alerting.observation import Routes
from fireline.alertmanager import answers
from fireline.alertmanager.replica import AlertmanagerReplica
from fireline.api.plan import Key
from fireline.errors import AlertmanagerError
from fireline.http.threads import in_daemon_thread

SECOND_TRY_SECONDS = 5.0
"""An Alertmanager is down only when it fails twice: a restart is not worth a thousand statuses."""

HURRY_SECONDS = 60.0
"""So long after a change of a policy it is asked every few seconds."""
HURRIED_SECONDS = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Routed:
    """A policy, and its receivers as Alertmanager calls them."""

    key: Key
    alertmanager: str
    receivers: frozenset[str]


class RoutesWatch:
    """``alertmanagers`` holds the replicas of those that have a URL. ``policies`` gives every valid policy;
    ``enqueue`` is called with the keys of the policies whose status would now show something else.
    """

    def __init__(
        self,
        alertmanagers: Mapping[str, Sequence[AlertmanagerReplica]],
        *,
        policies: Callable[[], Iterable[Routed]],
        enqueue: Callable[[Iterable[Key]], None],
        every: float,
    ) -> None:
        self._alertmanagers = {name: tuple(replicas) for name, replicas in alertmanagers.items() if replicas}
        self._policies = policies
        self._enqueue = enqueue
        self._every = every
        self._routes = dict.fromkeys(self._alertmanagers, Routes())
        self._failures = dict.fromkeys(self._alertmanagers, 0)
        self._shown: dict[Key, object] = {}
        self._hurry_until = 0.0
        self._hurried = {name: asyncio.Event() for name in self._alertmanagers}
        self._read: dict[str, tuple[str, frozenset[str]]] = {}

    def of(self, alertmanager: str) -> Routes:
        """What is known of an Alertmanager of the settings; of one without a URL that there is none."""
        return self._routes.get(alertmanager, Routes(configured=False))

    def observe(self, policy: Routed) -> Routes:
        """The same, for the status of a policy, which is told of anything that differs from this."""
        self._differs(policy)
        return self.of(policy.alertmanager)

    def health(self) -> dict[str, dict[str, str]]:
        """Each Alertmanager's state, for /status: ``up``, or ``down`` with the reason."""
        return {
            f"alertmanager/{name}": {"state": "down", "message": routes.down}
            if routes.down
            else {"state": "up"}
            for name, routes in self._routes.items()
        }

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._alertmanagers:
                group.create_task(self._watch(name), name=f"routes {name}")
            await asyncio.Event().wait()

    async def _watch(self, name: str) -> None:
        while True:
            started = time.monotonic()
            await self.refresh_once(name)
            soon = self._failures[name] == 1 or started < self._hurry_until
            pause = min(self._every, SECOND_TRY_SECONDS) if soon else self._every
            await self._sleep(self._hurried[name], max(0.0, pause - (time.monotonic() - started)))

    async def _sleep(self, hurried: asyncio.Event, seconds: float) -> None:
        """Until then, or until somebody is in a hurry."""
        try:
            async with asyncio.timeout(seconds):
                await hurried.wait()
        except TimeoutError:
            return
        hurried.clear()
        await asyncio.sleep(min(seconds, HURRIED_SECONDS))

    def hurry(self) -> None:
        """A policy is new or was changed: its routes are loaded within seconds, and someone looks on."""
        if time.monotonic() >= self._hurry_until:
            for hurried in self._hurried.values():
                hurried.set()
        self._hurry_until = time.monotonic() + HURRY_SECONDS

    async def refresh_once(self, name: str) -> None:
        """Asks every replica of one Alertmanager, and tells what changed."""
        found = await asyncio.gather(*(self._one(one) for one in self._alertmanagers[name]))
        seen = [one for one in found if not isinstance(one, AlertmanagerError)]
        errors = [str(one) for one in found if isinstance(one, AlertmanagerError)]
        if seen:
            self._answers(name, seen, errors)
        else:
            self._silent(name, "; ".join(errors))
        mine = [one for one in self._policies() if one.alertmanager == name]
        changed = [one.key for one in mine if self._differs(one)]
        if changed:
            self._enqueue(changed)

    async def _one(self, replica: AlertmanagerReplica) -> tuple[str, frozenset[str]] | AlertmanagerError:
        """Version and receivers of one replica. A configuration that has not changed is not read again."""
        try:
            status = await replica.status()
            known = self._read.get(replica.place)
            if known is None or known[0] != status.config:
                found = await in_daemon_thread(lambda: answers.receivers(status.config))
                known = status.config, found
                self._read[replica.place] = known
        except AlertmanagerError as error:
            said = str(error)
            return error if replica.place in said else AlertmanagerError(f"{replica.place}: {said}")
        return status.version, known[1]

    def _answers(self, name: str, seen: Sequence[tuple[str, frozenset[str]]], errors: Sequence[str]) -> None:
        """Of several replicas the oldest version counts, and a receiver that all of them have."""
        if self._routes[name].down:
            log.info("alertmanager answers again", alertmanager=name)
        if errors:
            log.warning(
                "a replica of alertmanager does not answer", alertmanager=name, error="; ".join(errors)
            )
        self._failures[name] = 0
        version = min((version for version, _ in seen), key=_ordered)
        receivers = frozenset.intersection(*(receivers for _, receivers in seen))
        self._routes[name] = Routes(version=version, receivers=receivers)

    def _silent(self, name: str, words: str) -> None:
        """The first words stay while it is down: other words would be other statuses."""
        self._failures[name] += 1
        if self._failures[name] >= 2 and self._routes[name].down is None:
            self._routes[name] = Routes(down=words, version=self._routes[name].version)
            log.warning("alertmanager does not answer", alertmanager=name, error=words)

    def _differs(self, policy: Routed) -> bool:
        """Whether a policy's part of the answer is another than last time it was shown, or told."""
        routes = self.of(policy.alertmanager)
        missing = None if routes.receivers is None else policy.receivers - routes.receivers
        shown = (routes.down, routes.version, missing)
        before = self._shown.get(policy.key)
        self._shown[policy.key] = shown
        return shown != before

    def forget(self, key: Key) -> None:
        """The policy is gone."""
        self._shown.pop(key, None)


def _ordered(version: str) -> tuple[int, ...]:
    """``0.28.1`` as numbers; what is no version counts as the oldest."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
