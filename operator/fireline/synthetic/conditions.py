"""The conditions of a valid check, each in a function of its own; ``status`` puts them together.

A failing check is a healthy object: ``Healthy`` and ``Fresh`` never change ``Ready``, or every GitOps
tool would stop deploying whenever the thing that is checked is down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import Condition, parse_timestamp, timestamp
from fireline.synthetic.coverage import MEASURED
from fireline.synthetic.runs import Outcome
from fireline.synthetic.situation import LATE_INTERVALS, Situation

NEVER_RUNS = 3
"""After so many slots without a run a new check never ran."""
PROBER_SILENT = "ProberSilent"
"""The prober may well run its checks, but its results cannot be read."""
_SHOWN = 600


def ready(situation: Situation) -> Condition:
    """Everything the check needs is written."""
    problem = situation.problem
    if problem is not None:
        return Condition("Ready", "False", problem.reason, problem.message)
    if situation.selected.status == "False":
        return Condition("Ready", "False", situation.selected.reason, situation.selected.message)
    return Condition("Ready", "True", "Ready", "the check is carried out; how it went says Healthy")


def stalled(situation: Situation) -> Condition:
    """Whether only a person can go on."""
    problem = situation.problem
    if problem is None or not problem.permanent:
        return Condition("Stalled", "False", "Progressing", "nothing needs a person")
    return Condition("Stalled", "True", problem.reason, problem.message)


def valid(situation: Situation) -> Condition:
    """Valid, with what is worth knowing."""
    return Condition("Valid", "True", "Valid", "; ".join(situation.notes) or "the spec is valid")


def scheduled(situation: Situation) -> Condition:
    """Whether runs start when they are due."""
    problem = situation.problem
    if problem is not None:
        return Condition("Scheduled", "False", problem.reason, problem.message)
    if situation.suspended:
        words = "spec.suspend is true; until it is false again runs count as skipped"
        return Condition("Scheduled", "False", "Suspended", words)
    if situation.waiting is not None:
        job, waiting = situation.waiting
        runs = waiting.reason == PROBER_SILENT
        words = waiting.message if runs else f"{job} does not start: {waiting.message}"
        return Condition("Scheduled", "False", waiting.reason, words)
    return Condition("Scheduled", "True", "Scheduled", f"runs at {situation.timing.text} (UTC)")


def fresh(situation: Situation) -> tuple[Condition, timedelta | None]:
    """Whether the last run is as young as the schedule says, and after how long that may change."""
    if situation.suspended:
        return Condition("Fresh", "Unknown", "Suspended", "spec.suspend is true: no run is due"), None
    last = last_begun(situation.counts)
    if last is None:
        return _never_ran(situation)
    seen = parse_timestamp(last.get("slot") or last.get("endedAt") or last["startedAt"])
    # Another schedule, or the end of a suspension, counts from when it was seen.
    before = situation.counts.get("ledger", {}).get("earlier", ())
    since = max(seen, situation.created, *(parse_timestamp(one["until"]) for one in before))
    late = situation.timing.next(since) + situation.patience
    if situation.now > late:
        words = (
            f"the last run was due {timestamp(seen)}, more than {LATE_INTERVALS} intervals of "
            f"{situation.timing.interval} s ago"
        )
        return Condition("Fresh", "False", "Late", words), None
    return Condition("Fresh", "True", "Fresh", "runs come as scheduled"), _until(late, situation.now)


def _never_ran(situation: Situation) -> tuple[Condition, timedelta | None]:
    due = situation.created
    for _ in range(NEVER_RUNS):
        due = situation.timing.next(due)
    late = due + situation.patience
    if situation.now > late:
        words = f"no run has begun since it was made, and {NEVER_RUNS} were due; see Scheduled"
        return Condition("Fresh", "False", "NeverRan", words), None
    first = timestamp(situation.timing.next(situation.created))
    words = f"no run is over yet; the first one is due {first}"
    return Condition("Fresh", "Unknown", "Pending", words), _until(late, situation.now)


def healthy(counts: Mapping[str, Any]) -> Condition:
    """How the last counted run went. Runs that measured nothing say nothing."""
    last, measured = last_counted(counts), last_measured(counts)
    if last is None or (measured is None and last["outcome"] == Outcome.SKIPPED):
        return Condition("Healthy", "Unknown", "Pending", "nothing was measured yet")
    if last["outcome"] == Outcome.INFRA or measured is None:
        words = f"the last run measured nothing: {_said(last)}"
        return Condition("Healthy", "Unknown", last.get("reason") or "NotMeasured", words[:_SHOWN])
    if measured["outcome"] == Outcome.SUCCESS:
        slow = "; it was slower than it should be" if measured.get("degraded") else ""
        return Condition("Healthy", "True", "Succeeded", f"the last run succeeded{slow}")
    failures = counts.get("consecutiveFailures", 1)
    reason = measured.get("reason") or ("Failed" if measured["outcome"] == Outcome.FAILURE else "Error")
    words = f"failed {_times(failures)}: {_said(measured)}"
    return Condition("Healthy", "False", reason, words[:_SHOWN])


def began(run: Mapping[str, Any]) -> bool:
    """Whether there was a run at all: slots in which nothing began are counted, too."""
    return bool(run.get("startedAt") or run.get("job"))


def last_counted(counts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest scheduled run in the history, whatever came of it."""
    return _newest(counts, lambda _: True)


def last_begun(counts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest scheduled run that there was at all."""
    return _newest(counts, began)


def last_measured(counts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest scheduled run that measured something."""
    return _newest(counts, lambda run: run["outcome"] in MEASURED)


def _newest(
    counts: Mapping[str, Any], wanted: Callable[[Mapping[str, Any]], bool]
) -> Mapping[str, Any] | None:
    scheduled = (run for run in counts.get("history", ()) if run.get("trigger") == "Schedule")
    return next((run for run in scheduled if wanted(run)), None)


def _said(run: Mapping[str, Any]) -> str:
    return str(run.get("message") or run.get("reason") or run["outcome"])


def _times(failures: int) -> str:
    return "once" if failures == 1 else f"{failures} times in a row"


def _until(moment: datetime, now: datetime) -> timedelta:
    return moment - now + timedelta(seconds=1)
