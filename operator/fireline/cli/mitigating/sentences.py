"""What a Mitigation would do, in one sentence made from its spec. Pure.

The operator's own sentence (``status.plan.summary``) knows the values of now and is preferred; this one is
there before anything was proposed. Specs are read as JSON: what is shown may come from an older program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Part = Mapping[str, Any]


def does(spec: Part) -> str:
    """``disables flag new-checkout of FeatureFlag shop-flags``; of a wrong spec what can be said."""
    action = spec.get("action")
    given = action if isinstance(action, Mapping) else {}
    name = next((name for name in _SENTENCES if isinstance(given.get(name), Mapping)), None)
    if name is None:
        return "?"
    return _SENTENCES[name](given[name], _target(spec))


def trigger(spec: Part) -> str:
    """What calls for it: ``SLO checkout (PageFast)``, ``alert HighErrorRate``, ``a query``, ``by hand``."""
    given = spec.get("trigger")
    found: Part = given if isinstance(given, Mapping) else {}
    alert = found.get("alert")
    if found.get("slo"):
        return f"SLO {found['slo']} ({found.get('tier', 'PageFast')})"
    if isinstance(alert, Mapping):
        return f"alert {alert.get('name', '?')}"
    if found.get("query"):
        return "a query"
    return "a failed rollout" if found.get("rolloutFailed") is not None else "by hand"


def helps(spec: Part) -> str:
    """What must be so for it to count as one that helped: ``check checkout succeeds``."""
    given = spec.get("verify")
    verify: Part = given if isinstance(given, Mapping) else {}
    if verify.get("query"):
        return f"not 0: {verify['query']}"
    if verify.get("check"):
        return f"check {verify['check']} succeeds"
    return "its trigger is false" if spec.get("trigger") else "nobody asks: it has no verify and no trigger"


def _target(spec: Part) -> str:
    target = spec.get("target")
    given: Part = target if isinstance(target, Mapping) else {}
    return f"{given.get('kind', '?')} {given.get('name', '?')}"


def _scale(given: Part, target: str) -> str:
    if given.get("replicas") is not None:
        return f"sets replicas of {target} to {given['replicas']}"
    bounds = [f"{name} {given[name]}" for name in ("min", "max") if given.get(name) is not None]
    return f"sets the bounds of {target} to {', '.join(bounds)}"


def _flag(given: Part, target: str) -> str:
    if given.get("set") == "Variant":
        return (
            f"gives everyone variant {given.get('variant', '?')} of flag {given.get('name', '?')} ({target})"
        )
    return f"disables flag {given.get('name', '?')} of {target}"


def _limit(given: Part, target: str) -> str:
    unit = str(given.get("unit", "Second")).lower()
    return f"limits {target} to {given.get('requests', '?')} requests per {unit}"


def _weights(given: Part, target: str) -> str:
    parts = [
        f"{one.get('backend', '?')} {one.get('weight', '?')}"
        for one in given.get("weights") or ()
        if isinstance(one, Mapping)
    ]
    return f"shifts traffic of {target}: {', '.join(parts)}"


def _patch(given: Part, target: str) -> str:
    paths = [str(one.get("path", "?")) for one in given.get("ops") or () if isinstance(one, Mapping)]
    return f"changes {', '.join(paths)} of {target}" if paths else f"patches {target}"


_SENTENCES: Mapping[str, Callable[[Part, str], str]] = {
    "rolloutUndo": lambda _, target: f"takes {target} back to the revision before",
    "restart": lambda _, target: f"restarts the pods of {target}",
    "scale": _scale,
    "featureFlag": _flag,
    "configMapKey": lambda given, target: f"sets {given.get('key', '?')} of {target}",
    "rateLimit": _limit,
    "routeWeights": _weights,
    "suspendCronJob": lambda _, target: f"suspends {target}",
    "patch": _patch,
    "webhook": lambda given, _: f"calls {given.get('url', '?')}",
}
