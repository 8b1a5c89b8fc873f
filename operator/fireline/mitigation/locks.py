"""One mitigation per target at a time: a coordination.k8s.io Lease in the operator's namespace.

Its name follows from the target, so that making it is the lock: the API server lets only one be made. The
holder is a Mitigation by its uid; one that is gone, or whose status says that it is over, holds nothing.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from fireline.api.plan import Call, Manifest
from fireline.mitigation.model import Ref
from fireline.mitigation.sight import UNDER_WAY, Sight

_API = "coordination.k8s.io/v1"
GET = "lock:get"
TAKE = "lock:take"
DROP = "lock:drop"
CLEAR = "lock:clear"


def lock_name(ref: Ref) -> str:
    """Name of the Lease of a target: the same for all versions of its API group."""
    group = ref.api_version.rpartition("/")[0]
    text = "/".join((ref.namespace, group, ref.kind, ref.name))
    return f"mitigation-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def holder_of(sight: Sight) -> str:
    """How this Mitigation signs its Leases."""
    return f"{sight.key.namespace}/{sight.key.name}/{sight.uid}"


def look(sight: Sight, name: str) -> Call:
    """Who has it."""
    return Call(GET, "get", _API, "Lease", sight.place, name)


def take(sight: Sight, name: str, ref: Ref) -> Call:
    """Make it. A 409 says that somebody else did."""
    manifest: Manifest = {
        "apiVersion": _API,
        "kind": "Lease",
        "metadata": {
            "name": name,
            "namespace": sight.place,
            "labels": {"app.kubernetes.io/managed-by": "fireline"},
            "annotations": {"fireline.dev/target": f"{ref.kind} {ref.namespace}/{ref.name}"},
        },
        "spec": {"holderIdentity": holder_of(sight)},
    }
    return Call(TAKE, "create", _API, "Lease", sight.place, body=manifest)


def drop(sight: Sight, lease: Manifest, name: str = DROP) -> Call:
    """Remove this very Lease, and none that was made since. ``name``: CLEAR for one that is not ours."""
    metadata = lease["metadata"]
    return Call(name, "delete", _API, "Lease", sight.place, metadata["name"], uid=metadata["uid"])


def holding(sight: Sight, lease: Manifest) -> Literal["Ours", "Dead", "Others"]:
    """Whose it is; ``Dead`` when its holder is gone, is another object by now, or is over."""
    holder = str((lease.get("spec") or {}).get("holderIdentity") or "")
    if holder == holder_of(sight):
        return "Ours"
    for one in sight.others:
        metadata = one["metadata"]
        if holder == f"{metadata['namespace']}/{metadata['name']}/{metadata['uid']}":
            status = one.get("status", {})
            alive = status.get("phase") in {*UNDER_WAY, "Approved"} or status.get("lease") is not None
            return "Others" if alive else "Dead"
    return "Dead"
