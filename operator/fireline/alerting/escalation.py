"""Escalation: which mode, which levels, and what it truly promises.

Alertmanager has neither acknowledgement nor escalation. Its delayed notifications come close: a level
is a route of its own whose group waits for the level's delay. A silence or a resolved alert before that
ends it; a reload of the configuration begins the wait anew.

How late a level can be (dispatch of Alertmanager): before 0.30 every time Prometheus sends the alert
again its group is flushed if the alert is older than the delay, so it is late by at most the time
between two sends. From 0.30 on only the creation of the group looks at the age of the alert, so a group
made again just before the delay is over waits once more. A level whose severity has hours waits for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from fireline.alerting.model import EscalationMode, Step
from fireline.alerting.receivers import is_provider
from fireline.alerting.routes import escalating
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_severities import Sev, canonical
from fireline.api.plan import Manifest
from fireline.api.strings import zero_or_seconds
from fireline.promql.durations import Duration

RESEND_SECONDS = 60
"""Prometheus sends an alert that goes on firing again when more than this has passed since it last did
(``--rules.alert.resend-delay``), and looks only when it evaluates the rule (``Alert.needsSending``)."""
SLOWEST_SECONDS = 60
"""Interval of the slowest group with alerts of SLOs."""
EVALUATION_SECONDS = 30
"""Interval of the rules of mode Rules."""
_WAITS_ONCE_MORE = (0, 30)


@dataclass(frozen=True, slots=True)
class Promise:
    """How late the last level can be, in seconds after the first alert; None while nothing is promised.

    ``hours`` name those outside of which levels wait: then the seconds hold inside of them only.
    """

    seconds: int | None
    words: str
    hours: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """For a column: ``32m``, ``32m, or when hours begin``, or ``by provider``."""
        if self.seconds is None:
            return self.words
        return f"{Duration(self.seconds * 1000)}{', or when hours begin' if self.hours else ''}"


def mode_of(spec: Spec) -> EscalationMode:
    """The mode that is carried out. Auto leaves a single level at once to the provider that takes it."""
    if spec.escalation is None:
        return "None"
    if spec.escalation.mode != "Auto":
        return spec.escalation.mode
    by_name = {one.name: one for one in spec.receivers}
    taken = [name for level in spec.escalation.levels for name in level.receivers]
    provided = any(is_provider(by_name[name]) for name in taken if name in by_name)
    alone = len(spec.escalation.levels) == 1 and not steps_of(spec)
    return "Provider" if provided and alone else "Alertmanager"


def steps_of(spec: Spec) -> tuple[Step, ...]:
    """The levels that come later than the alert itself."""
    if spec.escalation is None:
        return ()
    found = []
    for number, level in enumerate(spec.escalation.levels, start=1):
        seconds = zero_or_seconds(level.after)
        given = tuple(sorted(canonical(name) for name in level.severities)) if level.severities else ()
        if seconds:
            sevs = given or escalating(spec)
            found.append(Step(number, seconds, tuple(level.receivers), sevs, _hours(spec, sevs)))
    return tuple(found)


def _hours(spec: Spec, sevs: Collection[Sev]) -> tuple[str, ...]:
    named = {one.hours for one in spec.severities if one.hours and canonical(one.name) in sevs}
    return tuple(sorted(named))


def between_sends(groups: Iterable[Manifest], steps: Sequence[Step]) -> int:
    """The longest time in seconds until Prometheus sends an alert that escalates again.

    ``groups`` are those of the policy's own alerts.
    """
    sevs = {sev for step in steps for sev in step.sevs}
    intervals = [
        int(Duration.parse(group["interval"]).seconds)
        for group in groups
        if any("alert" in rule and rule["labels"].get("sev") in sevs for rule in group["rules"])
    ]
    return max((RESEND_SECONDS // interval + 1) * interval for interval in (SLOWEST_SECONDS, *intervals))


def promise(
    mode: EscalationMode, steps: Sequence[Step], *, version: str | None, groups: Iterable[Manifest] = ()
) -> Promise:
    """What the last level can be late by. ``version`` is the oldest among Alertmanager's replicas, ``groups``
    are those of the policy's own alerts."""
    if mode == "Provider":
        return Promise(None, "by provider")
    if mode == "None" or not steps:
        return Promise(None, "at once")
    last = max(step.after for step in steps)
    hours = tuple(sorted({name for step in steps for name in step.hours}))
    if mode == "Rules":
        words = (
            "a rule of its own for each level, exact to one evaluation; blind to silences, and counts anew "
            "when Prometheus restarts"
        )
        return Promise(last + EVALUATION_SECONDS, words, hours)
    early, late = last + between_sends(groups, steps), 2 * last
    known = _minor(version)
    if known is None:
        words = "Alertmanager's version is not known, so this is the larger of what its versions promise"
        return Promise(max(early, late), words, hours)
    if known < _WAITS_ONCE_MORE:
        words = f"Alertmanager {version}: the delay and one more send of Prometheus"
        return Promise(early, words, hours)
    words = f"Alertmanager {version}: below twice the delay, longer across a reload"
    return Promise(late, words, hours)


def _minor(version: str | None) -> tuple[int, int] | None:
    found = re.match(r"v?(\d+)\.(\d+)", version or "")
    return (int(found[1]), int(found[2])) if found else None
