"""Several replicas behave as one, and are never mixed."""

from __future__ import annotations

import asyncio

import pytest

from fireline.api.metrics import Sample
from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.prometheus.memory import InMemorySource
from fireline.prometheus.replicas import Replicas
from fireline.settings import Source


class Failing(InMemorySource):
    """Answers ``good`` queries, then raises ``error`` (and is down, when it says so)."""

    def __init__(self, value, *, good=0, error=MetricsError, down=True):
        super().__init__(lambda *_: [Sample({}, value, 0.0)])
        self.good, self.error, self.is_down = good, error, down

    async def instant(self, query, *, at=None):
        if len(self.asked) >= self.good:
            self.down = "gone" if self.is_down else None
            raise self.error("gone")
        return await super().instant(query, at=at)


def steady(value):
    return InMemorySource(lambda *_: [Sample({}, value, 0.0)])


def values(source, *queries):
    found = asyncio.run(source.batch({query: query for query in queries}))
    return [samples[0].value for samples in found.values()]


def test_the_first_replica_is_used_while_it_answers():
    second = steady(2)
    assert values(Replicas([steady(1), second]), "a", "b") == [1, 1]
    assert second.asked == []


def test_a_batch_that_fails_midway_is_repeated_whole_on_the_next():
    assert values(Replicas([Failing(1, good=1), steady(2)]), "a", "b") == [2, 2]


def test_it_stays_with_the_replica_that_answered():
    first = Failing(1)
    source = Replicas([first, steady(2)])
    values(source, "a")
    first.good, first.down = 100, None
    assert values(source, "a") == [2]
    assert first.asked == []


def test_when_all_fail_every_reason_is_told():
    with pytest.raises(MetricsError, match="gone; gone"):
        values(Replicas([Failing(1), Failing(2)]), "a")


def test_a_question_too_heavy_for_one_is_not_tried_on_the_others():
    second = steady(2)
    with pytest.raises(MetricsTooHeavy):
        values(Replicas([Failing(1, error=MetricsTooHeavy, down=False), second]), "a")
    assert second.asked == []


def test_a_replica_that_hangs_is_left_though_it_looks_like_a_heavy_question():
    assert values(Replicas([Failing(1, error=MetricsTooHeavy), steady(2)]), "a") == [2]


def test_a_source_without_a_url_says_what_to_set():
    with pytest.raises(MetricsError, match=r"sources\.<name>\.urls"):
        values(Replicas.of(Source()), "a")
