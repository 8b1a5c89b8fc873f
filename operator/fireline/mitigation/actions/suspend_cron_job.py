"""``suspendCronJob``: stops a CronJob from starting Jobs that compete with what people wait for."""

from __future__ import annotations

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, entries, mapping
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Refusal


class _SuspendCronJob(SimpleAction):
    name = "suspendCronJob"
    targets = (("batch", "CronJob"),)

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        return change(
            target,
            [("/spec/suspend", True)],
            summary=f"suspends {called(target)}",
            notes=(*_running(target), _catching_up(target)),
        )


def _running(target: Manifest) -> tuple[str, ...]:
    active = len(entries(target, "status", "active"))
    return (f"{active} of its Jobs run now, and go on: only new ones are not started",) if active else ()


def _catching_up(target: Manifest) -> str:
    # The controller starts the latest missed run when that is not later than the deadline allows.
    deadline = mapping(target, "spec").get("startingDeadlineSeconds")
    if deadline is None:
        return (
            "when it goes on, a run that was missed starts at once, however late: it has no "
            "startingDeadlineSeconds"
        )
    return f"when it goes on, a run that was missed in the {deadline} s before starts at once"


SUSPEND_CRON_JOB = _SuspendCronJob()
