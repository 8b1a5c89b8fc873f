"""Escalation: which mode, which levels, and what it truly promises.

Alertmanager has neither acknowledgement nor escalation. Its delayed notifications come close: a level
is a route of its own whose group waits for the level's delay. A silence or a resolved alert before that
ends it; a reload of the configuration begins the wait anew.

How late a level can be (dispatch of Alertmanager): before 0.30 every time Prometheus sends the alert
again its group is flushed if the alert is older than the delay, so it is late by at most the time
between two sends. From 0.30 on only the creation of the group looks at the age of the alert, so a group
made again just before the delay is over waits once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fireline.alerting.model import EscalationMode, Step
from fireline.alerting.receivers import is_provider
from fireline.alerting.routes import escalating
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_severities import canonical
from fireline.api.strings import zero_or_seconds
from fireline.promql.durations import Duration

RESEND_SECONDS = 60
"""How often Prometheus sends an alert that goes on firing (``--rules.alert.resend-delay``)."""
EVALUATION_SECONDS = 30
"""Interval of the rules of mode Rules."""
_WAITS_ONCE_MORE = (0, 30)


@dataclass(frozen=True, slots=True)
class Promise:
    """How late the last level can be, in seconds after the first alert; None while nothing is promised."""

    seconds: int | None
    words: str

    @property
    def shown(self) -> str:
        """For a column: ``31m``, or ``by provider``."""
        return self.words if self.seconds is None else str(Duration(self.seconds * 1000))


def mode_of(spec: Spec) -> EscalationMode:
    """The mode that is carried out. Auto leaves a single level to the provider that takes it."""
    if spec.escalation is None:
        return "None"
    if spec.escalation.mode != "Auto":
        return spec.escalation.mode
    by_name = {one.name: one for one in spec.receivers}
    taken = [name for level in spec.escalation.levels for name in level.receivers]
    provided = any(is_provider(by_name[name]) for name in taken if name in by_name)
    return "Provider" if provided and len(spec.escalation.levels) == 1 else "Alertmanager"


def steps_of(spec: Spec) -> tuple[Step, ...]:
    """The levels that come later than the alert itself."""
    if spec.escalation is None:
        return ()
    found = []
    for number, level in enumerate(spec.escalation.levels, start=1):
        seconds = zero_or_seconds(level.after)
        sevs = tuple(sorted(canonical(name) for name in level.severities)) if level.severities else ()
        if seconds:
            found.append(Step(number, seconds, tuple(level.receivers), sevs or escalating(spec)))
    return tuple(found)


def promise(mode: EscalationMode, steps: Sequence[Step], *, version: str | None) -> Promise:
    """What the last level can be late by. ``version`` is the oldest among Alertmanager's replicas."""
    if mode == "Provider":
        return Promise(None, "by provider")
    if mode == "None" or not steps:
        return Promise(None, "at once")
    last = max(step.after for step in steps)
    if mode == "Rules":
        seconds = last + EVALUATION_SECONDS
        return Promise(
            seconds, "a rule of its own for each level, exact to one evaluation; blind to silences"
        )
    early, late = last + RESEND_SECONDS, 2 * last
    known = _minor(version)
    if known is None:
        words = "Alertmanager's version is not known, so this is the larger of what its versions promise"
        return Promise(max(early, late), words)
    if known < _WAITS_ONCE_MORE:
        words = f"Alertmanager {version}: the delay and one more send of Prometheus"
        return Promise(early, words)
    return Promise(late, f"Alertmanager {version}: below twice the delay, longer across a reload")


def _minor(version: str | None) -> tuple[int, int] | None:
    found = re.match(r"v?(\d+)\.(\d+)", version or "")
    return (int(found[1]), int(found[2])) if found else None
