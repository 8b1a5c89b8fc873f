"""An SLO that can never tell whether a mitigation is needed: its author hears of it before the night."""

from __future__ import annotations

from typing import Any

import pytest
from tests.seen import World
from tests.unit.mitigation.simulated import KEY, Simulated
from tests.unit.mitigation.test_checks import SOUND
from tests.unit.mitigation.test_machine import a_spec

from fireline.api.conditions import found
from fireline.api.mitigation import Mitigation
from fireline.api.plan import Change, Manifest
from fireline.api.resources import MITIGATION, SLO
from fireline.mitigation.checks_slo import fits_its_slo

RATIO = {"ratio": {"bad": {"metric": "bad_total"}, "total": {"metric": "all_total"}}}
COMPOSITE = {"composite": {"method": "Worst", "objectives": [{"name": "a"}]}}
THRESHOLD = {"threshold": {"query": "queue_length", "operator": "LessThan", "value": "5"}}


def said(trigger: Manifest, its_slo: Manifest, **more: Any) -> list[str]:
    spec = Mitigation.of({**SOUND, "spec": {**SOUND["spec"], "trigger": trigger, **more}}).spec
    issues = list(fits_its_slo(spec, its_slo))
    assert all(issue.note for issue in issues)
    return [f"{issue.reason} {issue}" for issue in issues]


TRAFFIC = {"slo": "checkout", "minTraffic": "5"}


@pytest.mark.parametrize(
    ("slo", "why"),
    [
        ({"indicator": COMPOSITE}, "indicator.composite"),
        ({"indicator": THRESHOLD}, "indicator.threshold"),
        ({"indicator": {"availability": {"metric": "up"}}}, "indicator.availability"),
        ({"indicator": {"errorRatio": {"query": "x"}}}, "indicator.errorRatio"),
        ({"indicator": RATIO, "budgeting": "Timeslices"}, "budgeting: Timeslices"),
    ],
)
def test_traffic_of_an_slo_that_counts_no_requests_is_told(slo: Manifest, why: str):
    (words,) = said(TRAFFIC, slo)
    assert words.startswith("NoTraffic spec.trigger.minTraffic: found 5, but SLO checkout counts no requests")
    assert why in words
    assert "trigger: {slo: checkout-availability}" in words
    assert said({"slo": "checkout"}, slo) == []


@pytest.mark.parametrize("slo", [{"indicator": RATIO}, {"indicator": {"latency": {}}}, {"indicator": 3}, {}])
def test_an_slo_of_requests_is_nothing_to_talk_about(slo: Manifest):
    assert said(TRAFFIC, slo) == []


def test_an_slo_in_another_prometheus_is_told():
    (words,) = said({"slo": "checkout"}, {"indicator": RATIO, "prometheus": "eu"})
    assert words.startswith("OtherSource spec.prometheus: found default, but the series of SLO checkout are")
    assert words.endswith("write eu, as in prometheus: eu")
    assert said({"slo": "checkout"}, {"indicator": RATIO, "prometheus": "eu"}, prometheus="eu") == []


def test_the_traffic_of_an_slo_that_is_only_named_counts_too():
    of_a_query = {"query": "up > bool 0", "minTraffic": "5"}
    assert len(said(of_a_query, {"indicator": COMPOSITE, "prometheus": "eu"}, slo="checkout")) == 2
    assert said({"query": "up > bool 0"}, {"indicator": COMPOSITE, "prometheus": "eu"}, slo="checkout") == []


def an_slo(**spec: Any) -> Manifest:
    metadata = {"name": "checkout", "namespace": "shop", "uid": "u", "generation": 1}
    return {"metadata": metadata, "spec": {"service": "shop", "indicator": COMPOSITE, **spec}}


def test_the_operator_says_so_in_its_condition_valid():
    sim = Simulated(a_spec(trigger=TRAFFIC))
    sim.beside.append((SLO, an_slo()))
    sim.settle()
    valid = found(sim.status, "Valid")
    assert valid is not None
    assert (valid["status"], "counts no requests" in valid["message"]) == ("True", True)


def test_an_slo_that_is_changed_is_looked_at_again_and_one_that_only_counts_on_is_not():
    sim = Simulated(a_spec(trigger=TRAFFIC))
    assert sim.parent is not None
    seen, before = World(objects=[(MITIGATION, sim.parent)]), an_slo()
    counted, changed = {**before, "status": {"x": 1}}, an_slo()
    changed["metadata"]["generation"] = 2
    keys = [
        list(sim.planner.dependents(Change(SLO, "shop", name, old, new), seen))
        for name, old, new in [
            ("checkout", before, changed),
            ("checkout", None, before),
            ("checkout", before, counted),
            ("search", before, changed),
        ]
    ]
    assert keys == [[KEY], [KEY], [], []]
