"""Whether a composite has data: it has no series of events, so it is there while its members are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fireline.slo.model import Objective
from fireline.slo.readings import Reading, SLOKey

_LATELY_SECONDS = 420
"""So long after a maintenance its first clean rate may be missing."""


def of_members(
    composite: Objective, objectives: Mapping[SLOKey, Objective], readings: Mapping[SLOKey, Reading]
) -> Reading:
    """The reading of a composite, completed from those of its members in the same source.

    A member that is idle is there; one in maintenance is not missed.
    """
    reading = readings[composite.namespace, composite.name]
    members = composite.composite.members if composite.composite else ()
    missing, unjudged = [], []
    for name, _ in members:
        key = (composite.namespace, name)
        found = readings.get(key)
        if key in objectives and _in_maintenance(objectives[key], reading.at.timestamp()):
            continue
        if found is None or not found.total_present:
            missing.append(name)
        elif not found.bad_present:
            unjudged.append(name)
    return replace(
        reading, total_present=not missing, bad_present=not unjudged, missing=tuple(missing or unjudged)
    )


def _in_maintenance(member: Objective, now: float) -> bool:
    return bool(member.maintenance) and bool(member.maintenance.spans(now - _LATELY_SECONDS, now + 1))
