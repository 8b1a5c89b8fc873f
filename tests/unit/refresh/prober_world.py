"""An operator as far as probers go: real probers, the watch, the planner, and statuses written back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from tests.seen import World
from tests.unit.synthetic.prober.process import Prober, an_entry
from tests.unit.synthetic.prober.story import in_place

from fireline.api import labels
from fireline.api.plan import Key, Manifest
from fireline.api.resources import POD, SYNTHETIC_CHECK
from fireline.refresh.checks import CheckWatch
from fireline.refresh.probers import ProberWatch
from fireline.refresh.refused_pods import RefusedPods
from fireline.settings import Settings
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.prober_plan import ProberPlanner
from fireline.synthetic.schedule import Timing

SETTINGS = Settings(checks={"image": "registry.example/fireline:1"})


def a_check(name: str, *, location: str | None = None, **spec: Any) -> Manifest:
    """A check that the prober runs every 5 seconds, made a moment ago."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "generation": 1,
            "creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "spec": {
            "runner": "Prober",
            "schedule": {"every": "5s"},
            "timeout": "3s",
            "steps": [{"name": "home", "http": {"url": "https://shop.example/"}}],
            **({"location": location} if location else {}),
            **spec,
        },
    }


def a_pod(address: str, *, location: str = "default", uid: str = "", state: str = "running") -> Manifest:
    """The pod of a prober."""
    return {
        "metadata": {
            "name": f"fireline-prober-{location}",
            "namespace": "shop",
            "uid": uid or f"uid-of-pod-{location}",
            "labels": {labels.OWNER_KIND: "Prober", labels.OWNER_NAME: location},
        },
        "status": {
            "phase": "Running",
            "podIP": address,
            "containerStatuses": [{"name": "prober", "state": {state: {}}}],
        },
    }


def file_for(check: Manifest, url: str) -> dict[str, Any]:
    """What the prober gets for a check: its own schedule, and a URL of the test's."""
    metadata = check["metadata"]
    timing = _timing(check)
    entry = an_entry(metadata["name"], url)
    return {**entry, "uid": metadata["uid"], "schedule": timing.text}


def _timing(check: Manifest) -> Timing:
    from fireline.synthetic.checks import read
    from fireline.synthetic.compile import timing_of

    given, _ = read(check, settings=SETTINGS.checks)
    assert given is not None
    return timing_of(given.spec, namespace="shop", name=check["metadata"]["name"])


async def _no_events(_namespace: str, _uid: str) -> list[Manifest]:
    """Probers have no Jobs that could be refused a pod."""
    return []


def _nobody(_keys: Iterable[Key]) -> None:
    """Nobody waits for such news."""


@dataclass
class Operator:
    """``skew``: seconds by which it thinks it is later."""

    port: int
    write_every: float = 0.0
    world: World = field(default_factory=World)
    writes: Counter[str] = field(default_factory=Counter)
    queued: list[Key] = field(default_factory=list)
    skew: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process leads: what was only remembered is gone."""
        self.watch = ProberWatch(
            lambda: self.world,
            enqueue=self.queued.extend,
            port=self.port,
            every=0.2,
            write_every=self.write_every,
            clock=self._clock,
        )
        watch = CheckWatch(self.watch, RefusedPods(_no_events, enqueue=_nobody), enqueue=self.queued.extend)
        self.planner = CheckPlanner(SETTINGS, watch)

    def add(self, check: Manifest) -> None:
        """A check is made, and planned for the first time."""
        self.world.objects.append((SYNTHETIC_CHECK, check))
        self.plan(_key(check))

    def deployed(self) -> None:
        """What is planned for the prober is in place."""
        key = Key("Prober", "shop", "default")
        plan = ProberPlanner(SETTINGS).plan(
            key, parent=None, seen=self.world, now=datetime.now(UTC), problem=None
        )
        assert plan is not None
        assert isinstance(plan.children, tuple)
        self.world.rules = [in_place(one, key) for one in plan.children]

    def pods(self, *pods: Manifest) -> None:
        """The pods there are now."""
        self.world.owned = [(POD, pod) for pod in pods]

    def ask(self) -> None:
        """Asks all probers once."""
        asyncio.run(self._ask())

    def round(self) -> None:
        """Asks all probers once, and plans what has news."""
        self.ask()
        queued, self.queued[:] = list(dict.fromkeys(self.queued)), []
        for key in queued:
            self.plan(key)

    def plan(self, key: Key) -> None:
        """Plans a check and writes its status when it differs."""
        parent = self.world.get(SYNTHETIC_CHECK, key.namespace, key.name)
        assert parent is not None
        now = datetime.fromtimestamp(self._clock(), UTC)
        plan = self.planner.plan(key, parent=parent, seen=self.world, now=now, problem=None)
        assert plan is not None
        if plan.status != parent.get("status"):
            self.writes[key.name] += 1
            parent["status"] = plan.status

    def plan_all(self) -> None:
        """As a resync does."""
        for check in self.world.all(SYNTHETIC_CHECK):
            self.plan(_key(check))

    def check(self, name: str) -> Manifest:
        """One of the checks."""
        found = self.world.get(SYNTHETIC_CHECK, "shop", name)
        assert found is not None
        return found

    def status(self, name: str) -> Mapping[str, Any]:
        """As last written."""
        found: Mapping[str, Any] = self.check(name)["status"]
        return found

    def totals(self, name: str) -> Mapping[str, int]:
        """Counts as last written."""
        found: Mapping[str, int] = self.status(name)["totals"]
        return found

    def _clock(self) -> float:
        return time.time() + self.skew

    async def _ask(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            await self.watch.once(session)


def expected(check: Manifest) -> int:
    """How many slots there were from the first that is in the history to the watermark."""
    status = check["status"]
    first = datetime.fromisoformat(status["history"][-1]["slot"]).timestamp()
    through = datetime.fromisoformat(status["ledger"]["through"]).timestamp()
    return _timing(check).count(first - 1, through)


def _key(check: Manifest) -> Key:
    return Key(SYNTHETIC_CHECK.kind, check["metadata"]["namespace"], check["metadata"]["name"])


__all__ = ["Operator", "Prober", "a_check", "a_pod", "expected", "file_for"]
