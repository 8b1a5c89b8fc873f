"""How many may be active at a time, and how long a deletion may take."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.mitigation.simulated import KEY, Simulated
from tests.unit.mitigation.test_machine import MINUTE, a_spec, applied, approve, burning, later, mode, result

from fireline.api.plan import Manifest
from fireline.api.resources import MITIGATION, NAMESPACE
from fireline.settings import MitigationSettings

FOREVER = 10**6


def another(name: str = "two", **settings: Any) -> Simulated:
    """A second Mitigation of the same operator, proposed; its target is its own."""
    sim = Simulated(
        a_spec(), name=name, settings=MitigationSettings(require_approval_guard=False, **settings)
    )
    burning(sim)
    sim.settle()
    assert sim.phase == "Proposed"
    return sim


def active(namespace: str, name: str) -> Manifest:
    """One that is in place."""
    metadata = {"namespace": namespace, "name": name, "uid": f"uid-of-{name}"}
    return {"metadata": metadata, "spec": {}, "status": {"phase": "Active"}}


@pytest.mark.parametrize("phase", ["Applying", "Verifying", "Active", "Reverting"])
def test_one_at_a_time_in_a_namespace_and_it_is_told_which(phase: str):
    sim = another()
    near = active(KEY.namespace, "one")
    near["status"]["phase"] = phase
    sim.beside.append((MITIGATION, near))
    approve(sim)
    assert (sim.phase, sim.status["reason"], mode(sim)) == ("Approved", "NamespaceLimit", "fast")
    assert "shop/one is active in this namespace, where 1 may be" in sim.status["message"]
    near["status"]["phase"] = "Ended"
    sim.settle()
    assert mode(sim) == "safe"


def test_three_at_a_time_in_the_cluster():
    sim = another()
    sim.beside += [(MITIGATION, active(f"elsewhere-{number}", "one")) for number in range(3)]
    approve(sim)
    assert (sim.phase, sim.status["reason"], mode(sim)) == ("Approved", "ClusterLimit", "fast")
    assert "3 are active in the cluster" in sim.status["message"]
    sim.beside.pop()
    sim.settle()
    assert mode(sim) == "safe"


def test_the_settings_say_how_many():
    sim = another(max_active_per_namespace=2, max_active=2)
    sim.beside.append((MITIGATION, active(KEY.namespace, "one")))
    approve(sim)
    assert mode(sim) == "safe"


def test_two_do_not_begin_side_by_side_because_neither_sees_the_others_status_yet():
    one, two = another("one"), another("two")
    two.planner = one.planner
    late = copy.deepcopy(one.parent)
    assert late is not None
    approve(one)
    assert mode(one) == "safe"
    two.beside.append((MITIGATION, late))
    approve(two)
    assert (two.phase, two.status["reason"], mode(two)) == ("Approved", "NamespaceLimit", "fast")
    later(two, 2 * MINUTE)  # by now the cache has what it did since
    assert mode(two) == "safe"


def test_a_deletion_ends_when_its_time_is_over_however_few_tries_there_were():
    sim = another(delete_tries=100)
    approve(sim)
    sim.refuse = FOREVER
    sim.delete()
    for _ in range(9):
        sim.now += MINUTE
        sim.reconcile()
    assert sim.parent is not None
    sim.now += MINUTE
    sim.reconcile()
    assert sim.parent is None
    assert mode(sim) == "safe"


def test_while_its_namespace_goes_it_is_let_go_at_once_and_nothing_is_written():
    sim = another(delete_tries=100)
    approve(sim)
    going = {"metadata": {"name": KEY.namespace, "deletionTimestamp": "2026-11-22T12:00:00Z"}}
    sim.beside.append((NAMESPACE, going))
    sim.refuse = FOREVER
    sim.delete()
    sim.settle()
    assert sim.parent is None
    assert len(sim.writes) == 1


def test_without_delete_among_its_reasons_it_goes_and_leaves_the_change():
    sim = applied(revert={"when": ["Recovery", "TTL"], "ttl": "1h"})
    sim.delete()
    sim.settle()
    assert sim.parent is None
    assert (mode(sim), len(sim.writes)) == ("safe", 1)


def test_the_record_says_how_long_it_took_from_the_trigger():
    sim = Simulated(a_spec())
    burning(sim)
    sim.settle()
    sim.now += timedelta(seconds=75)
    approve(sim)
    told = next(one for one in sim.status["history"] if one["reason"] == "Applied")
    assert told["message"] == "it is in place, 75 s after its trigger"
    assert result(sim)[0] == "Verifying"
