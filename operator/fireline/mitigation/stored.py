"""A change as the status keeps it, and back: nothing may get lost, the status is the write-ahead log.

Read and written by ``fireline.mitigation.intent``; the schema is :mod:`fireline.api.mitigation_status`::

    change_to(change) -> {"target": …, "paths": […], "tests": […]}     # tests only if there are any
    change_from(intent, namespace) -> Change      # without summary and notes, which are for people
    value_to(value) -> {"state": "Absent"} | {"state": "Null"} | {"state": "Value", "json": "…"}
                       | {"state": "Value", "hash": "sha256:…", "source": "…"}     # a Kept
    value_from(stored) -> Value | Kept
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange, Ref, Test, Value
from fireline.mitigation.values import canonical


def value_to(value: Value | Kept) -> Manifest:
    """A value in three states, or a Kept, as the status keeps it. Raises TypeError when it is not JSON."""
    if value is ABSENT:
        return {"state": "Absent"}
    if value is None:
        return {"state": "Null"}
    if isinstance(value, Kept):
        return {"state": "Value", "hash": value.hash, "source": value.source}
    return {"state": "Value", "json": canonical(value)}


def value_from(stored: Mapping[str, Any]) -> Value | Kept:
    """What :func:`value_to` was given. Raises ValueError when someone made it unreadable."""
    state = stored["state"]
    if state == "Absent":
        return ABSENT
    if state == "Null":
        return None
    if state != "Value":
        raise ValueError(f"state of a kept value is {state!r}, not Absent, Null or Value")
    if "json" in stored:
        return json.loads(stored["json"])
    if "hash" not in stored:
        raise ValueError("a kept value has neither json nor hash")
    return Kept(stored["hash"], stored.get("source", ""))


def change_to(change: Change) -> Manifest:
    """The fields ``target``, ``paths`` and ``tests`` of ``status.intent``."""
    found: Manifest = {
        "target": ref_to(change.ref),
        "paths": [
            {"path": one.path, "before": value_to(one.before), "after": value_to(one.after)}
            for one in change.paths
        ],
    }
    if change.tests:
        found["tests"] = [
            {"path": one.path, "value": value_to(one.value), "revert": one.revert} for one in change.tests
        ]
    return found


def change_from(intent: Mapping[str, Any], namespace: str) -> Change:
    """The change of an intent; its target is in the Mitigation's own namespace, always."""
    return Change(
        ref=ref_from(intent["target"], namespace),
        paths=tuple(
            PathChange(one["path"], value_from(one["before"]), value_from(one["after"]))
            for one in intent.get("paths") or ()
        ),
        tests=tuple(
            Test(one["path"], value_from(one["value"]), one["revert"]) for one in intent.get("tests") or ()
        ),
    )


def ref_to(ref: Ref) -> Manifest:
    """A target as the status names it."""
    found = {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
    return found | ({"uid": ref.uid} if ref.uid else {})


def ref_from(target: Mapping[str, Any], namespace: str) -> Ref:
    """The target a status names."""
    return Ref(target["apiVersion"], target["kind"], namespace, target["name"], target.get("uid", ""))
