"""Which alert fires when. Mirrors :mod:`fireline.slo.alerts`; the burn tiers are in ``burning``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.names import budget_tier
from fireline.slo.replay.burning import Tiers
from fireline.slo.replay.counts import Group
from fireline.slo.replay.ineffective import ineffective
from fireline.slo.replay.public import Figures
from fireline.slo.replay.record import FAST_SECONDS, Recorded
from fireline.slo.replay.track import Sums, Track, Value, sampled, times

_MEMORY_SECONDS = 3600
"""How long the alert on missing data remembers that there was some."""


@dataclass(frozen=True, slots=True)
class Period:
    """An alert that fired from one evaluation until another at which it no longer did.

    ``end`` is None when it still fires at the end of the replay. ``start`` is the start of the replay
    when it fired already.
    """

    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of an SLO over the whole replay; ``group`` is empty where it is not per group."""

    tier: str
    severity: str
    group: Group
    periods: tuple[Period, ...]

    @property
    def page(self) -> bool:
        """Whether it wakes someone."""
        return self.severity == "critical"


def alerts(
    objective: Objective, recorded: Recorded | None, tiers: Tiers, figures: Figures, *, start: int, end: int
) -> list[Alert]:
    """Every alert the SLO has, pages first, with the periods in which it fires in ``[start, end]``.

    ``recorded`` is None for a composite: its members tell themselves when their data is gone.
    """
    if objective.alerts_disabled:
        return []
    pages = list(_burn_alerts(objective, tiers, page=True, start=start, end=end))
    found = [alert for alert, _ in pages]
    if objective.no_data.alert and recorded is not None:
        paged = sorted({time for _, firing in pages for time in firing})
        missing = _no_data(objective, recorded, paged, end)
        found.append(_alert("NoData", "critical", missing, times(start, end, recorded.step)))
    found += [alert for alert, _ in _burn_alerts(objective, tiers, page=False, start=start, end=end)]
    evaluations = times(start, end, FAST_SECONDS)
    consumed = figures.consumed(objective.budget_ratio)
    for percent in objective.budget_thresholds:
        limit = float(percent / 100)
        firing = (time for time in evaluations if _reaches(consumed.at(time), limit))
        found.append(_alert(budget_tier(percent), "warning", firing, evaluations))
    if objective.ineffective:
        useless = ineffective(objective, figures, consumed, evaluations)
        found.append(_alert("Ineffective", "info", useless, evaluations))
    return found


def _alert(tier: str, severity: str, firing: Iterable[int], evaluations: range, group: Group = ()) -> Alert:
    return Alert(tier, severity, group, _periods(firing, evaluations))


def _burn_alerts(
    objective: Objective, tiers: Tiers, *, page: bool, start: int, end: int
) -> Iterator[tuple[Alert, list[int]]]:
    for tier in objective.tiers:
        if tier.page != page:
            continue
        for group in tiers.groups:
            firing = tiers.firing(objective, tier, group, start=start, end=end)
            evaluations = times(start, end, tiers.interval(tier))
            yield _alert(tier.name, tier.severity, firing, evaluations, group), firing


def _no_data(objective: Objective, recorded: Recorded, paged: list[int], end: int) -> Iterator[int]:
    """There was data within the hour (or this alert fired in it), and there is none now.

    The rules are taken to have been evaluated all the time. Evaluated from the first sample on, since
    the alert is its own memory; ``paged`` are the evaluations at which a page fired.
    """
    there = _present(recorded)
    seen = Sums(there)
    remembered = _MEMORY_SECONDS + recorded.upkeep.longest_absence
    settling = recorded.upkeep.settling
    after = objective.no_data.after.milliseconds // 1000
    wait = after - names.SLICE.milliseconds // 1000
    pages = Sums(_marked(paged, recorded.step)) if paged else None
    last: int | None = None
    for time in range(there.start, end + 1, there.step):
        known = seen.count(time - remembered, time) or (last is not None and last > time - remembered)
        if there.at(time) is not None or not known or recorded.upkeep.lately(time, settling):
            continue
        waits = wait > 0 and seen.count(time - wait, time) > 0
        if waits and not (pages and pages.count(time - after, time)):
            continue
        last = time
        yield time


def _present(recorded: Recorded) -> Track:
    """1 at each evaluation with a 5m rate of any group."""
    rates = list(recorded.rates(names.TOTAL, names.SLICE).values())
    if not rates:
        return Track(recorded.start, recorded.step, [])

    def there(time: int) -> Value:
        return 1.0 if any(track.at(time) is not None for track in rates) else None

    return sampled(rates[0].start, rates[0].end, recorded.step, there)


def _marked(at: Collection[int], step: int) -> Track:
    wanted = set(at)
    return sampled(min(wanted), max(wanted), step, lambda time: 1.0 if time in wanted else None)


def _reaches(value: Value, limit: float) -> bool:
    return value is not None and value >= limit


def _periods(firing: Iterable[int], evaluations: range) -> tuple[Period, ...]:
    """Runs of consecutive evaluations; what fired before the first of ``evaluations`` is left out."""
    found: list[Period] = []
    begun, last = None, None
    for time in firing:
        if not evaluations or time < evaluations[0]:
            continue
        if begun is not None and last is not None and time - last > evaluations.step:
            found.append(Period(begun, last + evaluations.step))
            begun = None
        begun, last = (time if begun is None else begun), time
    if begun is not None and last is not None:
        found.append(Period(begun, None if last == evaluations[-1] else last + evaluations.step))
    return tuple(found)
