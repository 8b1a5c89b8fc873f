"""A trigger that reads the target needs rights of its own, once."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.workloads import a_spec

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.actions.table import action_of, permissions_of
from fireline.mitigation.model import Permission

SETS = Permission("apps", "replicasets", ("list",))


def by_rollout(action: Manifest) -> Spec:
    """A spec with trigger rolloutFailed."""
    given = a_spec(action).model_dump(by_alias=True, exclude_none=True, mode="json")
    return Spec.model_validate(given | {"trigger": {"rolloutFailed": {}}})


@pytest.mark.parametrize("action", [{"restart": {}}, {"scale": {"replicas": 6}}])
def test_a_failed_rollout_is_told_by_the_replicasets_too(action: Manifest):
    spec = by_rollout(action)
    assert permissions_of(spec) == (*action_of(spec).permissions(spec), SETS)


def test_what_the_action_needs_anyway_is_not_asked_for_twice():
    spec = by_rollout({"rolloutUndo": {}})
    assert permissions_of(spec) == tuple(action_of(spec).permissions(spec))


def test_without_it_there_is_only_what_the_action_needs():
    spec = a_spec({"restart": {}})
    assert permissions_of(spec) == tuple(action_of(spec).permissions(spec))
