"""A long look back: which alerts fired at all, and how much of that time is known. Asked once a day."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.alerting.quality import queries
from fireline.alerting.quality.episodes import alert_of
from fireline.alerting.quality.model import Alert, SLOKey, Stretch
from fireline.errors import MetricsTooHeavy
from fireline.prometheus.source import MetricsSource
from fireline.refresh.past import aligned, evaluated_in, time_of
from fireline.refresh.quality_facts import Subjects


@dataclass(frozen=True, slots=True)
class Long:
    """What is known of a long time before ``at``: which alerts fired, and how much of it is covered.

    ``covered``: share in which anything was evaluated; ``slos``: the same by SLO.
    """

    at: int
    seconds: int
    fired: frozenset[Alert]
    covered: float
    slos: dict[SLOKey, float]


async def look_back(source: MetricsSource, subjects: Subjects, at: float, seconds: int) -> Long | None:
    """None when that is too much for the source. Raises MetricsError when it cannot answer."""
    end = aligned(at)
    try:
        fired = await source.instant(queries.fired(seconds), at=time_of(end))
        slos = await evaluated_in(source, Stretch(end - seconds, end))
        alive = await source.instant(queries.coverage(sorted(subjects.tiers), seconds), at=time_of(end))
    except MetricsTooHeavy:
        return None
    return Long(
        at=end,
        seconds=seconds,
        fired=frozenset(alert_of(sample.labels) for sample in fired),
        covered=min(1.0, max((sample.value for sample in alive), default=0.0)),
        slos=slos,
    )
