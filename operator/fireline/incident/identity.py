"""What an incident is called: the same for everyone who sees the same alert of the same SLO."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fireline.api.conditions import timestamp

PREFIX = "inc-"
_DIGITS = 10


def incident_id(uid: str, alertname: str, started: datetime) -> str:
    """``inc-`` and ten hexadecimal digits, from the SLO's uid, the alert and the second it began."""
    text = "\0".join((uid, alertname, timestamp(started)))
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def open_incident(status: Mapping[str, Any]) -> str | None:
    """The id of the incident that an SLO's status has open; None when there is none."""
    return next((one["id"] for one in status.get("incidents", ()) if one["state"] == "Open"), None)


def find(incidents: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The incident of this id, or the only one that begins like it."""
    all_ = list(incidents)
    exact = [one for one in all_ if one["id"] == name]
    meant = exact or [one for one in all_ if len(name) > len(PREFIX) and str(one["id"]).startswith(name)]
    return meant[0] if len(meant) == 1 else None
