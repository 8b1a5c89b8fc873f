"""A small world for the state machine: an API server with a ConfigMap and Leases, and the engine's loop.

Calls are carried out with an independent JSON patch interpreter, so that what the planner does is judged by
what it does to the object. Between any two calls something else may happen (``meanwhile``), any answer may be
lost, and the operator may end at any point; then only the persisted status is left of it.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.seen import World
from tests.unit.mitigation.json_patch import Refused, patched

from fireline.api.labels import FINALIZER, MARKER
from fireline.api.plan import Answer, Call, Key, Manifest, Plan
from fireline.api.resources import MITIGATION, Resource
from fireline.kube.rounds import MOST_ROUNDS
from fireline.mitigation.model import Signal
from fireline.mitigation.plan import MitigationPlanner
from fireline.mitigation.signals import unseen
from fireline.settings import MitigationSettings, Settings

KEY = Key(MITIGATION.kind, "shop", "aid")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ended(Exception):
    """The operator was killed."""


@dataclass
class Told:
    """What the planner's observer says."""

    state: str = "False"
    since: datetime = NOON
    ticks: int = 0
    false_since: datetime | None = NOON
    verified: str = "Unknown"
    blind: bool = False
    """Nobody has looked yet."""
    stormy: bool | None = False
    pausing: str | None = None
    now: Callable[[], datetime] = lambda: NOON

    def signal(self, key: Key) -> Signal | None:
        """The trigger."""
        del key
        if self.blind:
            return unseen("not looked at yet", at=self.now())
        return Signal(
            self.state,  # type: ignore[arg-type]
            "as the test says",
            self.now(),
            since=self.since,
            ticks=self.ticks,
            # Of what was known before it became Unknown, as real signals keep it.
            false_since=self.false_since if self.state != "True" else None,
        )

    def verification(self, key: Key) -> Signal | None:
        """Whether it helped."""
        del key
        if self.blind:
            return unseen("not looked at yet", at=self.now())
        return Signal(self.verified, "as the test says", self.now())  # type: ignore[arg-type]

    def storm(self) -> tuple[bool | None, str]:
        """Whether everything burns."""
        return self.stormy, "as the test says"

    def paused(self) -> str | None:
        """The pause."""
        return self.pausing


@dataclass
class Written:
    """One write of the target by us. ``marked_before``: with the marker of this very plan."""

    before: Any
    after: Any
    marked_before: bool
    intent: Manifest


