"""The identity of a plan, and of one application of it.

A plan's hash is what people approve and what the marker on the target says, so it must be the same after a
restart, in another process, and with another Python: it is made of the API server's own JSON text::

    plan_hash(spec, change, call="") -> "sha256:" + 32 hex digits
    intent_id(uid, episode, plan_hash) -> 16 hex digits
"""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import BaseModel

from fireline.api.mitigation import Spec
from fireline.mitigation.model import Change
from fireline.mitigation.stored import change_to
from fireline.mitigation.values import canonical


def plan_hash(spec: Spec, change: Change | None, call: str = "") -> str:
    """Hash of all that is approved: whose rights, which action on which object (by uid), every field with
    before and after, what else must hold, when it is taken back, and how it is verified.

    ``change`` must be prepared; it is None for a webhook, whose ``call`` is what is sent. Summary and notes
    are for people and do not count.
    """
    return f"sha256:{_digest(_plan(spec, change, call))[:32]}"


def intent_id(uid: str, episode: str, plan_hash: str) -> str:
    """Identity of one application: the same for all tries, another for each Mitigation, episode and plan."""
    return _digest([uid, episode, plan_hash])[:16]


def _plan(spec: Spec, change: Change | None, call: str) -> dict[str, Any]:
    return {
        "serviceAccount": spec.service_account_name,
        "action": {"name": spec.action.name, "spec": _dumped(spec.action)},
        "revert": _dumped(spec.revert),  # with ttl
        "verify": _dumped(spec.verify),
        "call": call,
        "change": None if change is None else {"tests": [], **change_to(change)},
    }


def _dumped(part: BaseModel) -> Any:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
