"""The labels and the ownerReference every child carries, put on in one place.

Kinds render only what is theirs (name, namespace, spec, own labels and annotations). The engine
stamps what a plan wants before it applies it; ``fireline render`` stamps the same way, so that both
write the same bytes.
"""

from __future__ import annotations

from fireline.api import labels
from fireline.api.plan import Key, Manifest


def stamp(child: Manifest, *, key: Key, parent: Manifest | None, instance: str) -> Manifest:
    """A copy of ``child`` with the standard labels and, for a parent that exists, its ownerReference.

    ``parent`` is None for an aggregate and has no ``metadata.uid`` when it was read from a file; both
    leave out what only a uid can tell. The spec is shared with ``child``, not copied.
    """
    metadata = child["metadata"]
    uid = parent["metadata"].get("uid") if parent else None
    stamped: Manifest = {
        **metadata,
        "namespace": metadata.get("namespace", key.namespace),
        "labels": {**metadata.get("labels", {}), **labels_of(key, uid, instance)},
    }
    if parent and uid:
        stamped["ownerReferences"] = [_owner_reference(parent, uid)]
    return {**child, "metadata": stamped}


def labels_of(key: Key, uid: str | None, instance: str) -> dict[str, str]:
    """The standard labels, also for what Kubernetes makes from a child: the Jobs and pods of a CronJob."""
    found = {
        labels.MANAGED_BY: labels.MANAGER,
        labels.PART_OF: labels.MANAGER,
        labels.INSTANCE: instance,
        labels.OWNER_KIND: key.kind,
        labels.OWNER_NAME: key.name,
    }
    return {**found, labels.OWNER_UID: uid} if uid else found


def _owner_reference(parent: Manifest, uid: str) -> Manifest:
    """Never blocks the parent's deletion: the garbage collector removes the child afterwards."""
    return {
        "apiVersion": parent["apiVersion"],
        "kind": parent["kind"],
        "name": parent["metadata"]["name"],
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
