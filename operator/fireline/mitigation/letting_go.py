"""The way out: locks are dropped, and a Mitigation that is deleted does not hang.

Bounded: whatever the target or its API say, a deletion ends after the settings' time or tries, with an Event
and a record, and the target is left as it is. A namespace that is going takes the target with it.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.api.conditions import parse_timestamp
from fireline.api.labels import FINALIZER
from fireline.mitigation import locks
from fireline.mitigation.intent import Intent
from fireline.mitigation.sight import UNDER_WAY, Next, Sight


def unlock(sight: Sight) -> Next | None:
    """Drop the Lease of a target that is not changed any more; None when there is none left."""
    name = sight.book["lease"]
    if name is None:
        return None
    lease, dropped = sight.answer(locks.GET), sight.answer(locks.DROP)
    if lease is None:
        return Next(reads=(locks.look(sight, name),))
    # Whatever a try to drop it came to, what is there now decides.
    if lease.status == 404 or (lease.ok and locks.holding(sight, lease.body) != "Ours"):
        sight.book.forget("lease")
        return None
    if dropped is None and lease.ok:
        return Next(action=locks.drop(sight, lease.body))
    tick, limit = timedelta(seconds=sight.settings.tick_seconds), left(sight)
    if sight.namespace_going or limit == timedelta(0):
        # A Lease of nobody: whoever wants the target next sees that its holder is gone.
        sight.book.forget("lease")
        return None
    return Next(wait=tick if limit is None else min(tick, limit))


def released(sight: Sight, intent: Intent) -> tuple[str, str] | None:
    """Why the target is left as it is, without trying to take anything back: reason and words."""
    if sight.released:
        return "Released", "spec.release is true: what was changed stays"
    if not sight.going:
        return None
    if sight.namespace_going:
        return "NamespaceGoing", "the namespace is being deleted, and the target with it"
    # Whether it was made is found out first, and what is being taken back is.
    settled = sight.book.phase in {"Verifying", "Active"}
    if settled and (intent.reversible != "Reversible" or "Delete" not in intent.spec.revert.when):
        return "DeletedWithoutRevert", "the Mitigation is being deleted; what was changed stays"
    if _out_of_time(sight):
        words = (
            f"it is being deleted and could not be taken back in time: {sight.book['message'] or 'no answer'}"
        )
        return "GivenUp", words
    return None


def _out_of_time(sight: Sight) -> bool:
    since = parse_timestamp(sight.metadata["deletionTimestamp"])
    limit = timedelta(seconds=sight.settings.delete_seconds)
    return sight.now - since >= limit or int(sight.book["revertTries"] or 0) >= sight.settings.delete_tries


def left(sight: Sight) -> timedelta | None:
    """Until a deletion is given up."""
    if not sight.going:
        return None
    since = parse_timestamp(sight.metadata["deletionTimestamp"])
    return max(timedelta(0), since + timedelta(seconds=sight.settings.delete_seconds) - sight.now)


def wants_finalizer(sight: Sight) -> bool | None:
    """Whether our finalizer must be there: only while a target may be changed. None: it is right already."""
    there = FINALIZER in (sight.metadata.get("finalizers") or ())
    wanted = sight.book.phase in UNDER_WAY or sight.book["lease"] is not None
    return None if wanted == there else wanted
