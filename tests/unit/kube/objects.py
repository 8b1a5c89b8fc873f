"""Builders of objects as the API server sends them."""

from __future__ import annotations

import copy
from typing import Any

from fireline.api import labels
from fireline.api.plan import Key, Manifest
from fireline.api.resources import PROMETHEUS_RULE, SLO
from fireline.api.stamp import stamp

OWNER = Key(SLO.kind, "shop", "checkout")


def an_object(name: str = "checkout", version: int = 1, namespace: str = "shop", **more: Any) -> Manifest:
    """A watched object; like a list item it lacks apiVersion and kind."""
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"service": name}, **more}


def a_rule(name: str = "slo-checkout", expr: str = "vector(1)") -> Manifest:
    """A child as a kind renders it."""
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {"name": name, "namespace": "shop", "annotations": {labels.SPEC_HASH: "abc"}},
        "spec": {"groups": [{"name": "one", "rules": [{"record": "a:b", "expr": expr}]}]},
    }


def stamped(child: Manifest | None = None, *, key: Key = OWNER, uid: str = "uid-checkout") -> Manifest:
    """A child with our labels, as the engine applies it."""
    parent = {"apiVersion": SLO.api_version, "kind": SLO.kind, "metadata": {"name": key.name, "uid": uid}}
    return stamp(child or a_rule(), key=key, parent=parent, instance="fireline")


def applied(wanted: Manifest, *, version: int = 1) -> Manifest:
    """What the server holds after our apply, with the ownership it records."""
    live = copy.deepcopy(wanted)
    live["metadata"] |= {"uid": f"uid-{wanted['metadata']['name']}", "resourceVersion": str(version)}
    live["metadata"]["managedFields"] = [
        {"manager": labels.MANAGER, "operation": "Apply", "fieldsV1": fields_of(wanted)}
    ]
    return live


def fields_of(wanted: Manifest) -> Manifest:
    """The fieldsV1 set of an applied rule: groups are a list map by name, rules are atomic."""
    metadata = wanted["metadata"]
    return {
        "f:metadata": {
            "f:annotations": {f"f:{name}": {} for name in metadata["annotations"]},
            "f:labels": {f"f:{name}": {} for name in metadata["labels"]},
            "f:ownerReferences": {
                f'k:{{"uid":"{one["uid"]}"}}': {} for one in metadata.get("ownerReferences", ())
            },
        },
        "f:spec": {
            "f:groups": {
                f'k:{{"name":"{group["name"]}"}}': {".": {}, "f:name": {}, "f:rules": {}}
                for group in wanted["spec"]["groups"]
            }
        },
    }
