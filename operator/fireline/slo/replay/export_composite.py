"""The recorded series of a composite as samples; those of other SLOs are in ``export``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.replay.composite import Combined, good
from fireline.slo.replay.export import Series, info_labels
from fireline.slo.replay.public import error_budget
from fireline.slo.replay.record import FAST_SECONDS, SLOW_SECONDS, fast_windows, slow_windows
from fireline.slo.replay.track import Track, Value, sampled

_SECONDS = names.COMPOSITE_INTERVAL.milliseconds // 1000


def composite_series(objective: Objective, combined: Combined, *, start: int, end: int) -> Iterator[Series]:
    """Every series of a composite with at least one sample."""
    pinned = {"namespace": objective.namespace, "slo": objective.name, "sli": objective.sli}
    budget = objective.budget_ratio

    def one(metric: str, track: Track, labels: Mapping[str, str] | None = None) -> Series:
        return Series(metric, {**pinned, **(labels or {})}, track)

    def always(value: float, every: int) -> Track:
        return sampled(start, end, every, lambda _: value)

    def all_() -> Iterator[Series]:
        burns = {
            str(w): combined.burn(w, budget) for w in (*fast_windows(objective), *slow_windows(objective))
        }
        for window, burn in (*burns.items(), ("slo", combined.over_window)):
            yield one(names.BURN_RATE, burn, {"window": window})
            yield one(names.SLI, burn.map(lambda rate: good(rate, budget)), {"window": window})
        consumed = combined.consumed(budget)
        yield one(names.CONSUMED, consumed)
        yield one(names.REMAINING, sampled(start, end, SLOW_SECONDS, _left(consumed.at)))
        yield one(names.COVERAGE, combined.coverage)
        yield one(names.OBJECTIVE, always(float(1 - budget), _SECONDS))
        yield one(names.ERROR_BUDGET, always(error_budget(budget), FAST_SECONDS))
        yield one(names.INFO, always(1.0, _SECONDS), info_labels(objective))

    return (found for found in all_() if any(value is not None for value in found.track.values))


def _left(consumed: Callable[[int], Value]) -> Callable[[int], Value]:
    def left(time: int) -> Value:
        spent = consumed(time)
        return None if spent is None else 1 - spent

    return left
