"""Who changed a field: the client that the API server notes in managedFields, not the user behind it.

Best effort, for people only; nothing is decided by it, and it never raises. How fields are noted says
``actions.managed_fields``::

    who(live, "/spec/replicas") -> Who | None
    words_for(live, paths) -> " by kubectl-edit at 2026-11-22T03:12:00Z" | " (perhaps by …)" | ""
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.actions.managed_fields import managers_of


@dataclass(frozen=True, slots=True)
class Who:
    """A client as it named itself, and when it last wrote (RFC 3339, ``""`` when that was not noted).

    ``certain``: it owns the very field. Otherwise nobody does, as when the field was removed, and it is
    only the last one who wrote anything else than the status.
    """

    manager: str
    time: str
    certain: bool


def who(live: Mapping[str, Any], path: str) -> Who | None:
    """The last one who wrote a field, or else the last one who wrote; None when nobody is noted."""
    try:
        # Not who wrote a status; but `kubectl scale` and autoscalers write replicas by a subresource, too.
        noted = [one for one in live["metadata"]["managedFields"] if one.get("subresource") != "status"]
        owners = managers_of({**live, "metadata": {"managedFields": noted}}, path)
        if owners and owners[0].name:
            return Who(owners[0].name, owners[0].time, certain=True)
        last = max(noted, key=lambda one: str(one.get("time") or ""), default=None)
        if last is None or not last.get("manager"):
            return None
        return Who(str(last["manager"]), str(last.get("time") or ""), certain=False)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # whatever a server may note there


def words_for(live: Manifest, paths: Iterable[str]) -> str:
    """Who changed these fields, to follow "was changed"; empty when nobody is noted."""
    found = [one for one in (who(live, path) for path in paths) if one is not None]
    if not found:
        return ""
    last = max(found, key=lambda one: (one.certain, one.time))
    words = f"by {last.manager}" + (f" at {last.time}" if last.time else "")
    return f" {words}" if last.certain else f" (perhaps {words}, who wrote last)"
