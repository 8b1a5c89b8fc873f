"""What the engine writes when children and parents change: exactly what is needed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig

from fireline.api import labels
from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed


@pytest.fixture
def settled(toy: Rig) -> Rig:
    """A rig with one SLO whose child is in place, and an empty call log."""
    toy.apply("a")
    toy.await_reason("a", "Applied")
    toy.await_idle()
    toy.proxy.log.clear()
    return toy


def _edit(rig: Rig, patch: dict[str, object]) -> None:
    rig.client.patch(PROMETHEUS_RULE, "slo-a", rig.namespace, patch)


Edit = Callable[[Rig], None]

EDITS: dict[str, Edit] = {
    "a changed expression": lambda rig: _edit(
        rig,
        {
            "spec": {
                "groups": [{"name": "slo-a", "rules": [{"record": "toy:objective", "expr": "vector(9)"}]}]
            }
        },
    ),
    "emptied groups": lambda rig: _edit(rig, {"spec": {"groups": []}}),
    "our label that makes us see it": lambda rig: _edit(
        rig, {"metadata": {"labels": {labels.MANAGED_BY: None}}}
    ),
    "the owner's name": lambda rig: _edit(rig, {"metadata": {"labels": {labels.OWNER_NAME: "elsewhere"}}}),
    "every label": lambda rig: _edit(rig, {"metadata": {"labels": None}}),
    "an annotation": lambda rig: _edit(rig, {"metadata": {"annotations": {labels.SPEC_HASH: "forged"}}}),
    "the owner reference": lambda rig: _edit(rig, {"metadata": {"ownerReferences": None}}),
    "a deletion": lambda rig: rig.client.delete(PROMETHEUS_RULE, "slo-a", rig.namespace),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_child_edited_by_hand_is_repaired_with_one_apply(settled: Rig, edit: Edit):
    before = settled.rule("slo-a")
    edit(settled)
    wait_for(settled.writes, what="a repair")
    wait_for(lambda: _shape(settled.rule("slo-a")) == _shape(before), what="the rule is as it was")
    settled.apply("fence")
    settled.await_reason("fence", "Applied")
    settled.await_idle()
    ours = [write for write in settled.writes() if "fence" not in write]
    assert ours == ["apply prometheusrules/slo-a"]


@pytest.mark.parametrize(
    ("resource", "name", "patch"),
    [
        (SLO, "a", {"metadata": {"labels": {"note": "x"}}}),
        (SLO, "a", {"metadata": {"annotations": {"note": "x"}}}),
        (PROMETHEUS_RULE, "slo-a", {"metadata": {"labels": {"note": "x"}}}),
        (PROMETHEUS_RULE, "slo-a", {"metadata": {"annotations": {"note": "x"}}}),
        (PROMETHEUS_RULE, "slo-a", {"metadata": {"finalizers": ["example.com/keep"]}}),
    ],
)
def test_an_edit_that_changes_nothing_of_ours_writes_nothing(settled: Rig, resource, name, patch):
    settled.client.patch(resource, name, settled.namespace, patch)
    settled.apply("fence")
    settled.await_reason("fence", "Applied")
    settled.await_idle()
    assert [write for write in settled.writes() if "fence" not in write] == []
    settled.client.patch(resource, name, settled.namespace, {"metadata": {"finalizers": None}})


def test_a_foreign_group_in_our_rule_is_left_there(settled: Rig):
    settled.client.apply(
        {
            "apiVersion": PROMETHEUS_RULE.api_version,
            "kind": PROMETHEUS_RULE.kind,
            "metadata": {"name": "slo-a", "namespace": settled.namespace},
            "spec": {"groups": [{"name": "theirs", "rules": [{"record": "x:y", "expr": "1"}]}]},
        },
        manager="them",
    )
    settled.apply("a", expr="vector(2)")
    wait_for(
        lambda: settled.rule("slo-a")["spec"]["groups"][0]["rules"][0]["expr"] == "vector(2)",
        what="our change",
    )
    assert {group["name"] for group in settled.rule("slo-a")["spec"]["groups"]} == {"slo-a", "theirs"}


def test_another_manager_forcing_its_value_is_overruled(settled: Rig):
    settled.client.apply(
        {
            "apiVersion": PROMETHEUS_RULE.api_version,
            "kind": PROMETHEUS_RULE.kind,
            "metadata": {"name": "slo-a", "namespace": settled.namespace},
            "spec": {"groups": [{"name": "slo-a", "rules": [{"record": "x:y", "expr": "1"}]}]},
        },
        manager="them",
    )
    wait_for(
        lambda: settled.rule("slo-a")["spec"]["groups"][0]["rules"][0]["record"] == "toy:objective",
        what="our rule again",
    )


def test_a_renamed_child_replaces_the_old_one(settled: Rig):
    settled.apply("a", child="other")
    wait_for(lambda: settled.find_rule("slo-a") is None, what="the old child is deleted")
    assert settled.find_rule("other")


def test_an_invalid_spec_leaves_the_last_child_in_place_also_across_a_restart(settled: Rig):
    before = settled.rule("slo-a")
    settled.apply("a", invalid="yes", child="other")
    settled.await_reason("a", "Invalid")
    settled.operator.restart()
    settled.await_idle()
    assert settled.rule("slo-a") == before
    assert settled.find_rule("other") is None


def test_the_child_of_a_namesake_is_taken_over_by_its_successor(settled: Rig):
    old = settled.slo("a")["metadata"]["uid"]
    settled.client.delete(SLO, "a", settled.namespace)
    settled.apply("a")
    settled.await_reason("a", "Applied")
    new = settled.slo("a")["metadata"]["uid"]
    assert new != old

    def owned() -> bool:
        metadata = settled.rule("slo-a")["metadata"]
        owners = [one["uid"] for one in metadata["ownerReferences"]]
        return owners == [new] and metadata["labels"][labels.OWNER_UID] == new

    wait_for(owned, what="the child belongs to the new object")


def test_the_aggregate_follows_its_members(toy: Rig):
    def windows() -> list[str]:
        rule = toy.find_rule("toy-windows")
        return [one["labels"]["window"] for one in rule["spec"]["groups"][0]["rules"]] if rule else []

    toy.apply("a", window="30d")
    toy.apply("b", window="7d")
    wait_for(lambda: windows() == ["30d", "7d"], what="both windows")
    toy.client.delete(PROMETHEUS_RULE, "toy-windows", toy.namespace)
    wait_for(lambda: windows() == ["30d", "7d"], what="the aggregate is made again")
    toy.apply("b")
    wait_for(lambda: windows() == ["30d"], what="one window left")
    toy.apply("a")
    wait_for(lambda: toy.find_rule("toy-windows") is None, what="the aggregate goes with its last member")


def _shape(rule: dict) -> dict:
    """What must be repaired: everything of ours but the correlation id."""
    metadata = rule["metadata"]
    annotations = {
        name: value for name, value in metadata["annotations"].items() if name != labels.CORRELATION_ID
    }
    return {
        "labels": metadata["labels"],
        "annotations": annotations,
        "owners": metadata["ownerReferences"],
        "spec": rule["spec"],
    }
