"""Everything that is known of policies outside of Kubernetes, put together for their planner.

The app builds one, gives it to the policy planner as its observer and runs it beside the engine's
workers, on the leader only. Nothing here decides; what is not known stays unknown.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from fireline.alerting.conditions import full_name
from fireline.alerting.model import Policy
from fireline.alerting.observation import Observation
from fireline.alerting.situation import SecretAt
from fireline.alerting.tested import links
from fireline.api.delivery import TestedReceiver
from fireline.api.plan import Key
from fireline.errors import ApiError, MetricsError
from fireline.prometheus.source import MetricsSource
from fireline.refresh.firing import Firing, firing
from fireline.refresh.routes import Routed, RoutesWatch
from fireline.refresh.secrets import Get, Known, look
from fireline.refresh.testing import AlertTests, TestRequest

MISSING_SECONDS = 60.0
"""How often Secrets that are not there are looked at again, at least."""

log = structlog.get_logger(__name__)


class QualityOf(Protocol):
    """Knows ``status.quality`` of ``namespace/name``."""

    def of(self, policy: str) -> dict[str, Any] | None:
        """The figures as last measured; None before that."""


@dataclass(slots=True)
class _Watched:
    """One policy as last planned."""

    policy: Policy
    secrets: tuple[SecretAt, ...]
    seen: Known | None = None
    look_at: float = 0.0
    firing: frozenset[str] | None = None


class PolicyWatch:
    """Implements the policy planner's ``Observer``; ``run`` keeps it fed.

    ``get`` reads a Secret; ``enqueue`` is called with the keys whose status would now show something else.
    """

    def __init__(
        self,
        *,
        sources: Mapping[str, MetricsSource],
        tests: AlertTests,
        quality: QualityOf,
        get: Get,
        enqueue: Callable[[Iterable[Key]], None],
        every: float,
        secrets_every: float,
    ) -> None:
        self._sources = dict(sources)
        self._tests = tests
        self._quality = quality
        self._get = get
        self._enqueue = enqueue
        self._every = every
        self._secrets_every = secrets_every
        self._known: dict[Key, _Watched] = {}
        self._wanted = asyncio.Event()
        self.routes: RoutesWatch | None = None
        """Set by the app: it asks this object for the policies."""

    def observe(self, key: Key, policy: Policy, secrets: Sequence[SecretAt]) -> Observation:
        """See :class:`fireline.alerting.plan.Observer`."""
        known = self._known.get(key)
        assert self.routes is not None  # noqa: S101 - the app sets it before anything runs
        if known is None or known.policy is not policy:
            self.routes.hurry()
        if known is None or known.secrets != tuple(secrets):
            before = known.firing if known else None
            known = self._known[key] = _Watched(policy, tuple(secrets), firing=before)
            self._wanted.set()
        known.policy = policy
        result = self._tests.result(key)
        return Observation(
            routes=self.routes.observe(_routed(key, policy)),
            firing=known.firing,
            secrets=known.seen,
            test=result,
            quality=self._quality.of(policy.label),
        )

    def test(self, key: Key, nonce: str, policy: Policy, receivers: Sequence[TestedReceiver]) -> None:
        """See :class:`fireline.alerting.plan.Observer`."""
        self._tests.request(TestRequest(key, nonce, policy.alertmanager, tuple(receivers), links(policy)))

    def routed(self) -> Iterable[Routed]:
        """Every policy, and its receivers as Alertmanager calls them."""
        for key, known in list(self._known.items()):
            yield _routed(key, known.policy)

    def forget(self, key: Key) -> None:
        """See :class:`fireline.alerting.plan.Observer`."""
        self._known.pop(key, None)
        self._tests.forget(key)
        assert self.routes is not None  # noqa: S101 - the app sets it before anything runs
        self.routes.forget(key)

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tests.run(), name="alert tests")
            group.create_task(self._secrets_for_ever(), name="secrets")
            if self.routes is not None:
                group.create_task(self.routes.run(), name="routes")
            for name in self._sources:
                group.create_task(self._firing_for_ever(name), name=f"firing {name}")

    async def _firing_for_ever(self, name: str) -> None:
        while True:
            try:
                self._fire(name, await firing(self._sources[name]))
            except MetricsError as error:
                # What fired last still counts: a change that waits goes on waiting, up to its limit.
                log.debug("firing alerts cannot be asked for", source=name, error=str(error))
            await asyncio.sleep(self._every)

    def _fire(self, name: str, found: Firing) -> None:
        changed = []
        for key, known in self._known.items():
            if known.policy.source != name:
                continue
            now = found.get(known.policy.label, frozenset())
            if now != known.firing:
                known.firing = now
                changed.append(key)
        if changed:
            self._enqueue(changed)

    async def _secrets_for_ever(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self._look_at_secrets()
            except ApiError as error:
                log.debug("secrets cannot be looked at", error=str(error))
            waits = [known.look_at - time.monotonic() for known in self._known.values() if known.secrets]
            pause = min([*waits, MISSING_SECONDS])
            try:
                async with asyncio.timeout(max(1.0, pause)):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _look_at_secrets(self) -> None:
        """Those whose time has come, one after the other: the API server has other clients."""
        for key, known in list(self._known.items()):
            if not known.secrets or time.monotonic() < known.look_at:
                continue
            found = await look(self._get, known.secrets)
            sound = all(one.state == "Found" for one in found.values())
            known.look_at = time.monotonic() + (
                self._secrets_every if sound else min(MISSING_SECONDS, self._secrets_every)
            )
            if found != known.seen and self._known.get(key) is known:
                known.seen = found
                self._enqueue([key])


def _routed(key: Key, policy: Policy) -> Routed:
    names = frozenset(full_name(policy, one.name) for one in policy.receivers)
    return Routed(key, policy.alertmanager, names)
