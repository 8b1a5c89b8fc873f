"""AlertPolicies for tests: a small valid one, edited by dotted paths; and a planner told what is seen."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.seen import World

from fireline.alerting.compile import compile_policy
from fireline.alerting.model import Policy
from fireline.alerting.observation import Observation, Routes
from fireline.alerting.plan import PolicyPlanner
from fireline.api import labels
from fireline.api.alert_policy import AlertPolicy
from fireline.api.plan import Key, Manifest, SeenChild
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER, ALERTMANAGER_CONFIG, PROMETHEUS_RULE
from fireline.settings import Alertmanager, Settings, Source

ABSENT = object()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = Key("AlertPolicy", "shop", "checkout")
SETTINGS = Settings(
    sources={"default": Source(urls=("http://prometheus",), rule_labels={"prometheus": "main"})},
    alertmanagers={
        "default": Alertmanager(
            urls=("http://alertmanager",),
            namespace="monitoring",
            name="main",
            merged_secret="fireline-alertmanager",
        )
    },
    runbook_url="https://runbooks.example/{alertname}",
)
MAIN: Manifest = {
    "metadata": {"name": "main", "namespace": "monitoring"},
    "spec": {"alertmanagerConfigSelector": {}, "alertmanagerConfigNamespaceSelector": {}},
}


def a_policy(edits: Mapping[str, Any] | None = None, *, name: str = "checkout") -> Manifest:
    """A valid policy; each edit sets the field at a dotted path such as ``spec.severities``."""
    policy: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "generation": 1,
            "creationTimestamp": "2026-11-01T00:00:00Z",
        },
        "spec": {
            "selector": {"matchLabels": {"team": "shop"}},
            "severities": [
                {"name": "sev0", "page": True, "receivers": ["oncall"]},
                {"name": "sev1", "page": True, "receivers": ["oncall"]},
                {"name": "sev2", "page": False, "receivers": ["tickets"]},
            ],
            "receivers": [
                {"name": "oncall", "webhook": {"urlSecret": {"name": "hooks", "key": "oncall"}}},
                {"name": "tickets", "webhook": {"url": "http://tickets.shop:8080/"}},
            ],
        },
    }
    for path, value in (edits or {}).items():
        *parents, last = path.split(".")
        node = policy
        for part in parents:
            node = node.setdefault(part, {})
        if value is ABSENT:
            node.pop(last, None)
        else:
            node[last] = copy.deepcopy(value)
    return policy


def compiled(edits: Mapping[str, Any] | None = None, **given: Any) -> Policy:
    """The policy behind :func:`a_policy`."""
    return compile_policy(AlertPolicy.of(a_policy(edits)), settings=SETTINGS, **given)


def an_slo(name: str, team: str = "shop", **spec: Any) -> Manifest:
    """An SLO as policies see it."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": {"team": team}},
        "spec": {"service": name, **spec},
    }


def loaded(policy: str = "checkout", *receivers: str, version: str = "0.28.1") -> Routes:
    """Alertmanager has these receivers of a policy; by default all of :func:`a_policy`."""
    names = receivers or ("oncall", "tickets")
    return Routes(version=version, receivers=frozenset(f"shop/alertpolicy-{policy}/{name}" for name in names))


class Told:
    """An observer that says what it is told, and remembers the tests that were asked for."""

    def __init__(self, **seen: Any) -> None:
        self.observation = Observation(**{"routes": loaded(), "secrets": {}, "firing": frozenset(), **seen})
        self.tests: list[str] = []
        self.forgotten: list[Key] = []

    def observe(self, *_: Any) -> Observation:
        """What the test said."""
        return self.observation

    def test(self, _: Key, nonce: str, *__: Any) -> None:
        """Remembers what was asked for."""
        self.tests.append(nonce)

    def forget(self, key: Key) -> None:
        """Remembers that it was told."""
        self.forgotten.append(key)


def world(*objects: Any, children: Any = (), parent: Manifest | None = None) -> World:
    """An Alertmanager that takes every AlertmanagerConfig, the policy itself, and whatever else."""
    own = [(ALERT_POLICY, parent)] if parent else []
    return World(objects=[(ALERTMANAGER, MAIN), *own, *objects], rules=list(children))


def planned(
    parent: Manifest, *, told: Any = None, seen: Any = None, planner: Any = None, now=NOW, **given: Any
):
    """The plan of one policy."""
    planner = planner or PolicyPlanner(SETTINGS, told or Told())
    return planner.plan(
        KEY, parent=parent, seen=seen or world(parent=parent), now=now, problem=given.get("problem")
    )


def as_children(plan: Any) -> list[SeenChild]:
    """What the cache holds once a plan was carried out."""
    kinds = {"AlertmanagerConfig": ALERTMANAGER_CONFIG, "PrometheusRule": PROMETHEUS_RULE}
    return [
        SeenChild(
            resource=kinds[one["kind"]],
            namespace="shop",
            name=one["metadata"]["name"],
            uid="u",
            resource_version="1",
            digest="d",
            labels={labels.OWNER_KIND: "AlertPolicy", labels.OWNER_NAME: KEY.name},
            annotations=one["metadata"]["annotations"],
        )
        for one in plan.children
    ]


def settled(parent: Manifest, plan: Any) -> Manifest:
    """The object after its status was written."""
    return {**parent, "status": plan.status}


def condition(plan: Any, type_: str) -> Manifest:
    """One condition of a plan's status."""
    return next(one for one in plan.status["conditions"] if one["type"] == type_)
