"""What one refresh reads from Prometheus for every SLO at once, and how it is understood. Pure.

A handful of queries serve all SLOs of a source, however many there are. :mod:`fireline.refresh` asks
them; :func:`observation` makes of the answers what the status is planned from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fireline.api.metrics import Sample
from fireline.slo import names
from fireline.slo.exact import Stretch
from fireline.slo.figures import burn_rate, percent
from fireline.slo.ledger import Exact
from fireline.slo.model import Objective
from fireline.slo.observation import Observation, SeenAlert

SLOKey = tuple[str, str]
"""Namespace and name of an SLO."""

RECORDED_COVERAGE = 0.95
"""From here on the recorded history is the source of the budget; below, exact queries are."""

_OURS = 'alertname=~"SLO.*",slo!="",slo_tier!=""'
_RAW = names.RAW_WINDOWS[0]
QUERIES: Mapping[str, str] = {
    "sli": f'{names.SLI}{{window=~"5m|slo"}}',
    "burn": names.BURN_RATE,
    "consumed": names.CONSUMED,
    "coverage": names.COVERAGE,
    "info": names.INFO,
    "windows": f"count by (namespace) ({names.ERROR_BUDGET})",
    "total": f"count by (namespace, slo, sli) ({names.rate(names.TOTAL, _RAW)})",
    "bad": f"count by (namespace, slo, sli) ({names.rate(names.BAD, _RAW)})",
    "alerts": f'ALERTS{{{_OURS},alertstate=~"pending|firing"}}',
    "since": f"ALERTS_FOR_STATE{{{_OURS}}}",
}
"""Named instant queries, to be answered by one replica at one time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules of one SLO have recorded by ``at``.

    None is Unknown: the series is missing, NaN or infinite; it is never read as 0. Ratios are
    fractions, burn rates multiples of the sustainable rate. ``hashes`` are the spec hashes of the
    rules Prometheus evaluates; for minutes after a change there may be two. ``windows_loaded``: the
    shared windows of its namespace are evaluated.
    """

    at: datetime
    hashes: frozenset[str] = frozenset()
    windows_loaded: bool = False
    total_present: bool = False
    bad_present: bool = False
    current: float | None = None
    window: float | None = None
    consumed: float | None = None
    coverage: float | None = None
    burn: Mapping[str, float] = field(default_factory=dict)
    alerts: tuple[SeenAlert, ...] = ()


def parse(
    answers: Mapping[str, Iterable[Sample]], expected: Mapping[SLOKey, str], *, at: datetime
) -> dict[SLOKey, Reading]:
    """One reading per expected SLO, also for those Prometheus has nothing about.

    ``expected`` maps each SLO to the ``sli`` it has now: series of an earlier indicator, which linger
    for a whole window, are not read.
    """
    mine: dict[SLOKey, dict[str, list[Sample]]] = {key: {} for key in expected}
    for name, samples in answers.items():
        for sample in samples:
            labels = sample.labels
            key = (labels.get("namespace", ""), labels.get("slo", ""))
            if key in mine and labels.get("sli", expected[key]) == expected[key]:
                mine[key].setdefault(name, []).append(sample)
    windows = {sample.labels.get("namespace", "") for sample in answers.get("windows", ())}
    return {key: _reading(found, at, windows_loaded=key[0] in windows) for key, found in mine.items()}


def observation(
    objective: Objective, reading: Reading | None, exact: Exact | None, *, uncountable: bool = False
) -> Observation:
    """What is known of one SLO, with the budget from the better of its two sources.

    Recorded history cannot see what was before it began, so exact figures win until it covers 95 %
    of the window. ``uncountable``: Prometheus refuses the exact queries, recorded figures must do.
    """
    seen = _recorded(objective, reading)
    if exact is not None:
        seen = replace(seen, raw_present=exact.present)
    covered = reading is not None and (reading.coverage or 0) >= RECORDED_COVERAGE
    if reading is not None and (covered or (uncountable and reading.consumed is not None)):
        return replace(
            seen,
            source="Recorded",
            window=reading.window,
            consumed=reading.consumed,
            coverage=reading.coverage,
        )
    if exact is None:
        return replace(seen, source="Pending" if reading else None)
    return replace(
        seen,
        source="Exact",
        at=datetime.fromtimestamp(exact.as_of, UTC),
        window=exact.sli,
        consumed=exact.consumed,
        coverage=exact.coverage,
        remarks=tuple(_remarks(exact)),
    )


def shown(seen: Observation) -> tuple[object, ...]:
    """What the status would show of an observation: two that are equal need no write.

    Without times, and without the place in the queue, which moves with every other SLO's turn.
    """
    figures = (
        _text(seen.current, 3),
        _text(seen.window, 3),
        _text(seen.consumed, 1),
        _text(seen.coverage, 1),
        tuple((window, burn_rate(value)) for window, value in sorted(seen.burn.items())),
    )
    rest = replace(
        seen, at=None, queue=None, current=None, window=None, consumed=None, coverage=None, burn={}
    )
    return rest, seen.at is None, *figures


def _remarks(exact: Exact) -> Iterator[str]:
    """In whole hours: finer text would be a new status every few minutes."""
    if exact.excess:
        yield (
            "the exact figures are cut: more events match the indicator's part (bad or good) than its "
            "total; the part must select among the events of the total"
        )
    if exact.heavy:
        yield f"{_hours(exact.heavy)} of raw history is too heavy for Prometheus to count and is left out"
    if exact.unknown:
        yield (
            f"{_hours(exact.unknown)} had traffic without the series that tells good from bad and is left out"
        )


def _hours(stretches: Iterable[Stretch]) -> str:
    return f"{math.ceil(sum(stretch.seconds for stretch in stretches) / 3600)} h"


def _text(ratio: float | None, digits: int) -> str | None:
    return None if ratio is None else percent(ratio, digits)


def _recorded(objective: Objective, reading: Reading | None) -> Observation:
    if reading is None:
        return Observation()
    other = min(reading.hashes - {objective.spec_hash}, default=None)
    return Observation(
        at=reading.at,
        loaded_hash=objective.spec_hash if objective.spec_hash in reading.hashes else other,
        windows_loaded=reading.windows_loaded,
        total_present=reading.total_present,
        bad_present=reading.bad_present,
        current=reading.current,
        burn=reading.burn,
        alerts=reading.alerts,
    )


def _reading(found: Mapping[str, list[Sample]], at: datetime, *, windows_loaded: bool) -> Reading:
    sli = _by_window(found.get("sli", ()))
    return Reading(
        at=at,
        hashes=frozenset(sample.labels.get("spec_hash", "") for sample in found.get("info", ())),
        windows_loaded=windows_loaded,
        total_present="total" in found,
        bad_present="bad" in found,
        current=sli.get("5m"),
        window=sli.get("slo"),
        consumed=_value(found.get("consumed", ())),
        coverage=_value(found.get("coverage", ())),
        burn={name: burn for name, burn in _by_window(found.get("burn", ())).items() if name != "slo"},
        alerts=_alerts(found),
    )


def _by_window(samples: Iterable[Sample]) -> dict[str, float]:
    return {
        sample.labels.get("window", ""): sample.value for sample in samples if math.isfinite(sample.value)
    }


def _value(samples: Iterable[Sample]) -> float | None:
    return next((sample.value for sample in samples if math.isfinite(sample.value)), None)


def _alerts(found: Mapping[str, list[Sample]]) -> tuple[SeenAlert, ...]:
    """One entry per tier: firing rather than pending, with the earliest start of its alerts."""
    since: dict[str, float] = {}
    for sample in found.get("since", ()):
        tier = sample.labels.get("slo_tier", "")
        since[tier] = min(sample.value, since.get(tier, math.inf))
    firing: dict[str, bool] = {}
    for sample in found.get("alerts", ()):
        tier = sample.labels.get("slo_tier", "")
        firing[tier] = firing.get(tier, False) or sample.labels.get("alertstate") == "firing"
    return tuple(
        SeenAlert(tier, fires, _time(since.get(tier, math.nan))) for tier, fires in sorted(firing.items())
    )


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) else None
