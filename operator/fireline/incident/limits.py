"""How much is kept: a status is one object in etcd, and all of them are in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fireline.api.plan import Manifest

RESOLVED = 10
"""So many incidents that are over are kept, and the open one."""
FACTS = 60
"""So many facts of one incident are kept."""
CHATTER = 36
"""Alerts and checks that come and go may take so many of them: what people did must have room."""
BYTES = 131_072
"""All incidents of one SLO together, as JSON. The oldest make room; the newest always stays."""
_CHATTERING = ("alert.", "check.")


def has_room(facts: Sequence[Manifest], type_: str) -> bool:
    """Whether one more fact of this type is kept."""
    if not type_.startswith(_CHATTERING):
        return len(facts) < FACTS
    return sum(1 for fact in facts if fact["type"].startswith(_CHATTERING)) < CHATTER


def kept(incidents: Sequence[Manifest]) -> list[Manifest]:
    """The newest of them (they come newest first), as many as may be kept."""
    found: list[Manifest] = []
    resolved, size = 0, 0
    for one in incidents:
        resolved += one["state"] == "Resolved"
        size += len(json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode())
        if resolved > RESOLVED or (found and size > BYTES):
            break
        found.append(one)
    return found
