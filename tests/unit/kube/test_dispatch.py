"""From a change to the keys that are planned again."""

from __future__ import annotations

from typing import Any

from tests.seen import World

from fireline.api.plan import Change, Key
from fireline.api.resources import NAMESPACE
from fireline.kube.dispatch import Dispatcher
from fireline.kube.queue import WorkQueue


class Planner:
    """Names one key for every change, or cannot."""

    resource = None

    def __init__(self, kind: str, *, breaks: bool = False) -> None:
        self.kind, self.breaks = kind, breaks

    def plan(self, *_: Any, **__: Any) -> None:
        """Nothing is planned here."""

    def dependents(self, change: Change, _: Any) -> list[Key]:
        """One key."""
        if self.breaks:
            raise KeyError("spec")
        return [Key(self.kind, change.name, "one")]


def test_a_planner_that_cannot_read_an_object_stops_neither_the_watch_nor_the_others():
    queue = WorkQueue(aggregates=[])
    dispatcher = Dispatcher([Planner("A", breaks=True), Planner("B")], World(), queue)

    dispatcher.saw(Change(NAMESPACE, "", "shop", None, {"metadata": {"name": "shop"}}))

    assert len(queue) == 1
