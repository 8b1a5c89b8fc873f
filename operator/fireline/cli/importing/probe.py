"""Asks Fireline's own checks about one value at a time, so that importers repeat none of their rules.

A value is put into an objective that is otherwise fine; what the checks then say is why it cannot be
carried over. Used by every format, and once more on the whole object before it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.api.issues import Issue
from fireline.api.plan import Manifest
from fireline.api.resources import SLO
from fireline.slo.checks import read

_FINE: dict[str, Any] = {
    "service": "checkout",
    "objective": "99.9",
    "indicator": {"ratio": {"bad": {"metric": "errors_total"}, "total": {"metric": "requests_total"}}},
}


def refusal(**spec: Any) -> str:
    """Why Fireline refuses these spec fields on an objective that is fine otherwise; "" when it does not."""
    return _words(refusals(**spec))


def refusals(**spec: Any) -> list[Issue]:
    """The same as issues."""
    return issues_of(manifest("probe", spec=_FINE | spec))


def metadata_refusal(**metadata: Any) -> str:
    """The same for metadata."""
    probe = manifest("probe", spec=_FINE)
    probe["metadata"] |= metadata
    return _words(issues_of(probe))


def issues_of(slo: Manifest) -> list[Issue]:
    """What the operator would refuse; an object without a namespace gets one, and any source is known."""
    placed = slo | {"metadata": {"namespace": "default"} | slo["metadata"]}
    _, issues = read(placed, sources={slo["spec"].get("prometheus", "default")})
    return [issue for issue in issues if not issue.note]


def manifest(name: str, *, spec: dict[str, Any]) -> Manifest:
    """A ServiceLevelObjective."""
    return {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _words(issues: Iterable[Issue]) -> str:
    return "; ".join(issue.message for issue in issues)
