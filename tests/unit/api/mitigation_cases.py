"""For every CEL rule of the Mitigation CRD: an object it accepts and one it refuses.

Used twice, as tests/unit/api/cel_fixtures.py is: against the real API server and against the models.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.unit.api.cel_fixtures import ZERO, Case, rules_of

from fireline.api.crd import mitigation_crd
from fireline.api.mitigation_action import ACTIONS

Manifest = dict[str, Any]
ABSENT = object()
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
_HOOK = {"url": "https://hooks.example/shed"}
_ONE_ACTION = f"exactly one of {', '.join(ACTIONS)} must be set"
_AUTO = "mode Auto is for what can be taken back: "


def a_mitigation(
    edits: Mapping[str, Any] | None = None, *, name: str = "more-replicas", namespace: str = "default"
) -> Manifest:
    """A valid Mitigation; each edit sets the field at a dotted path. ``ABSENT`` takes a field away."""
    made: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "Mitigation",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "trigger": {"slo": "checkout"},
            "target": dict(DEPLOYMENT),
            "action": {"scale": {"replicas": 6}},
            "serviceAccountName": "checkout-mitigator",
        },
    }
    for path, value in (edits or {}).items():
        made = copy.deepcopy(made)
        *parents, last = path.split(".")
        node = made
        for part in parents:
            node = node.setdefault(part, {})
        if value is ABSENT:
            del node[last]
        else:
            node[last] = value
    return made


def case(path: str, message: str, *, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Case:
    """A case from the edits that make each object out of the plain one."""
    return Case(path, message, a_mitigation(good), a_mitigation(bad))


def _duration(path: str) -> Case:
    within = {"spec.trigger": {"rolloutFailed": {}}} if "rolloutFailed" in path else {}
    return case(path, ZERO, good={**within, path: "90s"}, bad={**within, path: "0s"})


def _webhook(**more: Any) -> Manifest:
    return {"spec.target": ABSENT, "spec.action": {"webhook": {**_HOOK, **more}}}


def _action(name: str, /, **fields: Any) -> Manifest:
    return {"spec.action": {name: fields}}


def _auto(edits: Manifest) -> Manifest:
    return {"spec.mode": "Auto", **edits}


def _patch(**fields: Any) -> Manifest:
    return _action("patch", **fields)


_REPLACE = {"op": "replace", "path": "/spec/replicas", "value": 2}
_FLAG = {"name": "new-checkout"}

CASES = (
    Case(
        "",
        "metadata.name must have at most 63 characters: it is a label value",
        a_mitigation(name="a" * 63),
        a_mitigation(name="a" * 64),
    ),
    case(
        "spec",
        "every action but webhook needs target, and webhook has none",
        good=_webhook(),
        bad={"spec.target": ABSENT},
    ),
    case(
        "spec",
        f"{_AUTO}rolloutUndo and restart are proposed only",
        good=_action("rolloutUndo"),
        bad=_auto(_action("restart")),
    ),
    case(
        "spec",
        f"{_AUTO}this webhook needs revertURL",
        good=_auto(_webhook(revertURL="https://hooks.example/unshed")),
        bad=_auto(_webhook()),
    ),
    case(
        "spec",
        "mode Auto needs an end: TTL in revert.when, and ttlPolicy RevertIfHealthy or Always",
        good=_auto({"spec.revert": {"when": ["TTL"], "ttlPolicy": "Always"}}),
        bad=_auto({"spec.revert": {"when": ["Recovery", "Delete"]}}),
    ),
    case(
        "spec",
        "mode Auto needs a trigger",
        good={"spec.trigger": ABSENT},
        bad=_auto({"spec.trigger": ABSENT}),
    ),
    case(
        "spec",
        "trigger.minTraffic needs an SLO whose traffic is meant: set slo",
        good={"spec.trigger": {"query": "vector(1)", "minTraffic": "1"}, "spec.slo": "checkout"},
        bad={"spec.trigger": {"query": "vector(1)", "minTraffic": "1"}},
    ),
    case(
        "spec",
        "trigger.rolloutFailed looks at the target, which must be a Deployment",
        good={"spec.trigger": {"rolloutFailed": {}}},
        bad={
            "spec.trigger": {"rolloutFailed": {}},
            "spec.target": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "checkout"},
        },
    ),
    case("spec.action", _ONE_ACTION, good=_action("restart"), bad={"spec.action": {}}),
    case(
        "spec.action.featureFlag",
        "set: Variant needs variant, and set: Disabled has none",
        good=_action("featureFlag", **_FLAG, set="Variant", variant="off")
        | {"spec.target": {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "a"}},
        bad=_action("featureFlag", **_FLAG, set="Disabled", variant="off"),
    ),
    case(
        "spec.action.patch",
        "exactly one of ops, merge must be set",
        good=_patch(ops=[_REPLACE]),
        bad=_patch(ops=[_REPLACE], merge='{"spec": {"replicas": 2}}'),
    ),
    case(
        "spec.action.patch",
        "type JSONPatch needs ops, type Merge needs merge",
        good=_patch(type="Merge", merge='{"spec": {"replicas": 2}}'),
        bad=_patch(type="Merge", ops=[_REPLACE]),
    ),
    case(
        "spec.action.scale",
        "min must not be above max",
        good=_action("scale", min=2, max=2),
        bad=_action("scale", min=3, max=2),
    ),
    case(
        "spec.action.scale",
        "set replicas, or min and max (one or both) for an autoscaler",
        good=_action("scale", max=9),
        bad=_action("scale", replicas=3, max=9),
    ),
    case(
        "spec.action.webhook.timeout",
        ZERO,
        good=_webhook(timeout="5s"),
        bad=_webhook(timeout="0s"),
    ),
    case(
        "spec.trigger",
        "exactly one of slo, alert, query, rolloutFailed must be set",
        good={"spec.trigger": {"alert": {"name": "HighErrorRate"}}},
        bad={"spec.trigger": {"slo": "checkout", "alert": {"name": "HighErrorRate"}}},
    ),
    case(
        "spec.trigger",
        "tier belongs to slo",
        good={"spec.trigger": {"slo": "checkout", "tier": "PageSlow"}},
        bad={"spec.trigger": {"query": "vector(1)", "tier": "PageSlow"}},
    ),
    case(
        "spec.verify",
        "set query or check, not both",
        good={"spec.verify": {"check": "checkout-flow"}},
        bad={"spec.verify": {"check": "checkout-flow", "query": "vector(1)"}},
    ),
    *(
        _duration(path)
        for path in (
            "spec.approval.expiresAfter",
            "spec.revert.healthyFor",
            "spec.revert.maxHold",
            "spec.revert.ttl",
            "spec.trigger.rolloutFailed.within",
            "spec.verify.within",
        )
    ),
)

WRONG: Mapping[str, Manifest] = {
    "a field that does not exist": a_mitigation({"spec.modus": "Auto"}),
    "no ServiceAccount": a_mitigation({"spec.serviceAccountName": ABSENT}),
    "a ServiceAccount by its user name": a_mitigation(
        {"spec.serviceAccountName": "system:serviceaccount:kube-system:admin"}
    ),
    "a ServiceAccount of another namespace": a_mitigation({"spec.serviceAccountName": "kube-system/admin"}),
    "a target in another namespace": a_mitigation({"spec.target.namespace": "kube-system"}),
    "a target's name that leads out of the path": a_mitigation({"spec.target.name": "../secrets/keys"}),
    "a kind that leads out of the path": a_mitigation({"spec.target.kind": "Deployment/status"}),
    "an apiVersion that is none": a_mitigation({"spec.target.apiVersion": "apps/v1/namespaces"}),
    "a mode that is none": a_mitigation({"spec.mode": "auto"}),
    "an unquoted number": a_mitigation({"spec.trigger.minTraffic": 1}),
    "a patch of the whole object": a_mitigation(_patch(ops=[{"op": "replace", "path": "", "value": {}}])),
    "a path that is no pointer": a_mitigation(_patch(ops=[{**_REPLACE, "path": "spec.replicas"}])),
    "an escape that is none": a_mitigation(_patch(ops=[{**_REPLACE, "path": "/metadata/annotations/a~2b"}])),
    "a move": a_mitigation(_patch(ops=[{"op": "move", "path": "/spec/a", "from": "/spec/b"}])),
    "seventeen changes": a_mitigation(_patch(ops=[_REPLACE] * 17)),
    "replicas below zero": a_mitigation(_action("scale", replicas=-1)),
    "a webhook that is no URL": a_mitigation(_webhook(url="file:///etc/passwd")),
    "the same reason twice": a_mitigation({"spec.revert.when": ["TTL", "TTL"]}),
    "more ticks than ten minutes have": a_mitigation({"spec.trigger.forTicks": 121}),
}
"""What the schema refuses without a rule of CEL."""


def rules_of_mitigation_crd() -> set[tuple[str, str]]:
    """(path, message) of every rule in the generated CRD."""
    return rules_of(mitigation_crd())
