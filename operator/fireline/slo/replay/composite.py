"""Several SLOs seen as one, from what their replays recorded. Mirrors :mod:`fireline.slo.composite`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Composite, Objective, Tier
from fireline.slo.period import SLOWindow
from fireline.slo.replay.age import Age
from fireline.slo.replay.burning import guard, largest
from fireline.slo.replay.counts import Group
from fireline.slo.replay.public import Shared
from fireline.slo.replay.track import Track, Value, sampled, times

_SECONDS = names.COMPOSITE_INTERVAL.milliseconds // 1000


@dataclass(frozen=True, slots=True)
class Member:
    """One SLO of a composite, with its own error budget."""

    shared: Shared
    budget: Decimal
    weight: Decimal


def members(composite: Composite, known: Mapping[str, tuple[Objective, Shared]]) -> list[Member]:
    """The members of a composite from replays by name. Raises KeyError with the name of one without."""
    return [Member(known[name][1], known[name][0].budget_ratio, weight) for name, weight in composite.members]


class Combined:
    """Implements :class:`~fireline.slo.replay.public.Figures`. Each member burns its own budget."""

    def __init__(
        self, composite: Composite, of: Sequence[Member], window: SLOWindow, *, start: int, end: int
    ) -> None:
        self._worst = composite.method == "Worst"
        self._members = of
        self._window = window
        self._start = start
        self._end = end

    def burn(self, window: Duration, budget: Decimal) -> Track:  # noqa: ARG002 - each member has its own
        """The members' burn rates over the same window as one."""
        tracks = [one.shared.burn(window, one.budget) for one in self._members]
        return self._sampled(lambda time: self._one([track.at(time) for track in tracks]))

    @cached_property
    def over_window(self) -> Track:
        """Burn over the SLO window, once every member has a budget."""
        tracks = self._over_window
        return self._sampled(lambda time: self._whole(time, [track.at(time) for track in tracks]))

    def consumed(self, budget: Decimal) -> Track:  # noqa: ARG002 - each member has its own
        """The members' consumed budgets over the window of the whole, as one."""
        burns = self._over_window
        ages = [Age(one.shared.recorded, self._window) for one in self._members]

        def spent(time: int) -> Value:
            rates = [burn.at(time) for burn in burns]
            shares = [
                None if rate is None else age.share(time) for rate, age in zip(rates, ages, strict=True)
            ]
            return self._whole(time, [_product(*pair) for pair in zip(rates, shares, strict=True)])

        return self._sampled(spent)

    @cached_property
    def coverage(self) -> Track:
        """That of the member that has the least."""
        return self._sampled(
            lambda time: min(self._covered(time), default=None) if self._complete(time) else None
        )

    def sli(self, time: int, budget: Decimal) -> Value:
        """What the burn would be as a share of good events, with the budget of the whole."""
        burn = self.over_window.at(time)
        return None if burn is None else good(burn, budget)

    def total_over_window(self, time: int) -> Value:  # noqa: ARG002 - the members' events are not added up
        """None: a composite counts no events."""
        return None

    @cached_property
    def _over_window(self) -> list[Track]:
        return [one.shared.burn(self._window, one.budget) for one in self._members]

    def _one(self, values: Sequence[Value]) -> Value:
        """The highest, or the mean by weight over all members; one without traffic spends nothing."""
        there = [
            (value, one.weight) for value, one in zip(values, self._members, strict=True) if value is not None
        ]
        if not there:
            return None
        if self._worst:
            return max(value for value, _ in there)
        whole = sum(one.weight for one in self._members)
        return sum(float(weight) * value for value, weight in there) / float(whole)

    def _whole(self, time: int, values: Sequence[Value]) -> Value:
        return self._one(values) if self._complete(time) else None

    def _complete(self, time: int) -> bool:
        return len(self._covered(time)) == len(self._members)

    def _covered(self, time: int) -> list[float]:
        seen = (one.shared.coverage.at(time) for one in self._members)
        return [value for value in seen if value is not None]

    def _sampled(self, value: Callable[[int], Value]) -> Track:
        return sampled(self._start, self._end, _SECONDS, value)


class CombinedBurning:
    """Burn-rate tiers of a composite; see :class:`~fireline.slo.replay.burning.Burning`."""

    groups: Sequence[Group] = ((),)

    def __init__(self, combined: Combined, of: Sequence[Member], *, end: int) -> None:
        self._combined = combined
        self._members = of
        self._end = end

    def interval(self, tier: Tier) -> int:  # noqa: ARG002 - pages as well as tickets
        """Seconds between two evaluations of a tier's alert."""
        return _SECONDS

    def firing(self, objective: Objective, tier: Tier, group: Group, *, start: int, end: int) -> list[int]:  # noqa: ARG002
        """The evaluations in ``[start, end]`` at which the alert fires."""
        budget, factor = objective.budget_ratio, float(tier.factor)
        short, long = (self._combined.burn(window, budget) for window in (tier.short, tier.long))
        shares = self._guard(tier.long) if tier.long > names.RAW_WINDOWS[-1] else None
        found = []
        for time in times(start, end, _SECONDS):
            now, before = short.at(time), long.at(time)
            share = shares.at(time) if shares else 1.0
            if now is None or before is None or share is None:
                continue
            if now > factor and before * share > factor:
                found.append(time)
        return found

    def _guard(self, window: Duration) -> Track | None:
        """The share of the window that has data of any member."""
        guards = {
            ((str(number), ""), *group): guard(track, window, self._end)
            for number, one in enumerate(self._members)
            for group, track in one.shared.recorded.rates(names.TOTAL, names.SLICE).items()
        }
        return largest(guards) if guards else None


def good(burn: float, budget: Decimal) -> float:
    """``1 - clamp_max(burn * budget, 1)``."""
    return 1 - min(burn * float(budget), 1.0)


def _product(rate: Value, share: Value) -> Value:
    return None if rate is None or share is None else rate * share
