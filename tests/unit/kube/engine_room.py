"""The reconciler with all its real parts over an API server that is a dictionary, for tests of order.

What a real API server does about the same requests is tested in ``tests/cluster/test_engine_rounds.py``.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.kube.virtual import run

from fireline.api.plan import Answer, Call, Change, Key, Manifest, Plan, Planner, Problem, Seen
from fireline.api.resources import PROMETHEUS_RULE, SLO, Resource
from fireline.errors import ApiError, Conflict, NotFound
from fireline.kube.apply import Applier
from fireline.kube.cache import Cache
from fireline.kube.dispatch import Dispatcher
from fireline.kube.finalizers import Finalizers
from fireline.kube.metrics import Metrics
from fireline.kube.queue import WorkQueue
from fireline.kube.reconcile import Reconciler
from fireline.kube.rewrites import Rewrites
from fireline.kube.status import StatusWriter
from fireline.kube.transitions import Poster

KEY = Key(SLO.kind, "shop", "checkout")
OURS = "fireline.dev/mitigation"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Planning = Callable[..., Plan | None]


class Scripted:
    """A planner that does as a function of the test says: ``planning(parent, answer, problem, now)``."""

    kind = KEY.kind
    resource: Resource | None = SLO

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        return self._planning(
            parent=parent, answer=lambda name: seen.answer(key, name), problem=problem, now=now
        )

    def dependents(self, change: Change, seen: Seen) -> Iterator[Key]:
        del change, seen
        return iter(())


class Finishing(Scripted):
    """One that wants to be asked while its objects are deleted."""

    finalizer = OURS


class Aggregate(Scripted):
    """One without an object."""

    kind = "Everything"
    resource = None


class Server:
    """Objects by name with resourceVersions, and the words of every request in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fails: dict[str, ApiError] = {}
        self._versions = itertools.count(2)
        self.live: Manifest | None = {
            "apiVersion": SLO.api_version,
            "kind": SLO.kind,
            "metadata": {
                "name": KEY.name,
                "namespace": KEY.namespace,
                "uid": "uid-1",
                "resourceVersion": "1",
            },
            "spec": {"service": "checkout"},
        }

    def edit(self, **metadata: Any) -> Manifest:
        """Somebody else's change; the operator has not seen it."""
        assert self.live is not None
        self.live = {**self.live, "metadata": {**self.live["metadata"], **metadata, **self._next()}}
        return copy.deepcopy(self.live)

    async def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        self._ask("get")
        if resource != SLO or self.live is None:
            raise NotFound(f"{resource.kind} {namespace}/{name} not found", status=404)
        return copy.deepcopy(self.live)

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, *, version: str, patch: Mapping[str, Any]
    ) -> Manifest:
        del resource, namespace, name
        live = self._precondition("status", version)
        status = {**live.get("status", {}), **patch}
        return self._store({**live, "status": {k: v for k, v in status.items() if v is not None}})

    async def patch_finalizers(
        self, resource: Resource, namespace: str, name: str, *, version: str, finalizers: list[str]
    ) -> Manifest:
        del resource, namespace, name
        live = self._precondition(f"finalizers {finalizers}", version)
        return self._store({**live, "metadata": {**live["metadata"], "finalizers": finalizers}})

    async def apply(self, resource: Resource, manifest: Manifest, *, force: bool) -> Manifest:
        del force
        self._ask(f"apply {resource.kind}")
        metadata = {**manifest["metadata"], "uid": "uid-child", **self._next()}
        return {**manifest, "metadata": metadata}

    def _precondition(self, words: str, version: str) -> Manifest:
        self._ask(words)
        if self.live is None:
            raise NotFound("gone", status=404)
        if self.live["metadata"]["resourceVersion"] != version:
            raise Conflict("the object has been modified", status=409)
        return self.live

    def _ask(self, words: str) -> None:
        self.log.append(words)
        if words in self.fails:
            raise self.fails[words]

    def _store(self, manifest: Manifest) -> Manifest:
        self.live = {**manifest, "metadata": {**manifest["metadata"], **self._next()}}
        return copy.deepcopy(self.live)

    def _next(self) -> dict[str, str]:
        return {"resourceVersion": str(next(self._versions))}


class Room:
    """One planner, one object, one worker's place. ``answers`` says what comes of calls by name."""

    def __init__(self, planner: Planner) -> None:
        self.server = Server()
        self.log = self.server.log
        self.answers: dict[str, Answer | Exception | Callable[[], Answer]] = {}
        self.leads = True
        self.times: list[datetime] = []
        self.cache = Cache(child_resources=[PROMETHEUS_RULE])
        self.key = Key(planner.kind, "shop", "checkout")
        self._planner = planner
        self.tell(self.server.live)

    def tell(self, live: Manifest | None) -> None:
        """The watch brings news."""
        if live is not None:
            self.cache.put(SLO, copy.deepcopy(live))

    def begin_with(self, status: Manifest) -> None:
        """The status that the server and the operator know."""
        assert self.server.live is not None
        self.server.live["status"] = status
        self.tell(self.server.edit())

    async def make(self, call: Call) -> Answer:
        """The calls of plans end here."""
        self.log.append(call.name)
        answer = self.answers.get(call.name, Answer(200, {}))
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    async def reconcile(self) -> float | None:
        """As a worker would."""
        client: Any = self.server
        dispatcher = Dispatcher([self._planner], self.cache, WorkQueue())
        reconciler = Reconciler(
            dispatcher,
            self.cache,
            Applier(
                client,
                self.cache,
                dispatcher,
                instance="fireline",
                resources={(PROMETHEUS_RULE.api_version, PROMETHEUS_RULE.kind): PROMETHEUS_RULE},
                rewrites=Rewrites(lambda: 0.0, aggregates=()),
            ),
            StatusWriter(client, self.cache, dispatcher),
            Poster(client, Metrics(), busy=lambda: False),
            finalizers=Finalizers(client, self.cache, dispatcher),
            calls=self,
            now=self._now,
            may_act=lambda: self.leads,
        )
        return await reconciler.reconcile(self.key)

    def run(self) -> float | None:
        """One reconcile."""
        return run(self.reconcile())

    def _now(self) -> datetime:
        self.times.append(START + timedelta(seconds=len(self.times)))
        return self.times[-1]


def a_read(name: str = "target", **more: Any) -> Call:
    return Call(name, "get", "apps/v1", "Deployment", "shop", "checkout", **more)


def an_action(name: str = "act", **more: Any) -> Call:
    return Call(name, "patch", "apps/v1", "Deployment", "shop", "checkout", body=[], **more)
