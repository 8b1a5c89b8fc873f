"""The intent as the machine uses it: what is being done, read back from the status.

Written once, before the target is touched (see ``fireline.mitigation.beginning``), and never changed. From
then on it rules, and not the spec, which may say something else by now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.model import Change, Reversibility
from fireline.mitigation.stored import change_from, change_to


@dataclass(frozen=True, slots=True)
class Intent:
    """One application of a change. ``change`` is None for a webhook."""

    id: str
    plan_hash: str
    action: str
    reversible: Reversibility
    service_account: str
    spec: Spec
    change: Change | None
    marker: str
    """Name of the annotation that is written with the change; empty for a webhook."""
    made: tuple[str, ...]
    """Maps that must be made for the change."""
    call: str
    """Of a webhook: what is sent, as JSON."""
    at: datetime
    deadline: datetime
    verify_by: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, status: Mapping[str, Any], namespace: str) -> Intent | None:
        """The intent of a status; None when there is none, or none that can be read."""
        found = status.get("intent")
        if not found:
            return None
        try:
            return cls._read(found, namespace)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Somebody else wrote it. An error here would be one for ever, and no deletion would come through.
            return None

    @classmethod
    def _read(cls, found: Mapping[str, Any], namespace: str) -> Intent:
        return cls(
            id=found["id"],
            plan_hash=found["planHash"],
            action=found["action"],
            reversible=found["reversible"],
            service_account=found["serviceAccount"],
            spec=Spec.model_validate(json.loads(found["spec"])),
            change=change_from(found, namespace) if found.get("target") else None,
            marker=found.get("marker", ""),
            made=tuple(found.get("made", ())),
            call=found.get("call", ""),
            at=parse_timestamp(found["at"]),
            deadline=parse_timestamp(found["deadline"]),
            verify_by=parse_timestamp(found["verifyBy"]) if found.get("verifyBy") else None,
            expires_at=parse_timestamp(found["expiresAt"]) if found.get("expiresAt") else None,
        )


def spec_text(spec: Mapping[str, Any]) -> str:
    """A spec, as the API server gave it, as the JSON that :meth:`Intent.of` reads."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"))


def written(intent: Intent, fields: Manifest) -> Manifest:
    """Complete ``fields`` with the change of an intent: ``target``, ``paths``, ``tests``."""
    return fields if intent.change is None else fields | change_to(intent.change)
