"""Objects that mitigations change besides workloads, and what a plan must have come to."""

from __future__ import annotations

from typing import Any

from tests.unit.mitigation.workloads import a_spec, around

from fireline.api.plan import Manifest
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.model import Change, Refusal

UID = "7f2d6a1c-0000-4000-8000-000000000002"


def an_object(api_version: str, kind: str, *, metadata: Manifest | None = None, **fields: Any) -> Manifest:
    """An object called checkout in namespace shop."""
    named = {"name": "checkout", "namespace": "shop", "uid": UID, **(metadata or {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": named, **fields}


def planned(action: Manifest, target: Manifest) -> Change | Refusal:
    """What an action comes to on a target."""
    named = {
        "apiVersion": target["apiVersion"],
        "kind": target["kind"],
        "name": target["metadata"]["name"],
    }
    spec = a_spec(action, named)
    return action_of(spec).plan(spec, target, around())


def a_change(found: Change | Refusal) -> Change:
    """It must be a change."""
    assert isinstance(found, Change), found
    return found


def a_refusal(found: object, reason: str) -> Refusal:
    """It must be refused for this reason."""
    assert isinstance(found, Refusal), found
    assert found.reason == reason, found
    return found
