"""Approved, and about to begin: take the Lease of the target, see whose it is, clear it away. See ``locks``.

Its name is written down before it is made, so that it is given back after a crash, whatever follows.
"""

from __future__ import annotations

from fireline.api.plan import Answer, Manifest
from fireline.mitigation import locks
from fireline.mitigation.model import Ref, Refusal
from fireline.mitigation.plan_change import Planned, said
from fireline.mitigation.sight import Next, Sight

_FAILED = "LockFailed"


def lock(sight: Sight, planned: Planned) -> Next | Refusal | None:
    """What must be done first, or why it must wait; None once the Lease is ours.

    A webhook has no target to keep others from.
    """
    if planned.change is None:
        return None
    ref = planned.change.ref
    name = locks.lock_name(ref)
    taken = sight.answer(locks.TAKE)
    # What was given back since then is not ours any more.
    if taken is not None and taken.ok and sight.answer(locks.DROP) is None:
        return None
    if taken is not None and not taken.ok and taken.status != 409:
        return Refusal(_FAILED, f"the Lease {sight.place}/{name} could not be made: {said(taken)}")
    lease = sight.answer(locks.GET)
    if lease is None:
        return Next(reads=(locks.look(sight, name),))
    return _held(sight, lease, name, ref)


def _held(sight: Sight, lease: Answer, name: str, ref: Ref) -> Next | Refusal | None:
    """What a look at the Lease came to; None when it is ours."""
    if lease.status == 404:
        sight.book["lease"] = name
        return Next(action=locks.take(sight, name, ref))
    if not lease.ok:
        return Refusal(_FAILED, f"the Lease {sight.place}/{name} cannot be read: {said(lease)}")
    match locks.holding(sight, lease.body):
        case "Ours":
            sight.book["lease"] = name
            return None
        case "Dead":
            return _clear(sight, lease, name)
        case _:
            sight.book.forget("lease")
            return Refusal("TargetBusy", _busy(ref, lease.body))


def _clear(sight: Sight, lease: Answer, name: str) -> Next | Refusal:
    """Remove the Lease of one who is gone."""
    cleared = sight.answer(locks.CLEAR)
    if cleared is not None and not cleared.ok and cleared.status not in {404, 409}:
        words = f"the Lease {sight.place}/{name} of a mitigation that is over cannot be removed"
        return Refusal(_FAILED, f"{words}: {said(cleared)}")
    return Next(action=locks.drop(sight, lease.body, locks.CLEAR))


def _busy(ref: Ref, lease: Manifest) -> str:
    holder = str((lease.get("spec") or {}).get("holderIdentity") or "another mitigation")
    who = holder.rpartition("/")[0] or holder
    return f"{ref.kind} {ref.name} is being changed by mitigation {who}; one at a time"
