"""Reads the past of alerts and budgets from one source, and remembers it: only what is new is asked.

Used by :mod:`fireline.refresh.quality`, which extends it every some minutes, and by ``fireline report``,
which reads it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fireline.alerting.quality import queries
from fireline.alerting.quality.episodes import episodes, holes
from fireline.alerting.quality.measure import Past
from fireline.alerting.quality.model import DAY, BudgetEvent, SLOKey, Stretch
from fireline.alerting.quality.queries import SLICE, STEP, Window
from fireline.alerting.quality.spending import LATE, Spending, budget_events, onset, spendings
from fireline.api.metrics import Sample
from fireline.errors import MetricsTooHeavy
from fireline.prometheus.source import MetricsSource
from fireline.refresh.quality_facts import Subjects

_MOST_POINTS = 10_000
"""Prometheus answers at most 11,000 per series."""
_SLOS_AT_ONCE = 40
"""Their names must fit into one URL."""
_LONGEST = 7 * DAY
HOUR = 3600

Done = Callable[[int], None]
"""Told how many further queries were answered."""


def aligned(at: float) -> int:
    """The last moment of the grid of slices, which is part of that of alerts."""
    return int(at) // SLICE * SLICE


@dataclass(slots=True)
class Memory:
    """What a source told so far, from ``start`` on. One that fails in between has learnt nothing."""

    source: MetricsSource
    start: int
    until: int | None = None
    _samples: dict[str, list[Sample]] = field(default_factory=dict)
    _spenders: frozenset[SLOKey] = frozenset()
    """SLOs that spent enough for a budget event."""
    _spent: dict[SLOKey, int] = field(default_factory=dict)
    """Until when the slices of each SLO are known."""
    _onsets: dict[tuple[SLOKey, str, int], int | None] = field(default_factory=dict)

    async def extend(
        self, subjects: Subjects, end: float, *, periods: Iterable[Stretch] = (), done: Done = lambda _: None
    ) -> Past:
        """The past up to ``end`` (Unix time). ``periods`` within it are those to be measured.

        Raises MetricsError when the source cannot answer.
        """
        asked = Stretch(self.start, aligned(end))
        news = await _edges(self.source, subjects, asked, self.until, done)
        samples = _joined(self._samples, news)
        away = holes(samples["up"], samples["down"], alive_before=bool(samples["alive"]), asked=asked)
        fired = episodes(
            samples["began"], samples["ended"], before=samples["before"], asked=asked, holes=away
        )
        spenders = self._spenders | await _spenders(self.source, subjects.least, asked, self.until)
        alerted = {one.alert.of_slo for one in fired if one.alert.of_slo is not None}
        wanted = frozenset((spenders | alerted) & subjects.windows.keys())
        slices = await self._slices(subjects, wanted, asked, done)
        samples = _joined(samples, slices)
        self._samples, self._spenders, self.until = samples, spenders, asked.end
        self._spent |= dict.fromkeys(wanted, asked.end)
        spent = spendings(samples["bad"], samples["scale"])
        spent |= {slo: Spending.of({}) for slo in await _spotless(self.source, wanted - spent.keys(), asked)}
        found = [
            event
            for slo, tiers in sorted(subjects.tiers.items())
            if slo in spent
            for event in budget_events(slo, spent[slo], tiers, now=asked.end)
        ]
        events = [await self._with_onset(event, subjects) for event in found]
        evaluated = {period: await evaluated_in(self.source, period) for period in periods}
        return Past(asked, fired, away, spent, events, evaluated)

    async def _slices(
        self, subjects: Subjects, wanted: Iterable[SLOKey], asked: Stretch, done: Done
    ) -> dict[str, list[Sample]]:
        """Slices of the SLOs that are not known yet; of one that is new here, all of them."""
        found: dict[str, list[Sample]] = {"bad": [], "scale": []}
        waiting: dict[int, list[SLOKey]] = {}
        for slo in sorted(wanted):
            first = self._spent[slo] + SLICE if slo in self._spent else asked.start
            waiting.setdefault(first, []).append(slo)
        for first, slos in waiting.items():
            for piece, window, some in _askings(subjects, slos, first, asked.end):
                mine = frozenset(some)
                for name, query in queries.spending(some, window).items():
                    answers = await _range(self.source, query, piece, SLICE)
                    found[name] += (sample for sample in answers if slo_of(sample) in mine)
                    done(1)
        return found

    async def _with_onset(self, event: BudgetEvent, subjects: Subjects) -> BudgetEvent:
        """Looked up once: where it began does not change."""
        rule = subjects.tiers[event.slo][event.tier]
        key = (event.slo, event.tier, event.crossed)
        if key not in self._onsets:
            looked = await self.source.range(
                queries.burning(event.slo, rule.factor),
                start=time_of(max(self.start, event.crossed - rule.long - LATE)),
                end=time_of(event.crossed),
                step=timedelta(seconds=STEP),
            )
            self._onsets[key] = onset(event, looked, step=STEP).started
        return BudgetEvent(event.slo, event.tier, event.crossed, event.end, self._onsets[key])


async def _edges(
    source: MetricsSource, subjects: Subjects, asked: Stretch, until: int | None, done: Done
) -> dict[str, list[Sample]]:
    """Where alerts, and Prometheus itself, began and ended after ``until``, or in all of the stretch."""
    sentinels = sorted(subjects.tiers)
    found: dict[str, list[Sample]] = {
        name: [] for name in ("began", "ended", "up", "down", "before", "alive")
    }
    if until is None:
        before = time_of(asked.start - STEP)
        found["before"] = await source.instant(queries.firing_now(subjects.groups), at=before)
        found["alive"] = await source.instant(queries.alive_now(sentinels), at=before)
    asking = queries.edges(subjects.groups) | queries.alive(sentinels)
    first = asked.start if until is None else until + STEP
    for piece in _pieces(first, asked.end, STEP):
        for name, query in asking.items():
            found[name] += await _range(source, query, piece, STEP)
        done(len(asking))
    return found


async def _spenders(
    source: MetricsSource, least: float, asked: Stretch, until: int | None
) -> frozenset[SLOKey]:
    """SLOs that had spent ``least`` of their budget at some time after ``until``, or in the whole stretch."""
    first = asked.start if until is None else until
    found: set[SLOKey] = set()
    for start in range(first, asked.end, _LONGEST):
        found |= await _spenders_in(source, least, Stretch(start, min(start + _LONGEST, asked.end)))
    return frozenset(found)


async def _spenders_in(source: MetricsSource, least: float, piece: Stretch) -> set[SLOKey]:
    """Of one piece; halved when it is too heavy, down to an hour."""
    try:
        found = await source.instant(queries.candidates(piece.seconds, least), at=time_of(piece.end))
    except MetricsTooHeavy:
        if piece.seconds < 2 * HOUR:
            raise
        middle = piece.start + piece.seconds // 2
        parts = (Stretch(piece.start, middle), Stretch(middle, piece.end))
        first, second = [await _spenders_in(source, least, part) for part in parts]
        return first | second
    return {slo_of(sample) for sample in found}


def _askings(
    subjects: Subjects, slos: Sequence[SLOKey], first: int, end: int
) -> Iterator[tuple[Stretch, Window, list[SLOKey]]]:
    """Days with SLOs whose window has the same length on them, as many of both as fit into one query."""
    runs: dict[tuple[Window, Stretch], list[SLOKey]] = {}
    for slo in slos:
        for window, piece in _runs(subjects.windows[slo], first, end):
            runs.setdefault((window, piece), []).append(slo)
    for (window, piece), some in runs.items():
        for at in range(0, len(some), _SLOS_AT_ONCE):
            yield piece, window, some[at : at + _SLOS_AT_ONCE]


def _runs(window_at: Callable[[int], Window], first: int, end: int) -> Iterator[tuple[Window, Stretch]]:
    """Pieces of at most a week in which a window keeps its length."""
    start = first
    while start <= end:
        window, last = window_at(start), min(start + SLICE, end)
        while last < end and last - start < _LONGEST and window_at(min(last + DAY, end)) == window:
            last = min(last + DAY, end)
        yield window, Stretch(start, last)
        start = last + SLICE


async def evaluated_in(source: MetricsSource, period: Stretch) -> dict[SLOKey, float]:
    """By SLO, in which share of a period its rules were evaluated. Raises MetricsError."""
    query = queries.slo_coverage(period.seconds)
    found = await source.instant(query, at=time_of(period.end))
    return {slo_of(sample): min(1.0, sample.value) for sample in found}


async def _spotless(source: MetricsSource, slos: Iterable[SLOKey], asked: Stretch) -> set[SLOKey]:
    """Of SLOs without a bad slice those whose budget is recorded: nothing was spent, which is no gap."""
    wanted = set(slos)
    if not wanted:
        return set()
    recorded = await source.instant(queries.remaining(), at=time_of(asked.end))
    bad = await source.instant(queries.recorded_slices(asked.seconds), at=time_of(asked.end))
    return wanted & {slo_of(sample) for sample in recorded} & {slo_of(sample) for sample in bad}


async def _range(source: MetricsSource, query: str, piece: Stretch, step: int) -> list[Sample]:
    """One piece; halved when it is too heavy, down to an hour."""
    try:
        return await source.range(
            query, start=time_of(piece.start), end=time_of(piece.end), step=timedelta(seconds=step)
        )
    except MetricsTooHeavy:
        points = piece.seconds // step
        if points < 2 * HOUR // step:
            raise
        middle = piece.start + points // 2 * step
        first = await _range(source, query, Stretch(piece.start, middle), step)
        return first + await _range(source, query, Stretch(middle + step, piece.end), step)


def _pieces(first: int, end: int, step: int) -> Iterator[Stretch]:
    """Both ends included, as range queries take them."""
    for start in range(first, end + 1, _MOST_POINTS * step):
        yield Stretch(start, min(start + (_MOST_POINTS - 1) * step, end))


def _joined(old: dict[str, list[Sample]], new: dict[str, list[Sample]]) -> dict[str, list[Sample]]:
    return old | {name: old.get(name, []) + samples for name, samples in new.items()}


def slo_of(sample: Sample) -> SLOKey:
    """The SLO a sample is of."""
    return sample.labels.get("namespace", ""), sample.labels.get("slo", "")


def time_of(seconds: float) -> datetime:
    """Unix time as the source takes it."""
    return datetime.fromtimestamp(seconds, UTC)
