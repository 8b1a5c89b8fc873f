"""All that is measured of one policy over one period. Pure; everything unknown is None, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fireline.alerting.hours_model import within
from fireline.alerting.quality.episodes import covered
from fireline.alerting.quality.judging import Detection, Judged, Ledger, detections, judged, quantile, share
from fireline.alerting.quality.model import (
    DAY,
    WEEK,
    Alert,
    BudgetEvent,
    Episode,
    Page,
    Policy,
    SLOKey,
    Stretch,
)
from fireline.alerting.quality.pages import Flap, Repeat, flapping, pages, repeated
from fireline.alerting.quality.spending import Spending


@dataclass(frozen=True, slots=True)
class Past:
    """What Prometheus told about ``asked``, of all policies.

    ``holes``: when nothing was evaluated. ``spent``: budget spent, of SLOs that record it; one that spent
    little and did not page may be left out. ``events``: budget events with their onset. ``evaluated``: for
    periods that were asked about, in which share of it the rules of each SLO were evaluated.
    """

    asked: Stretch
    episodes: Sequence[Episode]
    holes: Sequence[Stretch] = ()
    spent: Mapping[SLOKey, Spending] = field(default_factory=dict)
    events: Sequence[BudgetEvent] = ()
    evaluated: Mapping[Stretch, Mapping[SLOKey, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timing:
    """Detection times of one severity in seconds; ``within``: how many of ``count`` met the ``target``."""

    sev: str
    count: int
    median: float
    p90: float
    target: int | None
    within: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One alert: how often it fired, for how many seconds in all, and how many of the pages it had a part in
    were ``right``, of those that could be ``judged``."""

    alert: Alert
    page: bool
    episodes: int
    seconds: int
    right: int
    judged: int


@dataclass(frozen=True, slots=True)
class Quality:
    """One policy over one period.

    What began in the period counts. ``coverage``: the share of it in which this policy was there and
    Prometheus evaluated something. ``off_hours`` are those of ``pages`` that began out of working hours.
    """

    period: Stretch
    coverage: float
    episodes: tuple[Episode, ...]
    pages: tuple[Judged, ...]
    off_hours: tuple[Page, ...]
    flapping: tuple[Flap, ...]
    repeated: tuple[Repeat, ...]
    detections: tuple[Detection, ...]
    timings: tuple[Timing, ...]
    rows: tuple[Row, ...]

    @property
    def pages_per_week(self) -> float | None:
        """Pages in a week of known time; None while less than a day is known: that tells nothing."""
        known = self.coverage * self.period.seconds
        return len(self.pages) * WEEK / known if known >= DAY else None

    @property
    def resolve_seconds(self) -> float | None:
        """Mean time from a page to its end, of those of which both are known."""
        lasted = [seconds for one in self.pages if (seconds := one.page.lasted) is not None]
        return sum(lasted) / len(lasted) if lasted else None

    @property
    def right(self) -> int:
        """Pages that were right."""
        return sum(one.right is True for one in self.pages)

    @property
    def judged(self) -> int:
        """Pages that could be judged."""
        return sum(one.right is not None for one in self.pages)

    @property
    def precision(self) -> float | None:
        """Share of the judged pages that were right."""
        return share(self.right, self.judged)

    @property
    def false_share(self) -> float | None:
        """Share of the judged pages that were not."""
        return share(self.judged - self.right, self.judged)

    @property
    def detected(self) -> int:
        """Budget events that had a page."""
        return sum(one.page is not None for one in self.detections)

    @property
    def recall(self) -> float | None:
        """Share of the budget events that had a page."""
        return share(self.detected, len(self.detections))


def measure(policy: Policy, past: Past, period: Stretch) -> Quality:
    """The quality of a policy's alerts; ``period`` lies within what ``past`` was asked about."""
    now = past.asked.end
    mine = [one for one in past.episodes if belongs(one.alert, policy)]
    began = [one for one in mine if not one.truncated and period.start <= one.start < period.end]
    # Merged before they are chosen: what goes on from before the period is no page of its own in it.
    every_page = pages(one for one in mine if policy.pages(one))
    counted = [one for one in every_page if not one.truncated and period.start <= one.start < period.end]
    # What was spent before the first look is as unknown as what was spent in a hole.
    ledger = Ledger(past.spent, (Stretch(0, past.asked.start), *past.holes))
    verdicts = judged(counted, policy.tiers, ledger, now=now)
    events = [
        one for one in past.events if one.slo in policy.tiers and period.start <= one.start < period.end
    ]
    found = detections(events, every_page, policy.tiers, now=now)
    return Quality(
        period=period,
        coverage=coverage(policy, past, period),
        episodes=tuple(began),
        pages=tuple(verdicts),
        off_hours=tuple(page for page in counted if _disturbs(policy, page)),
        flapping=tuple(flapping(began)),
        repeated=tuple(repeated(began)),
        detections=tuple(found),
        timings=tuple(_timings(policy, found)),
        rows=tuple(_rows(policy, began, verdicts, now)),
    )


