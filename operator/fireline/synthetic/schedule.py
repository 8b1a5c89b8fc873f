"""When a check runs: its slots, exactly as the CronJob controller or the prober makes them.

``render`` writes the cron expression and the limits into the CronJob, ``ledger`` asks which slots there
were, ``checks`` whether a schedule can be carried out. Everything is computed from the expression and the
check's own name, so that ``fireline render`` on a laptop writes what the operator writes.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Literal

from fireline.errors import SpecError
from fireline.promql.durations import Duration
from fireline.synthetic.schedule_cron import Cron, Days

Runner = Literal["Job", "Prober"]
DAY = 86_400
HOUR = 3600

MOST_DEADLINE = 60
"""A run may start so many seconds late at most."""
_KEPT_FOR = 15 * 60
"""Jobs are kept so many seconds, unread, while the operator is away."""
_MOST_KEPT = 20
_YEARS = range(2024, 2033)
"""Gaps are measured over these: they hold two 29ths of February."""

MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
SECONDS = tuple(seconds for seconds in range(5, HOUR + 1) if HOUR % seconds == 0)
"""What the prober can do: whole seconds that divide an hour."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A schedule as it is carried out.

    ``text`` says all of it: the cron expression in UTC, or ``5s+3s`` for every 5 seconds from second 3 of
    each hour on. ``interval`` and ``longest`` are the shortest and the longest gap between two slots, in
    seconds.
    """

    text: str
    interval: int
    longest: int
    times: Sequence[int]
    """Seconds of a UTC day, in order."""
    days: Days | None
    """On which days; None for all."""

    @classmethod
    def parse(cls, text: str) -> Timing:
        """The timing behind :attr:`text`. Raises SpecError when it is none, or has no slot at all."""
        return _parsed(text)

    @property
    def cron(self) -> str | None:
        """The expression for the CronJob; None for the prober."""
        return None if "+" in self.text else self.text

    @property
    def starting_deadline(self) -> int:
        """How many seconds late a run may start; later, the slot is missed."""
        return min(self.interval // 2, MOST_DEADLINE)

    @property
    def history_limit(self) -> int:
        """How many finished Jobs the CronJob keeps of each kind: a quarter of an hour, and three."""
        return min(_MOST_KEPT, math.ceil(_KEPT_FOR / self.interval) + 3)

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Slots in ``(after, until]``, in order, in UTC."""
        start, end = after.timestamp(), until.timestamp()
        for midnight in self._midnights(start, end):
            low, high = self._within(midnight, start, end)
            yield from (at(midnight + self.times[i]) for i in range(low, high))

    def next(self, after: datetime) -> datetime:
        """The first slot after a moment. Raises SpecError when there is none within nine years."""
        found = next(self.slots(after, after + timedelta(days=366 * len(_YEARS))), None)
        if found is None:
            raise SpecError(f"{self.text!r} never comes; name a day that exists")
        return found

    def count(self, after: float, until: float) -> int:
        """How many slots there are in ``(after, until]``, in seconds since the epoch; cheap for years."""
        return sum(
            high - low
            for low, high in (self._within(day, after, until) for day in self._midnights(after, until))
        )

    def last(self, after: float, until: float) -> int | None:
        """The last slot in ``(after, until]``, in seconds since the epoch; None when there is none."""
        for midnight in reversed(list(self._midnights(after, until))):
            low, high = self._within(midnight, after, until)
            if high > low:
                return midnight + self.times[high - 1]
        return None

    def first(self, after: float, until: float) -> int | None:
        """The first slot in ``(after, until]``, in seconds since the epoch; None when there is none."""
        for midnight in self._midnights(after, until):
            low, high = self._within(midnight, after, until)
            if high > low:
                return midnight + self.times[low]
        return None

    def _midnights(self, after: float, until: float) -> Iterator[int]:
        """Midnights of the days with slots that ``(after, until]`` touches."""
        for day in range(math.floor(after / DAY), math.floor(until / DAY) + 1):
            if self.days is None or date.fromordinal(_EPOCH + day) in self.days:
                yield day * DAY

    def _within(self, midnight: int, after: float, until: float) -> tuple[int, int]:
        """Which of ``times`` are in ``(after, until]`` on one day, as a range of indices; may be empty."""
        low = bisect_right(self.times, after - midnight)
        return low, max(low, bisect_right(self.times, until - midnight))


