"""Stories of synthetic checks: what their runs came to, minute by minute, as /metrics shows it.

The status is kept as the operator keeps it, in few lines; the series are those of the real collector, read
every 30 seconds unless the operator is gone, and judged by promtool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fireline.api.synthetic_check import SyntheticCheck
from fireline.refresh.check_metrics import CheckMetrics
from fireline.synthetic.alerts import CheckAlerts, alerts_object
from fireline.synthetic.compile import timing_of
from tests import promtool

SCRAPE = 30
START = 1_796_947_200
"""Midnight of 11 December 2026 in UTC."""
_RUN_SECONDS = 5

What = Literal["success", "failure", "error", "infra", "lost", "pending", "suspended"]
"""What slots of a phase come to. ``lost``: counted as infra, and no run began. ``pending``: not yet."""


@dataclass(frozen=True)
class Phase:
    """So many minutes. ``operator`` False: nobody counts, nothing is scraped; the next phase catches up."""

    minutes: float
    what: What = "success"
    operator: bool = True


@dataclass
class CheckStory:
    """``title`` finishes the sentence "an alert …". Minutes at which it must fire, and must not.

    After an absence of the operator the first scrape shows what it found, as a new leader does.
    """

    title: str
    alert: str
    phases: Sequence[Phase]
    fires: Sequence[float] = ()
    silent: Sequence[float] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)
    expires: float | None = None
    """Minutes until the certificate that the first step sees expires."""
    renewed: float | None = None
    """At which minute it is replaced by one that expires a year later."""

    @property
    def name(self) -> str:
        """A name for the check, from the title."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())[:52].strip("-")

    @property
    def minutes(self) -> float:
        """How long it takes."""
        return sum(phase.minutes for phase in self.phases)

    @property
    def manifest(self) -> dict[str, Any]:
        """The check, without its status."""
        step = {"name": "health", "http": {"url": "https://shop.example/health"}}
        if self.expires is not None:
            step["assert"] = [{"certificate": {"validFor": "1h"}}]
        return {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "SyntheticCheck",
            "metadata": {"namespace": "shop", "name": self.name, "uid": f"uid-{self.name}"},
            "spec": {"schedule": {"every": "1m"}, "steps": [step], **self.spec},
        }

    def group(self) -> dict[str, Any]:
        """The alerts the operator writes for it."""
        given = SyntheticCheck.of(self.manifest)
        timing = timing_of(given.spec, namespace="shop", name=self.name)
        rule = alerts_object(CheckAlerts.of(given, interval=timing.interval), source="default")
        (group,) = rule["spec"]["groups"]
        return dict(group)

    def series(self) -> dict[str, str]:
        """What is scraped, in promtool's notation."""
        books, found = _Books(self), _Scrapes()
        ends = [60 * sum(phase.minutes for phase in self.phases[: n + 1]) for n in range(len(self.phases))]
        away = False
        for number in range(round(self.minutes * 60 / SCRAPE) + 1):
            at = number * SCRAPE
            phase = next((p for p, end in zip(self.phases, ends, strict=True) if at < end), self.phases[-1])
            if not phase.operator:
                away = True
                continue
            if not away:
                books.count_until(at, [*zip(self.phases, ends, strict=True)])
            away = False
            found.take(number, books.manifest(suspended=phase.what == "suspended"), START + at)
            books.status["counted"] = True
        return found.notation(round(self.minutes * 60 / SCRAPE) + 1)


class _Books:
    """The status of one check, as far as series are made from it."""

    def __init__(self, story: CheckStory) -> None:
        self._story = story
        self._through = 0.0
        given = SyntheticCheck.of(story.manifest)
        self._timing = timing_of(given.spec, namespace="shop", name=story.name)
        names = ("success", "failure", "error", "infra", "skipped", "expected")
        self.status: dict[str, Any] = {"totals": dict.fromkeys(names, 0), "consecutiveFailures": 0}

    def manifest(self, *, suspended: bool) -> dict[str, Any]:
        found = self._story.manifest
        found["spec"]["suspend"] = suspended
        return {**found, "status": self.status}

    def count_until(self, at: float, phases: Iterable[tuple[Phase, float]]) -> None:
        """Counts every slot whose run is over."""
        until = at - _RUN_SECONDS
        listed = list(phases)
        for slot in self._timing.slots(_time(START + self._through), _time(START + until)):
            minute = slot.timestamp() - START
            what = next((p.what for p, end in listed if minute < end), listed[-1][0].what)
            if what != "pending":
                self._count(what, minute)
        self._through = max(self._through, until)

    def _count(self, what: What, slot: float) -> None:
        totals = self.status["totals"]
        totals[{"lost": "infra", "suspended": "skipped"}.get(what, what)] += 1
        if what == "suspended":
            return
        totals["expected"] += 1
        if what == "lost":
            return
        ended = _text(slot + _RUN_SECONDS)
        run: dict[str, Any] = {"trigger": "Schedule", "outcome": what, "startedAt": _text(slot)}
        run["endedAt"] = ended
        if self._story.expires is not None and what != "infra":
            run["certificates"] = [{"step": "health", "notAfter": _text(60 * self._expiry(slot / 60))}]
        self.status["lastRun"] = run
        if what in {"failure", "error"}:
            self.status["consecutiveFailures"] += 1
        elif what == "success":
            self.status["consecutiveFailures"] = 0
            self.status["lastSuccess"] = ended

    def _expiry(self, minute: float) -> float:
        story = self._story
        assert story.expires is not None
        new = story.renewed is not None and minute >= story.renewed
        return story.expires + (365 * 1440 if new else 0)


class _Scrapes:
    """Values of every series by the number of the scrape."""

    def __init__(self) -> None:
        self._values: dict[str, dict[int, float]] = {}

    def take(self, number: int, manifest: dict[str, Any], now: float) -> None:
        for family in CheckMetrics(lambda: [manifest], scraped=lambda _: None, now=lambda: now).collect():
            if family.type == "histogram":
                continue
            for sample in family.samples:
                inside = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
                self._values.setdefault(f"{sample.name}{{{inside}}}", {})[number] = sample.value

    def notation(self, count: int) -> dict[str, str]:
        """A value that is missing once was there before is marked as stale, as Prometheus does it."""
        found = {}
        for series, values in self._values.items():
            told: list[str] = []
            for number in range(count):
                if number in values:
                    told.append(f"{values[number]:.15g}")
                else:
                    told.append("stale" if number - 1 in values else "_")
            found[series] = " ".join(told)
        return found


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _text(seconds: float) -> str:
    return _time(START + seconds).isoformat().replace("+00:00", "Z")


def firing(stories: Sequence[CheckStory]) -> dict[tuple[str, float], set[str]]:
    """Names of the firing alerts by (title, minute asked for), all stories in one promtool run."""
    names = [story.name for story in stories]
    assert len(set(names)) == len(names), "two stories would be one check"
    times = sorted({minute for story in stories for minute in (*story.fires, *story.silent)})
    series = {name: values for story in stories for name, values in story.series().items()}
    answers = promtool.evaluate(
        {"groups": [story.group() for story in stories]},
        series,
        [(round(minute * 60), 'ALERTS{alertstate="firing"}') for minute in times],
        step=30,
        scrape=SCRAPE,
        start=START,
    )
    return {
        (story.title, minute): {
            got.labels["alertname"] for got in answer if got.labels["check"] == story.name
        }
        for minute, answer in zip(times, answers, strict=True)
        for story in stories
    }
