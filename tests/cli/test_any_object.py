"""Files may hold anything: no command that reads them ends in a traceback."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.check_statuses import FAILING, an_object, failed, seen
from tests.cli.policy_statuses import a_policy
from tests.cli.statuses import an_slo

from fireline.cli.main import main

RULE = {
    "name": "CheckoutFailures",
    "severity": "sev2",
    "ratio": {"bad": {"metric": "bad_total"}, "total": {"metric": "all_total"}, "above": "5"},
}
OBJECTS = [
    an_slo("pay", team="shop", groupBy=["region"], alerting={"minEvents": "10"}),
    a_policy(tiers={"PageFast": "sev0"}, rules=[RULE], inhibition={"parents": [{"slo": "gateway"}]}),
]
JOURNEY = {
    "variables": [{"name": "base", "value": "http://127.0.0.1:9"}],
    "steps": [
        {
            "name": "login",
            "timeout": "1s",
            "http": {"url": "${base}/login", "headers": {"X-A": "b"}, "json": {"a": ["${run.id}"]}},
            "assert": [{"status": [200]}, {"jsonPath": "$.a", "equals": 1}, {"body": {"matches": "x"}}],
            "capture": [{"variable": "id", "jsonPath": "$.id"}],
        },
        {"name": "db", "tcp": {"address": "127.0.0.1:9"}},
    ],
    "cleanup": [{"name": "tidy", "http": {"url": "${base}/${id}"}}],
    "maintenance": [{"cron": "0 3 * * SUN", "duration": "2h"}],
    "availability": {"target": "99"},
    "resources": {"limits": {"memory": "1Gi"}},
    "placement": {"tolerations": [{"key": "x"}]},
}
CHECKS = [
    seen(an_object("login", **JOURNEY), "success", failed()),
    an_object("own", container={"image": "x/y", "env": []}) | {"status": FAILING["status"]},
    {
        **an_slo("journeys"),
        "spec": {**an_slo("journeys")["spec"], "indicator": {"synthetic": {"check": "login"}}},
    },
]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5000),
    st.floats(allow_nan=False),
    st.sampled_from(["", "x", "sev9", "0s", "5m", "{{", "a b", "Ä\u2028", "-1", "99.9", "../..", "x" * 300]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just([5]),
    st.just({"x": 5}),
    st.just([["x"]]),
)


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in an object but its kind, which decides who reads it."""
    found = [] if at in {(), ("kind",), ("apiVersion",)} else [at]
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [*found, *(path for key, child in children for path in places(child, (*at, key)))]


@st.composite
def changed(draw: st.DrawFn, sound: list[Any] = OBJECTS) -> list[Any]:
    """A sound SLO and policy (or others), with a few places holding something else."""
    objects = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        one = draw(st.sampled_from(objects))
        if not (known := places(one)):
            continue
        *parents, last = draw(st.sampled_from(known))
        node = one
        for part in parents:
            node = node[part]
        if isinstance(node, dict) and draw(st.booleans()):
            del node[last]
        else:
            node[last] = copy.deepcopy(draw(ANYTHING))
    return objects


@pytest.mark.parametrize(
    "command",
    [
        ["validate", "-"],
        ["explain", "-"],
        ["status", "-"],
        ["status", "--policies", "-"],
        ["render", "-"],
        ["route", "alertname=X", "-"],
    ],
    ids=" ".join,
)
@given(objects=changed())
@settings(max_examples=60, deadline=None)
def test_no_object_ends_in_a_traceback(command: list[str], objects: list[Any]) -> None:
    done = CliRunner().invoke(main, command, input=yaml.safe_dump_all(objects, allow_unicode=True))

    assert done.exit_code in {0, 1, 2}
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)


@pytest.mark.parametrize(
    "command",
    [
        ["validate", "-"],
        ["explain", "-"],
        ["status", "-"],
        ["status", "--checks", "-o", "json", "-"],
        ["render", "-"],
        ["report", "-o", "markdown", "--check", "login", "-"],
        ["check", "run", "--name", "nothing-of-this-name", "-"],
    ],
    ids=" ".join,
)
@given(objects=changed(CHECKS))
@settings(max_examples=30, deadline=None)
def test_no_check_ends_in_a_traceback(command: list[str], objects: list[Any]) -> None:
    done = CliRunner().invoke(main, command, input=yaml.safe_dump_all(objects, allow_unicode=True))

    assert done.exit_code in {0, 1, 2}
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
