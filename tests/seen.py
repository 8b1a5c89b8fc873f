"""An in-memory view of a cluster for planner tests: the same questions the engine's caches answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fireline.api import labels
from fireline.api.plan import Access, Answer, Key, Manifest, Problem, SeenChild
from fireline.api.resources import PROMETHEUS_RULE, Resource


@dataclass
class World:
    """Whatever a test puts into it."""

    objects: list[tuple[Resource, Manifest]] = field(default_factory=list)
    rules: list[SeenChild] = field(default_factory=list)
    unreadable: dict[Resource, Access] = field(default_factory=dict)
    problems: dict[Key, Problem] = field(default_factory=dict)
    owned: list[tuple[Resource, Manifest]] = field(default_factory=list)
    answers: dict[tuple[Key, str], Answer] = field(default_factory=dict)

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        """One object."""
        return next(
            (
                found
                for kind, found in self.objects
                if kind == resource
                and found["metadata"]["name"] == name
                and found["metadata"].get("namespace", "") == namespace
            ),
            None,
        )

    def all(self, resource: Resource, namespace: str | None = None) -> Iterable[Manifest]:
        """All objects of a kind."""
        return [
            found
            for kind, found in self.objects
            if kind == resource and namespace in (None, found["metadata"].get("namespace"))
        ]

    def children(self, owner: Key) -> tuple[SeenChild, ...]:
        """Rule objects of one owner."""
        return tuple(
            rule
            for rule in self.children_of_kind(owner.kind, owner.namespace)
            if rule.labels[labels.OWNER_NAME] == owner.name
        )

    def children_of_kind(self, owner_kind: str, namespace: str) -> tuple[SeenChild, ...]:
        """Rule objects of one kind of owner."""
        return tuple(
            rule
            for rule in self.rules
            if rule.namespace == namespace and rule.labels[labels.OWNER_KIND] == owner_kind
        )

    def offspring(self, resource: Resource, owner: Key) -> tuple[Manifest, ...]:
        """What was made from the children of an owner, as its labels say."""
        return tuple(
            found
            for kind, found in self.owned
            if kind == resource
            and found["metadata"].get("namespace", "") == owner.namespace
            and found["metadata"]["labels"].get(labels.OWNER_KIND) == owner.kind
            and found["metadata"]["labels"].get(labels.OWNER_NAME) == owner.name
        )

    def problem(self, key: Key) -> Problem | None:
        """Why another key cannot be carried out."""
        return self.problems.get(key)

    def answer(self, key: Key, name: str) -> Answer | None:
        """What came of a call."""
        return self.answers.get((key, name))

    def access(self, resource: Resource) -> Access:
        """Served, unless the test says otherwise."""
        return self.unreadable.get(resource, Access("Served"))


def a_rule_of(
    slo: str, *, window: str = "30d", source: str = "default", namespace: str = "shop"
) -> SeenChild:
    """The rule object of an SLO as the cache keeps it."""
    return SeenChild(
        resource=PROMETHEUS_RULE,
        namespace=namespace,
        name=f"slo-{slo}",
        uid=f"uid-{slo}",
        resource_version="1",
        digest="d",
        labels={labels.OWNER_KIND: "ServiceLevelObjective", labels.OWNER_NAME: slo},
        annotations={labels.SLO_WINDOW: window, labels.SOURCE: source},
    )
