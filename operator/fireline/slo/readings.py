"""What Prometheus says about all SLOs at once, kept per SLO for the planner.

A refresh asks a handful of questions for every SLO of a source together (:data:`QUERIES`), never
one per SLO. :class:`Readings` holds the last answers, the exact counts and the health of each
source, and turns them into the :class:`~fireline.slo.observation.Observation` a status is made of.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from fireline.api.metrics import Sample
from fireline.slo import names
from fireline.slo.figures import figures
from fireline.slo.ledger import Exact
from fireline.slo.model import Objective
from fireline.slo.observation import Observation, SeenAlert

SLOName = tuple[str, str]
"""Namespace and name."""
_BY = "by (namespace, slo, sli)"
_ALERTS = '{alertname=~"SLO.+",slo!="",slo_tier!=""}'

QUERIES: Mapping[str, str] = MappingProxyType(
    {
        "sli": f'{names.SLI}{{window=~"5m|slo"}}',
        "burn": f'{names.BURN_RATE}{{window!="slo"}}',
        "consumed": names.CONSUMED,
        "coverage": names.COVERAGE,
        "info": names.INFO,
        "total": f"group {_BY} ({names.rate(names.TOTAL, names.SLICE)})",
        "bad": f"group {_BY} ({names.rate(names.BAD, names.SLICE)})",
        "alerts": f"ALERTS{_ALERTS}",
        "since": f"ALERTS_FOR_STATE{_ALERTS}",
    }
)
"""Asked together, of one replica, for all SLOs of a source."""

RECORDED_COVERAGE = 0.95
"""From this share of the window on, recorded history is good enough to be the source of the budget."""


@dataclass(slots=True)
class _Recorded:
    """Recorded figures of one SLO and one indicator. A figure that is not there is unknown."""

    current: float | None = None
    window: float | None = None
    consumed: float | None = None
    coverage: float | None = None
    burn: dict[str, float] = field(default_factory=dict)
    spec_hash: str | None = None
    total: bool = False
    bad: bool = False


@dataclass(slots=True)
class _SourceState:
    at: datetime | None = None
    down: str | None = None
    recorded: dict[tuple[str, str, str], _Recorded] = field(default_factory=dict)
    alerts: dict[SLOName, tuple[SeenAlert, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class _ExactState:
    sli: str
    figures: Exact | None = None
    queue: int | None = None
    failed: bool = False


class Readings:
    """The last answers, by SLO. Written by the refresh loops, read by the planner."""

    def __init__(self, configured: Iterable[str]) -> None:
        """``configured`` are the sources that have a URL."""
        self._sources = {name: _SourceState() for name in configured}
        self._exact: dict[SLOName, _ExactState] = {}
        self._errors: dict[SLOName, tuple[str, str]] = {}
        self._shown: dict[SLOName, object] = {}

    def take(self, source: str, answers: Mapping[str, Iterable[Sample]], at: datetime) -> None:
        """Stores the answers to :data:`QUERIES`."""
        state = self._sources[source]
        state.at, state.down = at, None
        state.recorded = _recorded(answers)
        state.alerts = _alerts(answers)

    def fail(self, source: str, why: str) -> None:
        """The source could not be asked; what was known stays known."""
        self._sources[source].down = why

    def exact(self, objective: Objective, found: Exact) -> None:
        """Stores the exact figures of an SLO."""
        self._exact[_name(objective)] = _ExactState(objective.sli, found)

    def exact_waits(self, objective: Objective, queue: int) -> None:
        """The exact figures of an SLO wait for their turn at this place of the queue."""
        self._exact[_name(objective)] = _ExactState(objective.sli, queue=queue)

    def exact_failed(self, objective: Objective) -> None:
        """The raw history of an SLO cannot be counted: recorded figures are all there is."""
        known = self._exact.get(_name(objective))
        figured = known.figures if known and known.sli == objective.sli else None
        self._exact[_name(objective)] = _ExactState(objective.sli, figured, failed=True)

    def load_error(self, objective: Objective, error: str | None) -> None:
        """What Prometheus says about rules it refused or cannot evaluate, for these very rules."""
        if error is None:
            self._errors.pop(_name(objective), None)
        else:
            self._errors[_name(objective)] = (objective.spec_hash, error)

    def forget(self, keep: Iterable[SLOName]) -> None:
        """Drops SLOs that no longer exist."""
        alive = set(keep)
        for known in (self._exact, self._errors, self._shown):
            for name in [name for name in known if name not in alive]:
                del known[name]

    def changed(self, objective: Objective) -> bool:
        """Whether what a status would show differs from the last time this was asked."""
        seen = self.observe(objective)
        shown = (
            figures(objective, _timeless(seen), {}),
            (seen.loaded_hash, seen.load_error, seen.down),
            (seen.total_present, seen.bad_present, seen.raw_present),
        )
        name = _name(objective)
        before, self._shown[name] = self._shown.get(name), shown
        return before != shown

    def observe(self, objective: Objective) -> Observation:
        """Everything known about one SLO."""
        state = self._sources.get(objective.source)
        if state is None:
            return Observation(configured=False)
        name = _name(objective)
        recorded = state.recorded.get((*name, objective.sli))
        seen = recorded or _Recorded()
        asked = state.at is not None
        exact = self._exact.get(name)
        if exact is not None and exact.sli != objective.sli:
            exact = None
        spec_hash, error = self._errors.get(name, ("", None))
        found = exact.figures if exact else None
        observation = Observation(
            down=state.down,
            at=state.at,
            loaded_hash=seen.spec_hash,
            load_error=error if spec_hash == objective.spec_hash else None,
            total_present=seen.total if asked else None,
            bad_present=seen.bad if asked and seen.total else None,
            raw_present=None if found is None else found.coverage > 0,
            current=seen.current,
            burn=seen.burn,
            alerts=state.alerts.get(name, ()),
        )
        return _with_budget(observation, seen, exact)


def _with_budget(observation: Observation, seen: _Recorded, exact: _ExactState | None) -> Observation:
    """The budget from recorded history once it covers the window, from raw history before."""
    found = exact.figures if exact else None
    if (seen.coverage or 0) >= RECORDED_COVERAGE or (exact is not None and exact.failed and found is None):
        return replace(
            observation,
            source="Recorded",
            window=seen.window,
            consumed=seen.consumed,
            coverage=seen.coverage,
        )
    if found is not None:
        return replace(
            observation,
            at=datetime.fromtimestamp(found.as_of, UTC),
            source="Exact",
            window=found.sli,
            consumed=found.consumed,
            coverage=found.coverage,
        )
    return replace(observation, source="Pending", queue=exact.queue if exact else None)


def _recorded(answers: Mapping[str, Iterable[Sample]]) -> dict[tuple[str, str, str], _Recorded]:
    found: dict[tuple[str, str, str], _Recorded] = defaultdict(_Recorded)

    def each(query: str) -> Iterable[tuple[_Recorded, Sample]]:
        for sample in answers.get(query, ()):
            key = tuple(sample.labels.get(label, "") for label in ("namespace", "slo", "sli"))
            if math.isfinite(sample.value):
                yield found[key[0], key[1], key[2]], sample

    for reading, sample in each("sli"):
        if sample.labels.get("window") == "slo":
            reading.window = sample.value
        else:
            reading.current = sample.value
    for reading, sample in each("burn"):
        reading.burn[sample.labels.get("window", "")] = sample.value
    for reading, sample in each("consumed"):
        reading.consumed = sample.value
    for reading, sample in each("coverage"):
        reading.coverage = sample.value
    for reading, sample in each("info"):
        reading.spec_hash = sample.labels.get("spec_hash")
    for reading, _ in each("total"):
        reading.total = True
    for reading, _ in each("bad"):
        reading.bad = True
    return dict(found)


def _alerts(answers: Mapping[str, Iterable[Sample]]) -> dict[SLOName, tuple[SeenAlert, ...]]:
    """Active alerts by SLO; firing wins over pending where groups of one tier differ."""
    since = {_alert_key(sample): sample.value for sample in answers.get("since", ())}
    found: dict[SLOName, dict[str, SeenAlert]] = defaultdict(dict)
    for sample in answers.get("alerts", ()):
        namespace, slo, tier = _alert_key(sample)
        firing = sample.labels.get("alertstate") == "firing"
        before = found[namespace, slo].get(tier)
        if before is None or firing > before.firing:
            began = since.get((namespace, slo, tier))
            moment = None if began is None else datetime.fromtimestamp(began, UTC)
            found[namespace, slo][tier] = SeenAlert(tier, firing, moment)
    return {name: tuple(tiers.values()) for name, tiers in found.items()}


def _alert_key(sample: Sample) -> tuple[str, str, str]:
    labels = sample.labels
    return labels.get("namespace", ""), labels.get("slo", ""), labels.get("slo_tier", "")


def _timeless(seen: Observation) -> Observation:
    return replace(seen, at=None, down=None)


def _name(objective: Objective) -> SLOName:
    return objective.namespace, objective.name
