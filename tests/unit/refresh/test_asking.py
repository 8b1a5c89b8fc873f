"""When a service began: found roughly over a day, then to a second."""

from __future__ import annotations

import asyncio
import math

import pytest
from tests.builders import an_objective

from fireline.api.metrics import Sample
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.asking import ask
from fireline.slo.exact import Question, Stretch
from fireline.slo.ledger import DAY, Ledger

NOON = 20_000 * DAY + DAY // 2


def began(born: int | None, now: int = NOON) -> float | None:
    """What a ledger learns of a service born then, from a source that keeps Prometheus' grid."""

    def answer(query, at):
        length, step = (int(part.rstrip("s")) for part in query.split("[")[-1].split("]")[0].split(":"))
        time = at.timestamp()
        first = math.ceil((time - length + 0.001) / step) * step
        seen = [tick for tick in [*range(first, int(time) + 1, step), time] if born and tick >= born]
        return [Sample({}, float(min(seen)), time)] if seen else []

    ledger = Ledger(an_objective(window="1d"), now)
    question = Question("First", (Stretch(now - DAY // 2, now),))
    asyncio.run(ask(InMemorySource(answer), ledger, question, now=now))
    return ledger.firsts[question.stretches[0]]


@pytest.mark.parametrize("age", [1, 17, 61, 1234, 40_000])
def test_the_age_of_a_service_is_known_to_a_second(age):
    assert began(NOON - age) == pytest.approx(NOON - age, abs=1)


def test_a_service_that_never_was_has_no_beginning():
    assert began(None) is None
