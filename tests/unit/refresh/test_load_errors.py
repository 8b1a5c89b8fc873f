"""A rule that fails is told to its SLO wherever it was loaded from, and to no namesake elsewhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.builders import an_objective

from fireline.prometheus.memory import InMemorySource
from fireline.prometheus.source import LoadedRule
from fireline.refresh.observer import Readings
from fireline.refresh.recorded import refresh


@pytest.mark.parametrize(
    "place",
    ["/rules/{}-slo-checkout-1b2c.yaml", "fireline-{}", "alloy/{}/slo-checkout/1b2c"],
    ids=["prometheus-operator", "render --upload", "Alloy"],
)
def test_a_failing_rule_is_told_to_the_slo_of_its_namespace(place):
    rules = [
        LoadedRule("slo-checkout", place.format(name), "r", "err", f"of {name}", {"namespace": name})
        for name in ("pay", "shop", "my-shop")
    ]
    objective, readings = an_objective(), Readings(frozenset({"default"}))
    source = InMemorySource(lambda *_: [], rules=rules)
    asyncio.run(refresh(source, [objective], readings, now=datetime(2026, 1, 1, tzinfo=UTC)))
    assert readings.load_error(objective) == "rule r: of shop"
