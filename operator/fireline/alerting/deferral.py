"""A change that would orphan an open incident, or page a second time, waits until nothing fires.

At most six hours, and not at all with the annotation ``fireline.dev/apply-now``. The condition
RoutesLoaded says so meanwhile: its transition time is the memory of when the waiting began.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.alerting.trace import lost, relabelled
from fireline.api.conditions import DEFERRED, found, parse_timestamp, timestamp
from fireline.api.labels import ALERT_LABELS, RENDERER, ROUTES
from fireline.api.plan import Manifest, SeenChild

PATIENCE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Deferral:
    """The alerts that fire, what would happen to them, and until when it waits.

    ``said`` is the message as written before, while nobody knows what fires now.
    """

    firing: tuple[str, ...]
    what: str
    until: datetime
    said: str = ""

    @property
    def message(self) -> str:
        """For people: which alerts, what would happen, until when."""
        if self.said:
            return self.said
        fires = "fires" if len(self.firing) == 1 else "fire"
        return (
            f"{' and '.join(self.firing)} {fires}, and {self.what}. The change is made once they resolve, at "
            f"the latest at {timestamp(self.until)}; annotate fireline.dev/apply-now=true to make it now"
        )


def deferral(
    children: Sequence[SeenChild],
    wanted: Sequence[Manifest],
    *,
    firing: Collection[str] | None,
    old: Mapping[str, Any],
    generation: int,
    now: datetime,
    apply_now: bool,
) -> Deferral | None:
    """Why the objects must stay as they are for now; None when they may be written.

    ``firing`` is None while Prometheus was not asked yet: then what was waited for still is, and nothing
    else is held back.
    """
    before = found(old, "RoutesLoaded")
    waiting = before is not None and before["reason"] == DEFERRED
    if apply_now or (not firing and not (firing is None and waiting)):
        return None
    alerts = tuple(sorted(firing or ()))
    what = _harm(children, wanted, alerts, unasked=firing is None)
    if not what and old.get("observedGeneration") == generation and _is_rewrite(children, wanted):
        what = "this version of Fireline writes its routes differently"
    since = parse_timestamp(before["lastTransitionTime"]) if before is not None and waiting else now
    if not what or now >= since + PATIENCE:
        return None
    said = before["message"] if before is not None and firing is None else ""
    return Deferral(alerts, what, since + PATIENCE, said)


def _harm(
    children: Sequence[SeenChild], wanted: Sequence[Manifest], firing: tuple[str, ...], *, unasked: bool
) -> str:
    seen = {(child.resource.kind, child.name): child.annotations for child in children}
    for manifest in wanted:
        before = seen.get((manifest["kind"], manifest["metadata"]["name"]), {})
        after = manifest["metadata"].get("annotations", {})
        if lost(before.get(ROUTES, ""), after.get(ROUTES, "")):
            return "this change takes a route away that they were sent by: their incidents would stay open"
        changed = relabelled(before.get(ALERT_LABELS, ""), after.get(ALERT_LABELS, ""))
        if changed and (unasked or changed & set(firing)):
            return "this change alters their labels: Prometheus would send them a second time"
    return ""


def _is_rewrite(children: Sequence[SeenChild], wanted: Sequence[Manifest]) -> bool:
    after = {manifest["metadata"]["annotations"].get(RENDERER) for manifest in wanted}
    return any(child.annotations.get(RENDERER) not in after for child in children)
