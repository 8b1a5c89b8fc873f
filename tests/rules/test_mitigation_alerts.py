"""Alerts of mitigations, judged by Prometheus' own engine over what the operator exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from fireline.api.mitigation import Mitigation
from fireline.mitigation.alerts import MitigationAlerts, alerts_object
from fireline.refresh.mitigation_metrics import MitigationMetrics
from tests import promtool

pytestmark = pytest.mark.bed

NEEDS_HUMAN, OVERDUE = "MitigationNeedsHuman", "MitigationOverdue"
SCRAPE = 30
START = 1_796_947_200
"""Midnight of 11 December 2026 in UTC."""
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}


@dataclass(frozen=True)
class Phase:
    """So many minutes with one status. ``operator`` False: nothing is scraped.

    ``reason``: why a person is needed, if one is. ``ends``: minute from the start at which its time ends.
    """

    minutes: float
    phase: str = "Active"
    reason: str = ""
    ends: float | None = None
    operator: bool = True

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = {"phase": self.phase}
        if self.reason:
            found["needsHuman"] = {"reason": self.reason, "message": "m", "since": _text(0)}
        if self.ends is not None:
            found["expiresAt"] = _text(60 * self.ends)
        return found


@dataclass
class Story:
    """``title`` finishes the sentence "an alert …". Minutes at which it must fire, and must not."""

    title: str
    alert: str
    phases: Sequence[Phase]
    fires: Sequence[float] = ()
    silent: Sequence[float] = ()
    reason: str = ""
    """The label ``reason`` it must have when it fires."""
    revert: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())[:52].strip("-")

    @property
    def manifest(self) -> dict[str, Any]:
        spec = {"target": TARGET, "action": {"scale": {"replicas": 5}}, "serviceAccountName": "mitigator"}
        return {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "Mitigation",
            "metadata": {"namespace": "shop", "name": self.name, "uid": f"uid-{self.name}"},
            "spec": {**spec, "revert": dict(self.revert)},
        }

    def group(self) -> dict[str, Any]:
        """The alerts the operator writes for it."""
        rule = alerts_object(MitigationAlerts.of(Mitigation.of(self.manifest)), source="default")
        (group,) = rule["spec"]["groups"]
        return dict(group)

    def series(self) -> dict[str, str]:
        """What is scraped, in promtool's notation: the real collector, read every 30 seconds."""
        values: dict[str, dict[int, float]] = {}
        count = round(60 * sum(phase.minutes for phase in self.phases) / SCRAPE) + 1
        for number in range(count):
            phase = self._at(number * SCRAPE / 60)
            if not phase.operator:
                continue
            now = START + number * SCRAPE
            manifest = {**self.manifest, "status": phase.status}
            metrics = MitigationMetrics(lambda found=manifest: [found], now=lambda at=now: at)
            for family in metrics.collect():
                for sample in family.samples:
                    if "mitigation" not in sample.labels:
                        continue
                    inside = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
                    values.setdefault(f"{sample.name}{{{inside}}}", {})[number] = sample.value
        return {series: _notation(found, count) for series, found in values.items()}

    def _at(self, minute: float) -> Phase:
        end = 0.0
        for phase in self.phases:
            end += phase.minutes
            if minute < end:
                return phase
        return self.phases[-1]


def _notation(values: Mapping[int, float], count: int) -> str:
    """A value that is missing after one is marked as stale, as Prometheus does it."""
    told = [
        f"{values[number]:.15g}" if number in values else "stale" if number - 1 in values else "_"
        for number in range(count)
    ]
    return " ".join(told)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


