"""Where the operator is, whether it is at work, and whether mitigations are paused.

The operator's namespace is that of its Lease, unless the command line names it; the pause is a ConfigMap in
it. What may not be read is said, and never taken for "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from fireline.api.conditions import parse_timestamp
from fireline.api.resources import CONFIG_MAP, LEASE
from fireline.cli.cluster import Cluster
from fireline.cli.words import rough
from fireline.errors import ApiError, Forbidden, NotFound
from fireline.settings import LeaseSettings, MitigationSettings

PAUSE = MitigationSettings().pause_config_map
_LEASE = LeaseSettings()
_USUAL = "fireline"
"""The namespace of examples/install: asked where nobody may look for the Lease in all of them."""
ROLE = "Role fireline-pause of examples/install/rbac-users.yaml allows it"
_SILENT = 4 * _LEASE.duration_seconds
"""Nobody has renewed the Lease for so long: no operator is at work."""
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The operator's namespace, None when nobody knows (``unknown`` says why), and its Lease."""

    namespace: str | None
    lease: Manifest | None = None
    unknown: str = ""

    def silent(self, now: datetime) -> str:
        """That no operator is at work, in words; empty when one is, or nobody knows."""
        if self.lease is None:
            return ""
        renewed = self.lease.get("spec", {}).get("renewTime")
        quiet = (now - parse_timestamp(renewed)).total_seconds() if renewed else None
        if quiet is not None and quiet < _SILENT:
            return ""
        ago = f"for {rough(quiet)}" if quiet is not None else "ever"
        return (
            f"no operator is at work: nobody has renewed lease {self.namespace}/{_LEASE.name} {ago}; nothing "
            f"happens until one is (kubectl -n {self.namespace} get pods)"
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """Whether nothing may be begun. ``reason`` None: it may, or ``unknown`` says why nobody knows."""

    reason: str | None
    unknown: str = ""


def place_of(cluster: Cluster, namespace: str | None) -> Place:
    """The operator's place; ``namespace`` is what the command line says."""
    try:
        if namespace is not None:
            return Place(namespace, cluster.get(LEASE, namespace, _LEASE.name))
        leases = cluster.list(LEASE, None, fields=f"metadata.name={_LEASE.name}")
    except NotFound:
        return Place(namespace)
    except Forbidden as error:
        unknown = f"{error}; {ROLE}"
        return Place(namespace, unknown=unknown) if namespace else _usual(cluster, unknown)
    except ApiError as error:
        return Place(namespace, unknown=str(error))
    if len(leases) == 1:
        return Place(leases[0]["metadata"]["namespace"], leases[0])
    where = ", ".join(sorted(one["metadata"]["namespace"] for one in leases))
    return Place(
        None, unknown=f"there are operators in {where}" if leases else "there is no operator's Lease"
    )


def _usual(cluster: Cluster, unknown: str) -> Place:
    """Where examples/install put it, if its Lease is there and may be read."""
    try:
        return Place(_USUAL, cluster.get(LEASE, _USUAL, _LEASE.name))
    except ApiError:
        return Place(None, unknown=unknown)


def certain(place: Place) -> str:
    """The operator's namespace. Raises click's UsageError when it is not known."""
    if place.namespace is None:
        raise click.UsageError(
            f"it is not known where the operator is ({place.unknown}); name its namespace with "
            "--operator-namespace"
        )
    return place.namespace


def pause_of(cluster: Cluster, place: Place) -> Pause:
    """Whether mitigations are paused."""
    if place.namespace is None:
        return Pause(None, place.unknown)
    try:
        found = cluster.get(CONFIG_MAP, place.namespace, PAUSE)
    except NotFound:
        return Pause(None)
    except Forbidden as error:
        return Pause(None, f"{error}; {ROLE}")
    except ApiError as error:
        return Pause(None, str(error))
    return Pause(said(found))


def said(found: Manifest) -> str:
    """The reason of a pause, with who paused and since when."""
    data = found.get("data") or {}
    by = f" (by {data['by']}, {data.get('at', 'unknown when')})" if data.get("by") else ""
    return f"{data.get('reason') or 'no reason given'}{by}"
