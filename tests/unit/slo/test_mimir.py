"""When two rule groups mean the same to a ruler, and which groups are Fireline's to delete."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.slo.mimir import changes, is_ours, normal, readable

RULE = {
    "record": "slo:total:rate5m",
    "expr": "sum(rate(x[5m]))",
    "labels": {"namespace": "shop", "slo": "a"},
}
ALERT = {
    "alert": "SLONoData",
    "expr": "up == 0",
    "for": "5m",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "50 % left"},
}
GROUP = {"name": "slo-a", "interval": "30s", "rules": [RULE, ALERT]}


def differs(before, after):
    return [(one.before, one.after) for one in changes("fireline-shop", [after], [before])]


def edited(*path, to):
    """The group with one field changed."""
    found = copy.deepcopy(GROUP)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return found


@pytest.mark.parametrize(
    "same",
    [
        edited("interval", to="30000ms"),
        edited("rules", 1, "for", to="300s"),
        edited("rules", 0, "keep_firing_for", to="0s"),
        edited("rules", 0, "annotations", to={}),
        edited("rules", 0, "expr", to="sum(rate(x[5m]))\n"),
        edited("rules", 0, "labels", to={"slo": "a", "namespace": "shop"}),
        edited("limit", to=0),
        edited("source_tenants", to=[]),
    ],
    ids=str,
)
def test_another_spelling_of_the_same_is_no_change(same):
    assert differs(GROUP, same) == differs(same, GROUP) == []


@pytest.mark.parametrize(
    "other",
    [
        edited("interval", to="1m"),
        edited("rules", 1, "for", to="6m"),
        edited("rules", 0, "expr", to="sum(rate(y[5m]))"),
        edited("rules", 0, "labels", "slo", to="b"),
        edited("rules", 0, "labels", to={"namespace": "shop"}),
        edited("rules", 1, "annotations", "summary", to="10 % left"),
        edited("rules", to=[ALERT, RULE]),
        edited("limit", to=5),
        edited("source_tenants", to=["team-b"]),
    ],
    ids=str,
)
def test_what_means_something_else_is_a_change_both_ways(other):
    assert differs(GROUP, other) == [(GROUP, other)]
    assert differs(other, GROUP) == [(other, GROUP)]


def test_a_group_is_created_kept_or_unwanted():
    wanted, unwanted = edited("name", to="slo-b"), edited("name", to="slo-c")
    found = {one.group: (one.before, one.after) for one in changes("n", [GROUP, wanted], [GROUP, unwanted])}
    assert found == {"slo-b": (None, wanted), "slo-c": (unwanted, None)}


@pytest.mark.parametrize(
    "alien",
    [
        edited("name", to="sloth-slo-a"),
        edited("name", to="my-slo-a"),
        edited("rules", 0, "record", to="instance:cpu:rate5m"),
        edited("rules", 1, "alert", to="HighLoad"),
    ],
    ids=str,
)
def test_a_group_with_a_rule_or_a_name_that_is_not_fireline_s_is_never_unwanted(alien):
    assert is_ours(GROUP)
    assert not is_ours(alien)
    assert list(changes("n", [], [alien])) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["for", "interval", "labels", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_the_normal_form_of_anything_is_its_own(value):
    assert normal(normal(value)) == normal(value)


def test_a_group_reads_in_the_order_people_write_it():
    shuffled = dict(reversed(GROUP.items())) | {
        "rules": [dict(reversed(rule.items())) for rule in GROUP["rules"]]
    }
    shown = readable(shuffled)
    assert (list(shown), list(shown["rules"][1])) == (
        ["name", "interval", "rules"],
        ["alert", "expr", "for", "labels", "annotations"],
    )
    assert shown == GROUP