GONE = {"operator": False}
ALWAYS = {"ttlPolicy": "Always"}
STORIES = (
    Story(
        "fires at once when a person is needed, and ends with the need",
        NEEDS_HUMAN,
        (Phase(5), Phase(5, reason="VerificationFailed"), Phase(5, "Ended")),
        fires=(5.5, 9),
        silent=(0, 4.5, 10.5, 15),
        reason="VerificationFailed",
    ),
    Story(
        "tells of another need by another alert",
        NEEDS_HUMAN,
        (Phase(5, reason="VerificationUnknown"), Phase(5, reason="RevertFailed")),
        fires=(6, 10),
        reason="RevertFailed",
    ),
    Story(
        "goes on while the operator is dead, and ends when it comes back without the need",
        NEEDS_HUMAN,
        (Phase(5, reason="Contested"), Phase(60, **GONE), Phase(5, "Idle")),
        fires=(4, 6, 10, 30, 64.5),
        silent=(66, 69),
        reason="Contested",
    ),
    Story(
        "goes on when the operator comes back and the need is still there",
        NEEDS_HUMAN,
        (Phase(5, reason="Held"), Phase(30, **GONE), Phase(5, reason="Held")),
        fires=(4, 20, 35, 35.5, 39),
        reason="Held",
    ),
    Story(
        "is not fired by a scrape that fails",
        NEEDS_HUMAN,
        (Phase(5), Phase(3, **GONE), Phase(5)),
        silent=(4, 5.5, 6, 7, 8, 8.5, 10),
    ),
    Story(
        "does not come back by a scrape that fails after the need is over",
        NEEDS_HUMAN,
        (Phase(5, reason="Held"), Phase(2, "Ended"), Phase(3, **GONE), Phase(5, "Ended")),
        fires=(4,),
        silent=(5.5, 6.5, 7.5, 8, 9.5, 10.5, 14),
        reason="Held",
    ),
    Story(
        "of what is overdue waits five minutes where nothing is held",
        OVERDUE,
        (Phase(40, ends=10), Phase(5, "Ended")),
        fires=(18, 30, 39.5),
        silent=(9, 10.5, 15, 17, 41, 44),
        revert=ALWAYS,
    ),
    Story(
        "of what is overdue waits for the end of maxHold as well",
        OVERDUE,
        (Phase(60, ends=10),),
        fires=(38, 59),
        silent=(11, 16, 30, 35, 37),
        revert={"maxHold": "20m"},
    ),
    Story(
        "of what is overdue does not tell of what was taken back in time",
        OVERDUE,
        (Phase(9, ends=10), Phase(60, "Ended", ends=10)),
        silent=(9, 11, 20, 60),
        revert=ALWAYS,
    ),
    Story(
        "of what is overdue leaves an operator that was away time to take it back",
        OVERDUE,
        (Phase(9, ends=10), Phase(30, **GONE), Phase(0.5, "Reverting", ends=10), Phase(10, "Ended")),
        silent=(9, 15, 30, 40, 45),
        revert=ALWAYS,
    ),
    Story(
        "of what is overdue goes on while the operator is dead",
        OVERDUE,
        (Phase(20, ends=10), Phase(60, **GONE), Phase(5, "Ended")),
        fires=(18, 19, 25, 50, 79),
        silent=(81, 84),
        revert=ALWAYS,
    ),
)


@pytest.fixture(scope="module")
def fired() -> dict[tuple[str, float], dict[str, str]]:
    """Reason of each firing alert by (title, minute asked for), all stories in one run of promtool."""
    times = sorted({minute for story in STORIES for minute in (*story.fires, *story.silent)})
    answers = promtool.evaluate(
        {"groups": [story.group() for story in STORIES]},
        {name: values for story in STORIES for name, values in story.series().items()},
        [(round(minute * 60), 'ALERTS{alertstate="firing"}') for minute in times],
        step=15,
        scrape=SCRAPE,
        start=START,
    )
    return {
        (story.title, minute): {
            got.labels["alertname"]: got.labels.get("reason", "")
            for got in answer
            if got.labels["mitigation"] == story.name
        }
        for minute, answer in zip(times, answers, strict=True)
        for story in STORIES
    }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_an_alert(story: Story, fired: dict[tuple[str, float], dict[str, str]]) -> None:
    silent_at = [minute for minute in story.fires if story.alert not in fired[story.title, minute]]
    fired_at = [minute for minute in story.silent if story.alert in fired[story.title, minute]]
    reasons = {fired[story.title, minute].get(story.alert) for minute in story.fires} - {None}
    assert (silent_at, fired_at) == ([], [])
    assert reasons <= {story.reason}