@dataclass
class Simulated:
    """One Mitigation of ConfigMap ``shop``, whose key ``mode`` it sets to ``safe``."""

    spec: Manifest
    name: str = KEY.name
    settings: MitigationSettings = field(
        default_factory=lambda: MitigationSettings(auto_namespaces=("*",), require_approval_guard=False)
    )
    now: datetime = NOON
    told: Told = field(default_factory=Told)
    beside: list[tuple[Resource, Manifest]] = field(default_factory=list)
    """Other Mitigations, and what else the operator watches."""
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    """What happens before the next calls, one each; None-like entries are plain functions that do nothing."""
    writes: list[Written] = field(default_factory=list)
    before_write: Callable[[], None] | None = None
    """What happens right before the next write of the target reaches the server."""
    lose_answers: int = 0
    """So many of the next writes are carried out and their answers lost."""
    refuse: int = 0
    """So many of the next calls are answered with 503, and not carried out."""
    die_at: int | None = None
    """The operator is killed at its so-manieth call from now, before or after it is carried out."""
    die_after: bool = False
    _versions: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.server: Callable[[Call], Answer] = self.carried_out
        """Who answers a call. A test puts its own in front of it."""
        self.told.now = lambda: self.now
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.make_target()
        self.parent: Manifest | None = None
        self.make_parent()
        self.start()

    def start(self) -> None:
        """A new process: nothing is remembered."""
        self.planner = MitigationPlanner(Settings(mitigations=self.settings), self.told, place="fireline")

    # The world

    def make_parent(self, uid: str = "0b1c2d3e-0000-4000-8000-000000000000") -> None:
        """The Mitigation, made anew."""
        self.parent = {
            "apiVersion": MITIGATION.api_version,
            "kind": MITIGATION.kind,
            "metadata": {
                "name": self.name,
                "namespace": KEY.namespace,
                "uid": uid,
                "generation": 1,
                "resourceVersion": str(next(self._versions)),
                "creationTimestamp": "2026-11-22T11:00:00Z",
                "annotations": {},
            },
            "spec": self.spec,
        }

    def make_target(self, **data: str) -> None:
        """The ConfigMap, made anew: another uid."""
        number = next(self._versions)
        self.objects["ConfigMap", "shop"] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "shop",
                "namespace": "shop",
                "uid": f"uid-{number}",
                "resourceVersion": str(number),
            },
            "data": {"mode": "fast", "other": "x", **data},
        }

    @property
    def target(self) -> Manifest | None:
        """The ConfigMap."""
        return self.objects.get(("ConfigMap", "shop"))

    def edit(self, **data: str | None) -> None:
        """Somebody else changes keys of the target; None removes one."""
        live = self.target
        if live is None:
            return
        for key, value in data.items():
            if value is None:
                live["data"].pop(key, None)
            else:
                live["data"][key] = value
        live["metadata"]["resourceVersion"] = str(next(self._versions))

    def annotate(self, **annotations: str) -> None:
        """A person's wish."""
        if self.parent is not None:
            named = {f"fireline.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
            self.parent["metadata"]["annotations"] |= named
            self._touch(self.parent)

    def delete(self) -> None:
        """Somebody deletes the Mitigation."""
        if self.parent is None:
            return
        if FINALIZER in self.parent["metadata"].get("finalizers", ()):
            self.parent["metadata"].setdefault("deletionTimestamp", self.now.isoformat())
            self._touch(self.parent)
        else:
            self.parent = None

    @property
    def status(self) -> Manifest:
        """The persisted status."""
        found: Manifest = (self.parent or {}).get("status", {})
        return found

    @property
    def phase(self) -> str:
        """Where it is."""
        return str(self.status.get("phase", "Idle"))

    # The engine's loop, as fireline.kube.reconcile has it

    def reconcile(self) -> timedelta | None:
        """Plan until nothing more is asked; a killed operator starts anew at the next call."""
        try:
            return self._reconcile()
        except Ended:
            self.start()
            return None

    def settle(self, steps: int = 20) -> None:
        """Reconcile until nothing changes any more, without time going on."""
        for _ in range(steps):
            before = copy.deepcopy((self.parent, self.objects))
            self.reconcile()
            if (self.parent, self.objects) == before:
                return

    def _reconcile(self) -> timedelta | None:
        looked: dict[str, Answer] = {}
        acted: dict[str, Answer] = {}
        version = ""
        for _ in range(MOST_ROUNDS):
            planned_from = copy.deepcopy(self.parent)
            if planned_from is None:
                return None
            if version != (version := planned_from["metadata"]["resourceVersion"]):
                looked = {}
            plan = self._plan(planned_from, {**acted, **looked})
            if plan is None:
                return None
            if plan.reads:
                looked |= {call.name: self._call(call) for call in plan.reads}
                continue
            if not self._persist(plan, planned_from):
                return None  # a conflict: read and planned again
            if plan.action is None:
                return plan.requeue_after
            looked = {}
            acted[plan.action.name] = self._call(plan.action)
        raise AssertionError(f"no end after {MOST_ROUNDS} rounds: {self.status}")

    def _plan(self, parent: Manifest, answers: dict[str, Answer]) -> Plan | None:
        key = Key(KEY.kind, KEY.namespace, self.name)
        seen = World(
            objects=[(MITIGATION, parent), *self.beside],
            answers={(key, name): one for name, one in answers.items()},
        )
        return self.planner.plan(key, parent=parent, seen=seen, now=self.now, problem=None)

    def _persist(self, plan: Plan, planned_from: Manifest) -> bool:
        self._happen()
        if self.parent is None:
            return False
        if self.parent["metadata"]["resourceVersion"] != planned_from["metadata"]["resourceVersion"]:
            return False
        finalizers = set(self.parent["metadata"].get("finalizers", ()))
        if plan.finalizer is True:
            finalizers.add(FINALIZER)
        if plan.status is not None and plan.status != self.parent.get("status"):
            self.parent["status"] = _kept(plan.status)
            self._touch(self.parent)
        if plan.finalizer is False and plan.action is None:
            finalizers.discard(FINALIZER)
        self.parent["metadata"]["finalizers"] = sorted(finalizers)
        if not finalizers and "deletionTimestamp" in self.parent["metadata"]:
            self.parent = None
        return True

    def _touch(self, manifest: Manifest) -> None:
        manifest["metadata"]["resourceVersion"] = str(next(self._versions))

    def _happen(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def _call(self, call: Call) -> Answer:
        self._happen()
        if self.before_write is not None and call.verb == "patch" and not call.dry_run:
            happens, self.before_write = self.before_write, None
            happens()
        dying = self._dies()
        if dying and not self.die_after:
            raise Ended
        if self.refuse > 0:
            self.refuse -= 1
            return Answer(503, message="the test says so")
        answer = self.server(call)
        if dying:
            raise Ended
        if self.lose_answers > 0 and call.verb == "patch" and not call.dry_run:
            self.lose_answers -= 1
            return Answer(0, message="lost")
        return answer

    def _dies(self) -> bool:
        if self.die_at is None:
            return False
        self.die_at -= 1
        if self.die_at > 0:
            return False
        self.die_at = None
        return True

    def carried_out(self, call: Call) -> Answer:
        """As an API server answers whose objects are ``objects``."""
        if call.kind == "SelfSubjectAccessReview":
            return Answer(201, {"status": {"allowed": True}})
        at = (call.kind, call.object or (call.body or {}).get("metadata", {}).get("name", ""))
        live = self.objects.get(at)
        if call.verb == "list":
            return Answer(200, {"items": []})
        if call.verb == "create":
            return Answer(409, message="exists") if live is not None else self._create(at, call)
        if live is None:
            return Answer(404, message=f"{call.kind} {call.object} not found")
        if call.verb == "delete":
            return self._delete(at, call, live)
        if call.verb == "patch":
            return self._patch(call, live)
        assert call.verb == "get", call.verb
        return Answer(200, copy.deepcopy(live))

    def _create(self, at: tuple[str, str], call: Call) -> Answer:
        made = copy.deepcopy(call.body)
        made["metadata"]["uid"] = f"uid-{next(self._versions)}"
        self.objects[at] = made
        return Answer(201, copy.deepcopy(made))

    def _delete(self, at: tuple[str, str], call: Call, live: Manifest) -> Answer:
        if call.uid and call.uid != live["metadata"].get("uid"):
            return Answer(409, message="another uid")
        del self.objects[at]
        return Answer(200, {})

    def _patch(self, call: Call, live: Manifest) -> Answer:
        try:
            new = patched(live, call.body)
        except Refused as error:
            return Answer(422, message=str(error))
        if call.dry_run:
            new["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
        else:
            marks = live["metadata"].get("annotations") or {}
            intent = copy.deepcopy(self.status.get("intent", {}))
            marked = any(
                value == intent.get("planHash") for name, value in marks.items() if name.startswith(MARKER)
            )
            before, after = live["data"].get("mode"), new["data"].get("mode")
            self.writes.append(Written(before, after, marked, intent))
            self._touch(new)
            self.objects["ConfigMap", "shop"] = new
        return Answer(200, copy.deepcopy(new))


def _kept(status: Manifest) -> Manifest:
    """A status as the API server gives it back: nulls are dropped, and everything is JSON."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(inner) for key, inner in value.items() if inner is not None}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    found: Manifest = bare(json.loads(json.dumps(status)))
    return found
