"""An SLO planned against a world that is told: for tests of rules, conditions and figures as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from fireline.api.plan import Key
from fireline.api.resources import PROMETHEUS
from fireline.settings import Settings, Source
from fireline.slo.observation import Observation
from fireline.slo.plan import SLOPlanner
from tests.seen import World

KEY = Key("ServiceLevelObjective", "shop", "checkout")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SETTINGS = Settings(
    sources={"default": Source(urls=("http://prometheus",), rule_labels={"prometheus": "main"})}
)
MAIN = {
    "metadata": {"name": "main", "namespace": "monitoring"},
    "spec": {"ruleSelector": {"matchLabels": {"prometheus": "main"}}, "ruleNamespaceSelector": {}},
}
GOOD = Observation(
    at=NOW,
    total_present=True,
    bad_present=True,
    source="Recorded",
    current=0.99982,
    window=0.99953,
    consumed=0.47,
    coverage=1.0,
    burn={"5m": 0.9, "1h": 0.42},
)


class Told:
    """An observer that says what it is told; the right rule hash is filled in."""

    def __init__(self, observation=GOOD, *, loaded=True):
        self.observation, self.loaded = observation, loaded

    def observe(self, objective):
        return replace(self.observation, loaded_hash=objective.spec_hash if self.loaded else "another")


def planned(parent, *, told=None, seen=None, now=NOW, problem=None, settings=SETTINGS):
    planner = SLOPlanner(settings, told or Told())
    world = seen if seen is not None else World(objects=[(PROMETHEUS, MAIN)])
    return planner.plan(KEY, parent=parent, seen=world, now=now, problem=problem)


def condition(plan, type_):
    return next(c for c in plan.status["conditions"] if c["type"] == type_)


def settled(parent, plan):
    return {**parent, "status": plan.status}