def timing(*, every: str | None, cron: str | None, runner: Runner, namespace: str, name: str) -> Timing:
    """The timing of a schedule, spread by the check's name. Raises SpecError: path, found and allowed.

    ``every`` is spread evenly, so that checks with the same interval do not start all at once; ``cron`` is
    taken as it is written.
    """
    if cron is not None:
        if runner == "Prober":
            raise SpecError("spec.schedule.cron: runner Prober needs every, such as 10s")
        try:
            return Timing.parse(" ".join(cron.split()))
        except SpecError as error:
            raise SpecError(f"spec.schedule.cron: {error}") from None
    if every is None:
        raise SpecError("spec.schedule: needs every or cron, such as every: 5m")
    seconds = _allowed(every, runner)
    place = int.from_bytes(sha256(f"{namespace}/{name}".encode()).digest()[:8])
    text = f"{seconds}s+{place % seconds}s" if runner == "Prober" else _spread(seconds, place)
    return Timing.parse(text)


def problem(*, every: str | None, cron: str | None, runner: Runner) -> str | None:
    """What is wrong with a schedule, in words; None when it can be carried out."""
    try:
        timing(every=every, cron=cron, runner=runner, namespace="", name="")
    except SpecError as error:
        return str(error)
    return None


def at(seconds: float) -> datetime:
    """A moment from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def _allowed(every: str, runner: Runner) -> int:
    """Whole seconds of an interval that can be kept evenly."""
    milliseconds = Duration.parse(every).milliseconds
    seconds, rest = divmod(milliseconds, 1000)
    if runner == "Job" and not rest:
        minutes, rest = divmod(seconds, 60)
        if not rest and (minutes in MINUTES or minutes in {60 * hours for hours in HOURS}):
            return seconds
    if runner == "Prober" and not rest and seconds in SECONDS:
        return seconds
    raise SpecError(f"spec.schedule.every: found {every}; allowed {_told(runner)}")


def _told(runner: Runner) -> str:
    if runner == "Prober":
        lengths = ", ".join(str(Duration.of(seconds=seconds)) for seconds in SECONDS)
        return f"with runner Prober: {lengths}"
    lengths = ", ".join([*(f"{m}m" for m in MINUTES), *(f"{h}h" for h in HOURS)])
    return f"with runner Job: {lengths}; for others write cron, for less than a minute runner: Prober"


def _spread(seconds: int, place: int) -> str:
    """An expression whose slots are ``seconds`` apart; ``place`` chooses among all such."""
    minutes = seconds // 60
    if minutes < 60:
        return f"{_steps(place % minutes, minutes, 60)} * * * *"
    hours = minutes // 60
    return f"{place % 60} {_steps(place // 60 % hours, hours, 24)} * * *"


def _steps(first: int, step: int, size: int) -> str:
    if step == 1:
        return "*"
    if step == size:
        return str(first)
    return f"*/{step}" if first == 0 else f"{first}-{size - 1}/{step}"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Timing:
    every, plus, offset = text.partition("+")
    if plus:
        return _even(text, every, offset)
    cron = Cron.parse(text)
    gaps = _gaps(cron)
    if not gaps:
        raise SpecError(f"found {text!r}, which never comes; name a day that exists")
    return Timing(text, min(gaps), max(gaps), cron.times, cron.days)


def _even(text: str, every: str, offset: str) -> Timing:
    if not (every[:-1].isdigit() and every.endswith("s") and offset[:-1].isdigit() and offset.endswith("s")):
        raise SpecError(f"found {text!r}; write it like 5s+3s")
    seconds, first = int(every[:-1]), int(offset[:-1])
    if seconds not in SECONDS or first >= seconds:
        raise SpecError(f"found {text!r}; the first must divide an hour, the second be less")
    return Timing(text, seconds, seconds, range(first, DAY, seconds), None)


def _gaps(cron: Cron) -> set[int]:
    """All gaps between neighbouring slots, over years that hold every combination that matters."""
    first, last = date(_YEARS[0], 1, 1).toordinal(), date(_YEARS[-1], 12, 31).toordinal()
    days = [day for day in range(first, last + 1) if date.fromordinal(day) in cron.days]
    if not days:
        return set()
    within = {later - earlier for earlier, later in pairwise(cron.times)}
    overnight = cron.times[0] - cron.times[-1]
    return within | {(later - earlier) * DAY + overnight for earlier, later in pairwise(days)}


_EPOCH = date(1970, 1, 1).toordinal()
