"""Rewrites for a new renderer alone are paced; everything else goes at once."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.api import labels
from fireline.api.plan import Key, Manifest, SeenChild
from fireline.api.resources import PROMETHEUS_RULE
from fireline.kube.rewrites import Rewrites


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def a_child(*, renderer: str = "1") -> SeenChild:
    annotations = {labels.RENDERER: renderer, labels.SPEC_HASH: "x"}
    return SeenChild(PROMETHEUS_RULE, "shop", "slo-a", "uid", "1", "digest", {}, annotations)


def wanted(*, renderer: str = "2") -> Manifest:
    return {"metadata": {"annotations": {labels.RENDERER: renderer, labels.SPEC_HASH: "y"}}}


def a_parent(*, observed: int = 1) -> Manifest:
    return {"metadata": {"generation": 1}, "status": {"observedGeneration": observed}}


OLD, NEW = a_parent(), a_parent(observed=0)
"""A spec that was carried out before, and one a user has just changed."""


def keys(count: int, kind: str = "SLO") -> list[Key]:
    return [Key(kind, "shop", str(number)) for number in range(count)]


def test_twenty_rewrites_take_four_seconds():
    clock = Clock()
    rewrites = Rewrites(clock, aggregates=[])
    waits = [rewrites.wait(key, a_child(), wanted(), OLD) for key in keys(21)]
    assert waits[0] is None
    assert [round(wait or 0, 3) for wait in waits[1:4]] == [0.2, 0.4, 0.6]
    assert round(waits[-1] or 0, 3) == 4.0


def test_a_postponed_key_keeps_its_place():
    clock = Clock()
    rewrites = Rewrites(clock, aggregates=[])
    first, second, third = keys(3)
    assert rewrites.wait(first, a_child(), wanted(), OLD) is None
    for _ in range(5):
        assert rewrites.wait(second, a_child(), wanted(), OLD) is not None
    assert round(rewrites.wait(third, a_child(), wanted(), OLD) or 0, 3) == 0.4
    clock.now += 0.21
    assert rewrites.wait(second, a_child(), wanted(), OLD) is None


def test_what_a_user_changed_is_never_postponed():
    rewrites = Rewrites(Clock(), aggregates=[])
    for key in keys(10):
        assert rewrites.wait(key, a_child(), wanted(), NEW) is None
        assert rewrites.wait(key, a_child(renderer="2"), wanted(), OLD) is None
        assert rewrites.wait(key, None, wanted(), OLD) is None


def test_aggregates_come_after_everything_else():
    clock = Clock()
    rewrites = Rewrites(clock, aggregates=["Windows"])
    first, second = keys(2)
    (aggregate,) = keys(1, "Windows")
    rewrites.wait(first, a_child(), wanted(), OLD)
    assert rewrites.wait(second, a_child(), wanted(), OLD) is not None
    clock.now += 60
    assert rewrites.wait(aggregate, a_child(), wanted(), None) is not None
    assert rewrites.wait(second, a_child(), wanted(), OLD) is None
    clock.now += 60
    assert rewrites.wait(aggregate, a_child(), wanted(), None) is None


def test_a_key_whose_spec_changed_meanwhile_holds_no_aggregate_back():
    clock = Clock()
    rewrites = Rewrites(clock, aggregates=["Windows"])
    first, second = keys(2)
    (aggregate,) = keys(1, "Windows")
    rewrites.wait(first, a_child(), wanted(), OLD)
    rewrites.wait(second, a_child(), wanted(), OLD)
    assert rewrites.wait(second, a_child(), wanted(), NEW) is None
    clock.now += 1
    assert rewrites.wait(aggregate, a_child(), wanted(), None) is None
