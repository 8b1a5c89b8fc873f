"""The status is the write-ahead log: a change comes back from it as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.test_values import JSON, TEXT

from fireline.api.mitigation_status import Intent, Stored
from fireline.mitigation import model
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange, Ref
from fireline.mitigation.pointer import join
from fireline.mitigation.stored import change_from, change_to, value_from, value_to
from fireline.mitigation.values import canonical, digest

VALUES = JSON | st.just(ABSENT) | st.builds(Kept, JSON.map(digest), TEXT)
PATHS = st.lists(TEXT, min_size=1, max_size=4).map(lambda names: join(*names))
CHANGES = st.builds(
    Change,
    st.builds(Ref, TEXT, TEXT, st.just("shop"), TEXT, TEXT),
    st.lists(st.builds(PathChange, PATHS, VALUES, VALUES), max_size=3).map(tuple),
    st.lists(st.builds(model.Test, PATHS, JSON | st.just(ABSENT), st.booleans()), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (ABSENT, {"state": "Absent"}),
        (None, {"state": "Null"}),
        ("", {"state": "Value", "json": '""'}),
        (0, {"state": "Value", "json": "0"}),
        (False, {"state": "Value", "json": "false"}),
        ([], {"state": "Value", "json": "[]"}),
        ({}, {"state": "Value", "json": "{}"}),
        ({"a": None}, {"state": "Value", "json": '{"a":null}'}),
        (
            Kept("sha256:12", "ReplicaSet a"),
            {"state": "Value", "hash": "sha256:12", "source": "ReplicaSet a"},
        ),
    ],
)
def test_each_state_of_a_value_is_kept_apart(value, stored):
    assert value_to(value) == stored
    assert value_from(stored) == value
    Stored.model_validate(stored)


@pytest.mark.parametrize(
    "stored", [{"state": "value"}, {"state": "Value"}, {"state": "Value", "json": "{"}, {"state": ""}]
)
def test_a_record_that_was_tampered_with_is_refused(stored):
    with pytest.raises(ValueError, match=r"kept value|Expecting"):
        value_from(stored)


@given(CHANGES)
def test_nothing_gets_lost_on_the_way_through_the_status(change):
    through = json.loads(json.dumps(change_to(change)))
    back = change_from(through, "shop")
    assert back.ref == change.ref
    assert canonical(change_to(back)) == canonical(change_to(change))


def test_a_change_is_what_the_schema_of_the_intent_says():
    change = Change(
        Ref("apps/v1", "Deployment", "shop", "checkout", "u-1"),
        (PathChange("/spec/replicas", 3, 6), PathChange("/spec/paused", ABSENT, None)),
        (model.Test("/spec/strategy/type", "RollingUpdate", revert=False),),
        summary="sets replicas of Deployment checkout from 3 to 6",
    )
    kept = change_to(change)
    assert kept == {
        "target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout", "uid": "u-1"},
        "paths": [
            {
                "path": "/spec/replicas",
                "before": {"state": "Value", "json": "3"},
                "after": {"state": "Value", "json": "6"},
            },
            {"path": "/spec/paused", "before": {"state": "Absent"}, "after": {"state": "Null"}},
        ],
        "tests": [
            {
                "path": "/spec/strategy/type",
                "value": {"state": "Value", "json": '"RollingUpdate"'},
                "revert": False,
            }
        ],
    }
    known = {field.alias or name for name, field in Intent.model_fields.items()}
    assert kept.keys() <= known
