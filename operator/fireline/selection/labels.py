"""Label selectors against labels, answered in words: what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.plan import Manifest, Seen
from fireline.api.resources import NAMESPACE

Selector = Mapping[str, Any]


def unmet(selector: Selector, labels: Mapping[str, str]) -> str:
    """What a label selector asks for that the labels do not give, in words; empty when it matches."""
    wanted = [
        f"label {key}={value}"
        for key, value in selector.get("matchLabels", {}).items()
        if labels.get(key) != value
    ]
    wanted += [
        words
        for requirement in selector.get("matchExpressions", ())
        if (words := _unmet_expression(requirement, labels))
    ]
    return " and ".join(wanted)


def _unmet_expression(requirement: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    key, values = requirement["key"], requirement.get("values", ())
    match requirement["operator"]:
        case "In":
            return "" if labels.get(key) in values else f"label {key} in ({', '.join(values)})"
        case "NotIn":
            return "" if labels.get(key) not in values else f"label {key} not in ({', '.join(values)})"
        case "Exists":
            return "" if key in labels else f"label {key}"
        case _:
            return "" if key not in labels else f"no label {key}"


def wrong_namespace(
    selector: Selector | None, owner: Manifest, namespace: str, seen: Seen, *, what: str
) -> str | None:
    """Why a namespace selector of ``owner`` leaves a namespace out, in words; None when it does not.

    Without a selector only the owner's own namespace is looked at. ``what`` is loaded: ``rules``.
    """
    if selector is None:
        own = owner["metadata"]["namespace"]
        return None if own == namespace else f"loads {what} of its own namespace {own} only"
    if not selector:
        return None
    found = seen.get(NAMESPACE, "", namespace) or {"metadata": {}}
    lacking = unmet(selector, found["metadata"].get("labels", {}))
    return f"wants {lacking} on namespace {namespace}" if lacking else None
