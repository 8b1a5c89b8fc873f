"""What one refresh reads from Prometheus for every SLO at once, and how it is understood. Pure.

A handful of queries serve all SLOs of a source, however many there are. :mod:`fireline.refresh` asks
them; :mod:`fireline.slo.known` makes of the answers what the status is planned from.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fireline.api.metrics import Sample
from fireline.promql.expr import quote
from fireline.slo import names
from fireline.slo.budget import COUNTED, weighting
from fireline.slo.model import Objective
from fireline.slo.observation import SeenAlert, SeenGroup, SeenGroups

SLOKey = tuple[str, str]
"""Namespace and name of an SLO."""

_OURS = 'alertname=~"SLO.*",slo!="",slo_tier!=""'
_RAW = names.RAW_WINDOWS[0]
QUERIES: Mapping[str, str] = {
    "sli": f'{names.SLI}{{window=~"5m|slo"}}',
    "burn": names.BURN_RATE,
    "consumed": names.CONSUMED,
    "coverage": names.COVERAGE,
    "info": names.INFO,
    "windows": f'count by (namespace) ({names.ERROR_BUDGET}{{sli!=""}})',
    "total": f"count by (namespace, slo, sli) ({names.rate(names.TOTAL, _RAW)})",
    "bad": f"count by (namespace, slo, sli) ({names.rate(names.BAD, _RAW)})",
    "alerts": f'ALERTS{{{_OURS},alertstate=~"pending|firing"}}',
    "since": f"ALERTS_FOR_STATE{{{_OURS}}}",
}
"""Named instant queries, to be answered by one replica at one time."""
_BY = "namespace, slo, sli"
_NO_GROUP = frozenset({"__name__", "namespace", "slo", "sli"})
WORST_GROUPS = 5
"""So many groups are shown by name."""


def queries(objectives: Iterable[Objective]) -> dict[str, str]:
    """All queries of one refresh: ``QUERIES``, and one or two for each SLO window in use.

    Each of the latter asks for SLOs with just this window (the shared windows record all windows of a
    namespace for every SLO in it): their events, and the ratios of those that have groups.
    """
    asked = dict(QUERIES)
    kinds = {(one.window, weighting(one) in COUNTED, bool(one.group_by)) for one in objectives}
    for window, counted, grouped in kinds:
        bad, total = names.rate(names.BAD, window), names.rate(names.TOTAL, window)
        own = f"and on ({_BY}) {names.INFO}{{slo_window={quote(str(window))}"
        if counted:
            asked[f"rate {window}"] = f"sum by ({_BY}) ({total}) {own}}}"
        if grouped:
            asked[f"groups {window}"] = f'{bad} / ({total} > 0) {own},group_by!=""}}'
    return asked


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
    rate: float | None = None
    """Events per second over the SLO window, a missing point counting as none."""
    burn: Mapping[str, float] = field(default_factory=dict)
    alerts: tuple[SeenAlert, ...] = ()
    groups: SeenGroups | None = None
    missing: tuple[str, ...] = ()
    """Members of a composite without data."""


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
                mine[key].setdefault(name.partition(" ")[0], []).append(sample)
    windows = {sample.labels.get("namespace", "") for sample in answers.get("windows", ())}
    return {key: _reading(found, at, windows_loaded=key[0] in windows) for key, found in mine.items()}


def _reading(found: Mapping[str, list[Sample]], at: datetime, *, windows_loaded: bool) -> Reading:
    sli = _by_window(found.get("sli", ()))
    consumed = _value(found.get("consumed", ()))
    return Reading(
        at=at,
        hashes=frozenset(sample.labels.get("spec_hash", "") for sample in found.get("info", ())),
        windows_loaded=windows_loaded,
        total_present="total" in found,
        bad_present="bad" in found,
        current=sli.get("5m"),
        window=sli.get("slo"),
        consumed=consumed,
        coverage=_value(found.get("coverage", ())),
        burn={name: burn for name, burn in _by_window(found.get("burn", ())).items() if name != "slo"},
        rate=_value(found.get("rate", ())),
        alerts=_alerts(found),
        groups=_groups(found.get("groups", ()), sli.get("slo"), consumed),
    )


def _groups(samples: Iterable[Sample], sli: float | None, consumed: float | None) -> SeenGroups | None:
    """The worst groups by what each has spent of a budget of its own.

    The budget ratio and the age are those of the SLO, so a group's consumption is to that of the SLO
    as its ratio of bad events is to the SLO's.
    """
    ratios = {_group(sample): sample.value for sample in samples if math.isfinite(sample.value)}
    if not ratios or sli is None or consumed is None:
        return None
    weight = consumed / (1 - sli) if sli < 1 else 0.0
    found = [SeenGroup(labels, ratio * weight) for labels, ratio in ratios.items()]
    worst = heapq.nsmallest(WORST_GROUPS, found, key=lambda one: (-round(one.consumed, 3), one.labels))
    return SeenGroups(len(found), tuple(worst))


def _group(sample: Sample) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in sample.labels.items() if name not in _NO_GROUP))


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
