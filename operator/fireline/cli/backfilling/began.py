"""When Prometheus began to record each series of an SLO: backfilling ends there.

Two samples of one series at nearly the same times are no error to Prometheus, but wrong: sums over
points would count a time twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fireline.promql.expr import selector
from fireline.slo.model import Objective
from fireline.slo.replay.export import Series

if TYPE_CHECKING:
    from fireline.prometheus.source import MetricsSource

_MOST_POINTS = 10_000
_STEP = 300
"""Prometheus' lookback: what is looked at so often is not missed."""
Key = tuple[str, frozenset[tuple[str, str]]]


class Began:
    """Unix times of the first samples an SLO's rules recorded themselves, by series."""

    def __init__(self, objective: Objective, first: Mapping[Key, float]) -> None:
        self._known = {"window", *objective.group_by}
        self._first = {self._key(metric, dict(labels)): at for (metric, labels), at in first.items()}

    def __bool__(self) -> bool:
        return bool(self._first)

    @property
    def earliest(self) -> float:
        """When the first of them began. Raises ValueError when none did."""
        return min(self._first.values())

    @property
    def latest(self) -> float:
        """When the last of them began. Raises ValueError when none did."""
        return max(self._first.values())

    def of(self, series: Series) -> float | None:
        """When this series began; None when it never did."""
        return self._first.get(self._key(series.metric, series.labels))

    def _key(self, metric: str, labels: Mapping[str, str]) -> Key:
        """``slo:info`` is one series whatever else it tells; the others have no further labels."""
        return metric, frozenset((name, value) for name, value in labels.items() if name in self._known)


async def began(source: MetricsSource, objective: Objective, *, start: int, end: int) -> Began:
    """What was recorded first in ``[start, end]``. Raises MetricsError."""
    pinned = {"namespace": objective.namespace, "slo": objective.name, "sli": objective.sli}
    ours = selector("", pinned).replace("{", '{__name__=~"slo:.+",', 1)
    step = max(_STEP, -(-(end - start) // _MOST_POINTS))
    seen: dict[Key, float] = {}
    for sample in await source.range(
        ours,
        start=datetime.fromtimestamp(start, UTC),
        end=datetime.fromtimestamp(end, UTC),
        step=timedelta(seconds=step),
    ):
        _keep_first(seen, sample.labels, sample.at)
    first: dict[Key, float] = {}
    for at in sorted(set(seen.values())):
        # The grid is coarse; the samples themselves tell the time.
        for sample in await source.instant(f"{ours}[{step + _STEP}s]", at=datetime.fromtimestamp(at, UTC)):
            _keep_first(first, sample.labels, sample.at)
    return Began(objective, first)


def _keep_first(found: dict[Key, float], labels: Mapping[str, str], at: float) -> None:
    key = labels["__name__"], frozenset(item for item in labels.items() if item[0] != "__name__")
    found[key] = min(found.get(key, at), at)
