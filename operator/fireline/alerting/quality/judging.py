"""Whether alerts were right: pages against the budget that was really spent, and the other way round.

A page is right when the share of budget that its tier stands for was spent between its long window before
it began and its end (SRE workbook, chapter 5: precision). A budget event is detected when a page of its SLO
overlaps it (recall), a burn-rate page or one that began in it; detection took from where the spending began
to where the page fired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fireline.alerting.quality.model import BudgetEvent, Episode, Page, SLOKey, Stretch, TierRule
from fireline.alerting.quality.spending import LATE, Spending, reaches

Tiers = Mapping[SLOKey, Mapping[str, TierRule]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One page; ``right`` is None where no budget can tell: no SLO, missing data, a composite."""

    page: Page
    right: bool | None


@dataclass(frozen=True, slots=True)
class Detection:
    """One budget event; ``page`` is None when nobody was paged. ``seconds``: from start to page, 0 when it
    fired already; None when missed, or when either beginning is not known."""

    event: BudgetEvent
    page: Page | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known of budgets: ``spent`` by SLO, where there are records of it, and ``holes`` in them."""

    spent: Mapping[SLOKey, Spending]
    holes: Sequence[Stretch] = ()


def judged(pages: Iterable[Page], tiers: Tiers, ledger: Ledger, *, now: int) -> list[Judged]:
    """Each page with its verdict."""
    return [Judged(page, _right(page, tiers, ledger, now)) for page in pages]


def _right(page: Page, tiers: Tiers, ledger: Ledger, now: int) -> bool | None:
    """Right when any of its alerts was; wrong only when all is known of each."""
    slo = page.of_slo
    spent = ledger.spent.get(slo) if slo else None
    if slo is None or spent is None or page.truncated:
        return None
    verdicts = {
        _spent(episode, rule, spent, ledger.holes, now)
        for episode in page.episodes
        if (rule := tiers.get(slo, {}).get(episode.alert.tier)) is not None
    }
    if True in verdicts:
        return True
    return None if None in verdicts or not verdicts else False


def _spent(
    episode: Episode, rule: TierRule, spent: Spending, holes: Iterable[Stretch], now: int
) -> bool | None:
    start, end = episode.start - rule.long, episode.until(now) + LATE
    if reaches(spent.between(start, end), rule.share):
        return True
    # Less was recorded; where records are missing, or not all written yet, that says nothing.
    unknown = any(hole.overlap(start, end) for hole in holes) or end > now
    return None if unknown else False


def share(right: int, of: int) -> float | None:
    """A share; None of nothing."""
    return right / of if of else None


def detections(
    events: Iterable[BudgetEvent], pages: Sequence[Page], tiers: Tiers, *, now: int
) -> list[Detection]:
    """Each event with the first page of its SLO that told of it."""
    return [_detection(event, pages, tiers.get(event.slo, {}), now) for event in events]


def _detection(
    event: BudgetEvent, pages: Sequence[Page], tiers: Mapping[str, TierRule], now: int
) -> Detection:
    """A page about something else, such as a budget that was spent before, tells nothing of it unless it
    begins in it."""
    end = now if event.end is None else event.end
    began = event.crossed - LATE if event.started is None else event.started
    mine = (page for page in pages if page.of_slo == event.slo and page.start <= end + LATE)
    overlapping = (page for page in mine if page.end is None or page.end > began)
    first = next(
        (
            page
            for page in overlapping
            if page.start >= began or any(one.alert.tier in tiers for one in page.episodes)
        ),
        None,
    )
    if first is None:
        return Detection(event, None, None)
    known = event.started is not None and not first.truncated
    return Detection(event, first, max(0, first.start - event.start) if known else None)


def quantile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    index = max(0, -(-share * len(ordered) // 1) - 1)
    return ordered[int(index)]
