"""Runs of SyntheticChecks as facts: the first failing run, and that it succeeded again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Manifest
from fireline.incident.model import Draft

BEFORE = timedelta(hours=1)
"""A check may see a fault before any alert does; what failed longer ago belongs to something else."""
_BAD = frozenset({"failure", "error"})
_MEASURED = _BAD | {"success"}


def source_of(check: Manifest) -> str:
    """What facts about a check name as their source."""
    metadata = check["metadata"]
    return f"SyntheticCheck/{metadata['namespace']}/{metadata['name']}"


def of_check(
    check: Manifest, *, opened: datetime, until: datetime, last: Mapping[str, Any] | None
) -> Iterator[Draft]:
    """What its runs add, in order. ``last``: the last fact of this check in this incident.

    ``until``: later runs belong to no part of the incident. A run that measured nothing says nothing.
    """
    name, source = check["metadata"]["name"], source_of(check)
    failing = last is not None and last["type"] == "check.failed"
    for run in measured(check):
        ended = parse_timestamp(run["endedAt"])
        bad = run["outcome"] in _BAD
        if ended > until or bad == failing or (not bad and ended < opened):
            continue
        if last is not None and ended <= parse_timestamp(last["eventTime"]):
            continue
        if bad and not _counts(ended, opened, measured(check)):
            continue
        failing = bad
        yield _failed(name, source, run, ended) if bad else _recovered(name, source, run, ended)


def last_failed(check: Manifest) -> Mapping[str, Any] | None:
    """The last run that failed, if it still fails."""
    runs = measured(check)
    return runs[-1] if runs and runs[-1]["outcome"] in _BAD else None


def measured(check: Manifest) -> list[Mapping[str, Any]]:
    """Runs that say something about the target, the oldest first."""
    history: Sequence[Mapping[str, Any]] = check.get("status", {}).get("history", ())
    found = [one for one in history if one.get("outcome") in _MEASURED and "endedAt" in one]
    return sorted(found, key=lambda one: parse_timestamp(one["endedAt"]))


def _counts(ended: datetime, opened: datetime, runs: Sequence[Mapping[str, Any]]) -> bool:
    """A failure before the incident belongs to it when it lasted until the incident began."""
    if ended >= opened:
        return True
    if ended < opened - BEFORE:
        return False
    between = (one for one in runs if ended < parse_timestamp(one["endedAt"]) < opened)
    return all(one["outcome"] in _BAD for one in between)


def _failed(name: str, source: str, run: Mapping[str, Any], ended: datetime) -> Draft:
    step = f" at step {run['step']}" if run.get("step") else ""
    why = f": {run['message']}" if run.get("message") else ""
    verb = "fails" if run["outcome"] == "failure" else "has no answer"
    return Draft(
        ended,
        "Detect",
        "check.failed",
        source,
        f"check {name} {verb}{step}{why}",
        data=_data(run),
        evidence=(f"{source}/run/{run['id']}",) if run.get("id") else (),
    )


def _recovered(name: str, source: str, run: Mapping[str, Any], ended: datetime) -> Draft:
    return Draft(ended, "Verify", "check.recovered", source, f"check {name} succeeds again", data=_data(run))


def _data(run: Mapping[str, Any]) -> dict[str, str]:
    wanted = ("outcome", "step", "reason", "id")
    return {("run" if key == "id" else key): str(run[key]) for key in wanted if run.get(key)}
