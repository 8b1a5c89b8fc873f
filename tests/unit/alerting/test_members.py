"""Which SLOs a policy has, and which it selects in vain."""

from __future__ import annotations

from tests.unit.alerting.policies import a_policy, an_slo

from fireline.alerting.members import Members, members_of
from fireline.api.belonging import Policies

POLICY = a_policy()
GREEDY = a_policy({"spec.selector": {}, "spec.priority": 1}, name="greedy")


def test_what_it_selects_alone_is_its_own() -> None:
    slos = [an_slo("pay", groupBy=["region"]), an_slo("orders", alerting={"runbookURL": "https://x"})]

    assert members_of(POLICY, slos, Policies([POLICY])) == Members(
        names=("orders", "pay"), group_labels=frozenset({"region"}), no_runbook=("pay",)
    )


def test_what_belongs_to_another_one_overlaps() -> None:
    found = members_of(POLICY, [an_slo("pay")], Policies([POLICY, GREEDY]))

    assert (found.names, found.overlapping) == ((), (("pay", "greedy"),))


def test_what_it_does_not_select_is_none_of_its_business() -> None:
    """Neither as a member nor as one that overlaps, whether another policy has it or none."""
    foreign = [an_slo("media", team="media", groupBy=["codec"])]

    assert members_of(POLICY, foreign, Policies([POLICY])) == Members()
    assert members_of(POLICY, foreign, Policies([POLICY, GREEDY])) == Members()
