"""Follows one Mitigation until it is known how it went, and prints every transition as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from fireline.api.conditions import parse_timestamp
from fireline.cli.cluster import Cluster
from fireline.cli.mitigating import looking
from fireline.cli.mitigating.page import told

_EVERY_SECONDS = 1.0
_WELL = frozenset({"Done", "Reverted", "RevertedByOther", "NotNeeded", "Released", "Withdrawn"})
_BACK = frozenset({"Reverted", "RevertedByOther", "Superseded"})
_REFUSED = ("ApprovalGuard", "StalePlanHash", "ApprovalIncomplete", "ApprovalExpired")
"""Beginnings of the reasons for which an approval does not count."""
Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it went."""

    good: bool
    words: str


Goal = Callable[[Status], Verdict | None]
"""What to wait for: None as long as it is open. A status that was over before is not shown to it."""


def over(status: Status) -> bool:
    """Whether it has come to an end: it rests again as soon as its trigger is false, which may be at once."""
    return status.get("phase") == "Ended" or (status.get("phase") == "Idle" and bool(status.get("result")))


def _end(status: Status) -> str:
    """How it ended, in words: what the status says now may be about the trigger again."""
    ends = (one for one in reversed(status.get("history") or ()) if one["phase"] == "Ended")
    return str(next(ends, status).get("message", ""))


def verified(status: Status) -> Verdict | None:
    """It is in place and seen to help, or over."""
    phase = status.get("phase")
    # While it waits to begin, what is asked for may be the very approval that was just given.
    if status.get("needsHuman") and phase not in {"Proposed", "Approved"}:
        return Verdict(False, f"it needs you: {status['needsHuman']['message']}")
    if over(status):
        result = str(status.get("result"))
        return Verdict(result in _WELL, f"{result}: {_end(status)}")
    if phase == "Active" and status.get("verifiedAt"):
        helped = str(status.get("message", "")).removeprefix("it helped: ")
        return Verdict(True, f"in place, and it helped: {helped}")
    if phase == "Active":
        return Verdict(True, f"in place: {status.get('message', '')}")
    if phase == "Proposed" and str(status.get("reason", "")).startswith(_REFUSED):
        return Verdict(False, f"the approval does not count: {status.get('message', '')}")
    return None


def taken_back(status: Status) -> Verdict | None:
    """What was there before is back."""
    if (status.get("needsHuman") or {}).get("reason") == "RevertFailed":
        return Verdict(False, f"it needs you: {status['needsHuman']['message']}")
    if over(status):
        result = str(status.get("result"))
        return Verdict(result in _BACK, f"{result}: {_end(status)}")
    return None


def proposed(status: Status) -> Verdict | None:
    """There is a plan to look at, or it went on without one."""
    phase = status.get("phase") or "Idle"
    if phase == "Proposed" and status.get("planHash"):
        return Verdict(True, f"proposed: {(status.get('plan') or {}).get('summary', '')}")
    return None if phase in {"Idle", "Ended"} else Verdict(True, f"it is {phase}")


def follow(
    cluster: Cluster, namespace: str, name: str, goal: Goal, *, seconds: float, since: int | None = None
) -> Verdict:
    """Looks every second. ``since``: number of the last record that is known; default: those of now.

    An end from before counts for nothing. Raises Unreachable.
    """
    deadline = time.monotonic() + seconds
    known, said = since, ""
    while True:
        status = looking.find(cluster, namespace, name).get("status") or {}
        records = status.get("history") or ()
        last = records[-1]["seq"] if records else 0
        if known is None:
            known = last
        first = since if since is not None else known
        for record in (one for one in records if one["seq"] > known):
            click.echo(f"{parse_timestamp(record['time']):%H:%M:%S} {told(record)}")
        known = max(known, last)
        old = over(status) and last <= first
        verdict = None if old else goal(status)
        if verdict is not None:
            return verdict
        now = f"{status.get('phase') or 'Idle'}: {status.get('message', '')}"
        if now != said and now.rpartition(": ")[2]:
            click.echo(f"{looking.now():%H:%M:%S} {now}", err=True)
        said = now
        if time.monotonic() > deadline:
            return Verdict(False, f"it is still open after {seconds:.0f} s: {now}")
        time.sleep(_EVERY_SECONDS)
