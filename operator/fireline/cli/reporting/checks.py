"""What was promised of what SyntheticChecks check, and what came of it: availability by UTC days. Pure.

Counted from the days in the status, which the operator keeps as long as the check's own window; what is
older is unknown here, and never counts as available. Runs that measured nothing are in no availability.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fireline.alerting.quality.model import Stretch
from fireline.api.conditions import parse_timestamp
from fireline.cli.checkstanding import overdue
from fireline.synthetic.coverage import availability, coverage, measured

Manifest = Mapping[str, Any]
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of a check."""

    day: str
    counts: Counts

    @property
    def measured(self) -> int:
        """Runs that asked the target and know what came of it."""
        return measured(self.counts)

    @property
    def failed(self) -> int:
        """Those of them that did not succeed."""
        return self.measured - self.counts.get("success", 0)

    @property
    def available(self) -> str | None:
        """Percentage of the measured runs that succeeded; None when none was measured."""
        found: str | None = availability(self.counts, window_days=1, target=None).get("value")
        return found

    @property
    def covered(self) -> str | None:
        """Percentage of the expected runs that measured something; None when none was expected."""
        return coverage(self.counts)


@dataclass(frozen=True, slots=True)
class Failures:
    """Runs that failed at one step for one reason, among those the status tells in detail."""

    step: str
    reason: str
    times: int
    last: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One check over a period.

    ``value`` and ``met`` are over its own window, as in its status; ``total`` is over the days of the period.
    ``since``: the first day that is known, when that is later than the period's first.
    """

    namespace: str
    name: str
    location: str | None
    target: str | None
    window: str
    value: str | None
    met: bool | None
    total: Day
    days: tuple[Day, ...]
    failures: tuple[Failures, ...]
    since: str | None
    through: str | None
    """Up to when runs are counted, when nobody seems to go on with it."""

    @property
    def worst(self) -> list[Day]:
        """Days on which something failed or nothing was measured, the worst first."""
        bad = [
            one for one in self.days if one.failed or (one.available is None and one.counts.get("expected"))
        ]
        return sorted(bad, key=lambda one: (float(one.available or 0), -one.failed, one.day))

    @property
    def told(self) -> int:
        """How many of the failures are told in detail."""
        return sum(one.times for one in self.failures)


def check_reports(checks: Iterable[Manifest], period: Stretch, now: datetime) -> list[CheckReport]:
    """All checks, those that do not keep their promise first."""
    found = [_report(one, period, now) for one in checks]
    return sorted(found, key=lambda one: (_RANKS[one.met], one.namespace, one.name))


_RANKS: Mapping[bool | None, int] = {False: 0, None: 1, True: 2}


def _report(check: Manifest, period: Stretch, now: datetime) -> CheckReport:
    metadata, spec, status = (check.get(part) or {} for part in ("metadata", "spec", "status"))
    told = status.get("availability", {})
    asked = spec.get("availability", {})
    window = told.get("window", asked.get("window", "30d"))
    first, last = _days_of(period)
    days = [
        Day(one["day"], {name: count for name, count in one.items() if name != "day"})
        for one in status.get("days", ())
        if first <= one["day"] <= last
    ]
    known = _known_from(metadata, status, window, now)
    return CheckReport(
        namespace=metadata.get("namespace", ""),
        name=metadata.get("name", ""),
        location=spec.get("location"),
        target=told.get("target", asked.get("target")),
        window=window,
        value=told.get("value"),
        met=told.get("met"),
        total=Day(first, _sum(days)),
        days=tuple(sorted(days, key=lambda one: one.day)),
        failures=tuple(_failures(status.get("history", ()), period)),
        since=known if status and known > first else None,
        through=status["ledger"]["through"] if overdue(status, now) else None,
    )


def _days_of(period: Stretch) -> tuple[str, str]:
    """The first and the last UTC day that begins in the period."""
    start = datetime.fromtimestamp(period.start, UTC)
    first = start.date() if start.time() == datetime.min.time() else start.date() + timedelta(days=1)
    last = datetime.fromtimestamp(period.end - 1, UTC).date()
    return first.isoformat(), last.isoformat()


def _known_from(metadata: Manifest, status: Manifest, window: str, now: datetime) -> str:
    """The first day of which the status can tell: it keeps those of the window, and the check was made."""
    kept: date = now.astimezone(UTC).date() - timedelta(days=int(window.removesuffix("d")) - 1)
    days = [one["day"] for one in status.get("days", ())]
    created = metadata.get("creationTimestamp")
    made = parse_timestamp(created).date() if created else None
    if made is not None and made >= kept:
        return made.isoformat()
    return str(min([kept.isoformat(), *days]))


def _sum(days: Sequence[Day]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for one in days:
        for name, count in one.counts.items():
            total[name] += count
    return dict(total)


def _failures(history: Iterable[Manifest], period: Stretch) -> list[Failures]:
    """By step and reason, the most frequent first."""
    found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for run in history:
        if run.get("trigger") != "Schedule" or run["outcome"] not in {"failure", "error"}:
            continue
        ended = run.get("endedAt") or run.get("slot")
        if ended and period.start <= parse_timestamp(ended).timestamp() < period.end:
            found[run.get("step", ""), run.get("reason", "")].append(run)
    listed = [
        Failures(step, reason, len(runs), str(runs[0].get("endedAt", "")), str(runs[0].get("message", "")))
        for (step, reason), runs in found.items()
    ]
    return sorted(listed, key=lambda one: (-one.times, one.step, one.reason))
