"""SyntheticChecks for tests: a small valid one, edited by dotted paths."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fireline.settings import CheckSettings

ABSENT = object()
SETTINGS = CheckSettings(image="registry.example/fireline:1")
Manifest = dict[str, Any]

LOGIN: Manifest = {
    "name": "login",
    "http": {"method": "POST", "url": "${base}/login", "json": {"user": "probe", "password": "${password}"}},
    "assert": [{"status": [200]}],
    "capture": [{"variable": "session", "jsonPath": "$.token", "sensitive": True}],
}
HEALTH: Manifest = {"name": "health", "http": {"url": "https://shop.example/health"}}


def a_check(
    edits: Mapping[str, Any] | None = None, *, name: str = "login", namespace: str = "shop"
) -> Manifest:
    """A valid check; each edit sets the field at a dotted path such as ``spec.timeout``.

    ``ABSENT`` takes a field away; numbers in a path are places in a list.
    """
    check: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "schedule": {"every": "5m"},
            "variables": [
                {"name": "base", "value": "https://shop.example"},
                {"name": "password", "secretKeyRef": {"name": "probe", "key": "password"}},
            ],
            "steps": [LOGIN],
        },
    }
    for path, value in (edits or {}).items():
        check = copy.deepcopy(check)
        _set(check, path.split("."), value)
    return check


def a_step(**fields: Any) -> Manifest:
    """Edits that make the check's one step; its name is ``it``."""
    return {"spec.steps": [{"name": "it", **{key.rstrip("_"): value for key, value in fields.items()}}]}


def asserting(*entries: Manifest, **action: Any) -> Manifest:
    """Edits that make the one step assert something; it is an ``http`` step unless another is named."""
    return a_step(**(action or {"http": {"url": "https://shop.example/"}}), assert_=list(entries))


def capturing(*entries: Manifest, **action: Any) -> Manifest:
    """Likewise with captures."""
    return a_step(**(action or {"http": {"url": "https://shop.example/"}}), capture=list(entries))


def _set(node: Any, path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    key: Any = int(last) if isinstance(node, list) else last
    if value is ABSENT:
        del node[key]
    else:
        node[key] = value
