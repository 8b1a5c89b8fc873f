"""What holds a mitigation back: pauses, limits, storms, cooldowns. Each a small function; the lists are the
specification, and their order is the contract.

All of it follows from persisted status, never from memory: a restart forgets no cooldown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.mitigation import Spec
from fireline.api.strings import zero_or_seconds
from fireline.mitigation.sight import UNDER_WAY, Sight

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing is begun now, and when to look again (None: something will tell)."""

    reason: str
    message: str
    until: datetime | None = None


def holds_proposal(sight: Sight, spec: Spec) -> Held | None:
    """Why not even a proposal is made, the first reason; None when it may be."""
    return next(_proposal(sight, spec), None)


def holds_start(sight: Sight) -> Held | None:
    """Why an approved change is not made yet, the first reason; None when it may be."""
    return next(_start(sight), None)


def holds_auto(sight: Sight) -> Held | None:
    """Why mode Auto only proposes, the first reason; None when it may go on by itself."""
    return next(_auto(sight), None)


def begun_lately(begun: Iterable[str], now: datetime) -> list[str]:
    """Beginnings within the last day, as they are kept."""
    return [one for one in begun if parse_timestamp(one) > now - DAY]


def _proposal(sight: Sight, spec: Spec) -> Iterator[Held]:
    # A change that was made less than a cooldown ago must be given time to show what it does.
    ended = sight.book.time("endedAt")
    cooldown = timedelta(seconds=zero_or_seconds(spec.limits.cooldown))
    if (
        sight.book["result"] not in {None, *_WITHOUT_CHANGE}
        and ended is not None
        and ended + cooldown > sight.now
    ):
        words = f"the last one ended at {timestamp(ended)}; limits.cooldown is {spec.limits.cooldown}"
        yield Held("Cooldown", words, ended + cooldown)
    # More of the same does not help: a person must look.
    begun = begun_lately(sight.book["begun"] or (), sight.now)
    if len(begun) >= spec.limits.max_per_day:
        words = f"{len(begun)} times in 24 hours; limits.maxPerDay is {spec.limits.max_per_day}"
        yield Held("MaxPerDay", words, parse_timestamp(begun[0]) + DAY)


def _start(sight: Sight) -> Iterator[Held]:
    # Someone with the overview said stop.
    if sight.paused is not None:
        yield Held("Paused", f"mitigations are paused: {sight.paused}")
    # One at a time, or nobody can tell what helped.
    limits = sight.settings
    near = [one for one in sight.others if one["metadata"]["namespace"] == sight.key.namespace]
    active = _active(near)
    if len(active) >= limits.max_active_per_namespace:
        words = (
            f"{_names(active)} is active in this namespace, where {limits.max_active_per_namespace} may be"
        )
        yield Held("NamespaceLimit", words)
    active = _active(sight.others)
    if len(active) >= limits.max_active:
        words = (
            f"{len(active)} are active in the cluster ({_names(active)}), where {limits.max_active} may be"
        )
        yield Held("ClusterLimit", words)


def _auto(sight: Sight) -> Iterator[Held]:
    allowed = sight.settings.auto_namespaces
    # The platform's owner decides where nobody is asked, not the author of the Mitigation.
    if "*" not in allowed and sight.key.namespace not in allowed:
        words = (
            f"mode Auto is not allowed in namespace {sight.key.namespace}: add it to "
            f"mitigations.auto_namespaces in the operator's settings"
        )
        yield Held("AutoNotAllowed", words)
    # What went wrong the last time would go wrong again, and nobody would have known of it.
    if (reason := sight.book.unseen) is not None:
        words = (
            f"nobody has looked at what came of the last one ({reason}): fireline mitigations seen "
            f"{sight.key.name} -n {sight.key.namespace}, or approve this one"
        )
        yield Held("NotSeen", words)
    # When everything burns there is one cause, and many small changes hide it.
    storm, words = sight.storm
    if storm:
        yield Held("BreakerOpen", words)
    if storm is None:
        yield Held("StormUnknown", f"it is not known how many SLOs page: {words}")
    # Unknown begins nothing: what was true when it was proposed may be over.
    if sight.signal is None or sight.signal.state != "True":
        why = sight.signal.message if sight.signal else "it has not been looked at yet"
        yield Held("TriggerUnknown", f"nobody can tell whether it is still needed: {why}")


def _active(mitigations: Iterable[Any]) -> list[Any]:
    return [one for one in mitigations if one.get("status", {}).get("phase") in UNDER_WAY]


def _names(mitigations: Iterable[Any]) -> str:
    named = sorted(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in mitigations)
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")


_WITHOUT_CHANGE = ("Rejected", "Expired", "Withdrawn", "NotNeeded", "Released")
"""Results after which no cooldown is needed: nothing was changed."""
