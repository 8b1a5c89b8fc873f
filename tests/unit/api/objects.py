"""ServiceLevelObjectives for tests: a small valid one, edited by dotted paths."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Manifest = dict[str, Any]

ABSENT = object()
"""As a value of an edit: take the field out."""

RATIO: Manifest = {
    "bad": {"metric": 'http_requests_total{service="checkout",code=~"5.."}'},
    "total": {"metric": 'http_requests_total{service="checkout"}'},
}
LATENCY: Manifest = {
    "histogram": 'http_request_duration_seconds{service="checkout"}',
    "type": "Classic",
    "below": "300ms",
}


def an_slo(edits: Mapping[str, Any] | None = None, *, name: str = "checkout") -> Manifest:
    """A valid ratio objective; each edit sets the field at a dotted path such as ``spec.window``."""
    slo: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"service": "checkout", "objective": "99.9", "indicator": {"ratio": copy.deepcopy(RATIO)}},
    }
    for path, value in (edits or {}).items():
        *parents, last = path.split(".")
        node = slo
        for part in parents:
            node = node.setdefault(part, {})
        if value is ABSENT:
            node.pop(last, None)
        else:
            node[last] = copy.deepcopy(value)
    return slo


def latency(**changes: Any) -> Manifest:
    """Edits that make :func:`an_slo` a latency objective."""
    return {"spec.indicator": {"latency": {**LATENCY, **changes}}}
