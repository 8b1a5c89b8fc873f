"""A namespace with checks of runner Prober over time: what is planned is put in place, as the engine does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.seen import World

from fireline.api.plan import Change, Key, Manifest, Plan, SeenChild
from fireline.api.resources import CONFIG_MAP, DEPLOYMENT, SYNTHETIC_CHECK
from fireline.api.stamp import stamp
from fireline.kube.cache import seen_child
from fireline.settings import Settings
from fireline.synthetic.prober_plan import ProberPlanner

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = Key("Prober", "shop", "default")
SETTINGS = Settings(checks={"image": "registry.example/fireline:1"})
_RESOURCES = {"Deployment": DEPLOYMENT, "ConfigMap": CONFIG_MAP}


def a_probed(name: str = "health", *, uid: str = "", **spec: Any) -> Manifest:
    """A check that the prober runs every 10 seconds, as the API server would return it."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid or f"uid-of-{name}",
            "generation": 1,
            "creationTimestamp": "2026-11-22T00:00:00Z",
        },
        "spec": {
            "runner": "Prober",
            "schedule": {"every": "10s"},
            "timeout": "3s",
            "cleanupTimeout": "5s",
            "steps": [{"name": "home", "http": {"url": f"https://shop.example/{name}"}}],
            **spec,
        },
    }


def edited(check: Manifest, **spec: Any) -> Manifest:
    """The next generation of a check."""
    metadata = {**check["metadata"], "generation": check["metadata"]["generation"] + 1}
    return {**check, "metadata": metadata, "spec": {**check["spec"], **spec}}


@dataclass
class Story:
    """The planner and what it sees."""

    settings: Settings = SETTINGS
    world: World = field(default_factory=World)
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.planner = ProberPlanner(self.settings)

    def restart(self, settings: Settings | None = None) -> None:
        """The operator starts anew: all that is only remembered is gone."""
        self.planner = ProberPlanner(settings or self.settings)

    def put(self, check: Manifest) -> list[Key]:
        """Makes or changes a check; the keys to plan."""
        name = check["metadata"]["name"]
        old = self.world.get(SYNTHETIC_CHECK, "shop", name)
        self.world.objects = [
            (kind, one) for kind, one in self.world.objects if one["metadata"]["name"] != name
        ] + [(SYNTHETIC_CHECK, check)]
        return list(self.planner.dependents(Change(SYNTHETIC_CHECK, "shop", name, old, check), self.world))

    def delete(self, name: str) -> list[Key]:
        """Takes a check away; the keys to plan."""
        old = self.world.get(SYNTHETIC_CHECK, "shop", name)
        self.world.objects = [one for one in self.world.objects if one[1] is not old]
        return list(self.planner.dependents(Change(SYNTHETIC_CHECK, "shop", name, old, None), self.world))

    def plan(self, key: Key = KEY) -> Plan:
        """What the planner wants at this moment; nothing is carried out."""
        found = self.planner.plan(key, parent=None, seen=self.world, now=self.now, problem=None)
        assert found is not None
        return found

    def settle(self, key: Key = KEY) -> dict[str, Manifest]:
        """Plans, waits as asked, and puts in place what is wanted; by kind and name."""
        plan = self.plan(key)
        while not isinstance(plan.children, tuple):
            assert plan.requeue_after is not None
            self.now += plan.requeue_after
            plan = self.plan(key)
        others = [child for child in self.world.rules if child.labels["fireline.dev/owner-name"] != key.name]
        self.world.rules = others + [in_place(one, key) for one in plan.children]
        return {f"{one['kind']}/{one['metadata']['name']}": one for one in plan.children}

    def later(self, seconds: float) -> None:
        """Time goes by."""
        self.now += timedelta(seconds=seconds)


def in_place(child: Manifest, key: Key) -> SeenChild:
    """A child as the cache has it once it is applied."""
    live = stamp(child, key=key, parent=None, instance="fireline")
    live = {**live, "metadata": {**live["metadata"], "uid": "u", "resourceVersion": "1"}}
    return seen_child(_RESOURCES[child["kind"]], live)


def journeys(children: dict[str, Manifest]) -> dict[str, str]:
    """All files for the prober."""
    return {
        file: text
        for name, one in children.items()
        if name.startswith("ConfigMap/")
        for file, text in one["data"].items()
    }