def by_policy(past: Past, policies: Iterable[Policy]) -> dict[str, Past]:
    """The past of each policy alone, so that thousands of policies do not all read everything."""
    all_ = list(policies)
    episodes: dict[str, list[Episode]] = {one.key: [] for one in all_}
    events: dict[str, list[BudgetEvent]] = {one.key: [] for one in all_}
    owner = {slo: one.key for one in all_ for slo in one.tiers}
    for episode in past.episodes:
        alert = episode.alert
        key = alert.policy or (owner.get(alert.of_slo, "") if alert.of_slo else "")
        if key in episodes:
            episodes[key].append(episode)
    for event in past.events:
        if event.slo in owner:
            events[owner[event.slo]].append(event)
    return {one.key: replace(past, episodes=episodes[one.key], events=events[one.key]) for one in all_}


def belongs(alert: Alert, policy: Policy) -> bool:
    """By its label; an SLO's alerts of the time before it had a policy belong to the one it has now."""
    if alert.policy:
        return alert.policy == policy.key
    return alert.of_slo in policy.tiers


def coverage(policy: Policy, past: Past, period: Stretch) -> float:
    """Share of the period in which the policy was there and its rules were evaluated: the mean of its SLOs
    and, as one more of them, its own rules."""
    start = period.start if policy.since is None else max(period.start, policy.since)
    if start >= period.end:
        return 0.0
    there = Stretch(start, period.end)
    most = covered(there, past.holes) * there.seconds / period.seconds
    known = past.evaluated.get(period)
    if known is None or not policy.tiers:
        return most
    parts = [min(most, known.get(slo, 0.0)) for slo in policy.tiers]
    if any(not one.alert.slo for one in policy.declared):
        parts.append(most)
    return sum(parts) / len(parts)


def _disturbs(policy: Policy, page: Page) -> bool:
    """Whether it comes out of hours; severities that wait for working hours do not."""
    at = datetime.fromtimestamp(page.start, UTC)
    return page.first.sev not in policy.quiet and not any(within(hours, at) for hours in policy.hours)


def _timings(policy: Policy, found: Iterable[Detection]) -> list[Timing]:
    by_sev: dict[str, list[int]] = {}
    for one in found:
        if one.page is not None and one.seconds is not None:
            by_sev.setdefault(one.page.first.sev, []).append(one.seconds)
    return [_timing(sev, seconds, policy.within.get(sev)) for sev, seconds in sorted(by_sev.items())]


def _timing(sev: str, seconds: Sequence[int], target: int | None) -> Timing:
    median, p90 = quantile(seconds, 0.5), quantile(seconds, 0.9)
    assert median is not None and p90 is not None  # noqa: S101, PT018 - there is at least one
    within = None if target is None else sum(one <= target for one in seconds)
    return Timing(sev, len(seconds), median, p90, target, within)


def _rows(policy: Policy, began: Iterable[Episode], verdicts: Iterable[Judged], now: int) -> list[Row]:
    by_alert: dict[Alert, list[Episode]] = {}
    for one in began:
        by_alert.setdefault(one.alert, []).append(one)
    right: dict[Alert, list[bool]] = {}
    for verdict in verdicts:
        if verdict.right is not None:
            for alert in {one.alert for one in verdict.page.episodes}:
                right.setdefault(alert, []).append(verdict.right)
    rows = [
        Row(
            alert,
            page=policy.pages(own[0]),
            episodes=len(own),
            seconds=sum(one.until(now) - one.start for one in own),
            right=sum(right.get(alert, ())),
            judged=len(right.get(alert, ())),
        )
        for alert, own in by_alert.items()
    ]
    return sorted(rows, key=lambda row: (not row.page, -row.episodes, -row.seconds, row.alert))
