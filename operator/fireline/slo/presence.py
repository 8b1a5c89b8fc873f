"""Condition DataPresent: are the series of the SLO there, and if not, which, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fireline.api.conditions import Condition, timestamp
from fireline.calendar.span import Span
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.situation import Situation
from fireline.slo.upkeep import clean_after

_NAME = "DataPresent"
_RECORDING_PATIENCE = timedelta(minutes=2)
"""New rules need an evaluation, and a new service two scrapes, before there is anything to see."""


def data_present(objective: Objective, situation: Situation, loaded: Condition) -> Condition:
    """Whether there is anything to count; ``loaded`` is the condition RulesLoaded."""
    seen = situation.observation
    silent = _nobody_asked(seen) or _in_maintenance(objective, situation) or _not_measured(situation)
    if silent := silent or situation.kept(_NAME):
        return silent
    if seen.total_present:
        if seen.bad_present is False:
            return Condition(_NAME, "False", "NoPartSeries", _no_part(objective, seen))
        return _present(situation)
    if seen.raw_present and loaded.status != "True":
        return _present(situation)
    fresh = situation.now - situation.since("RulesLoaded", "True") < _RECORDING_PATIENCE
    if loaded.status != "True" or seen.total_present is None or fresh:
        return Condition(_NAME, "Unknown", "Pending", "waiting for the first recorded points")
    return Condition(_NAME, "False", "NoTotalSeries", _no_total(objective, seen))


def _nobody_asked(seen: Observation) -> Condition | None:
    if not seen.configured:
        return Condition(_NAME, "Unknown", "NoSource", "no Prometheus can be asked")
    return Condition(_NAME, "Unknown", "PrometheusUnreachable", seen.down) if seen.down else None


def _not_measured(situation: Situation) -> Condition | None:
    """Runs of a check that measured nothing are no data, though their series are there."""
    found = situation.unmeasured
    return Condition(_NAME, "Unknown", found.reason, found.message) if found else None


def next_edge(objective: Objective, now: datetime) -> timedelta | None:
    """Until the condition changes by time alone: a maintenance begins, or has been over for long enough.

    None without maintenance; at most a day, beyond which nobody looks.
    """
    if not objective.maintenance:
        return None
    at, day = now.timestamp(), 86_400.0
    edges = [
        edge
        for span in objective.maintenance.spans(at - _over_after(objective), at + day)
        for edge in (span.start, span.end, span.end + _over_after(objective))
        if edge > at
    ]
    return timedelta(seconds=min([*(edge - at for edge in edges), day]))


def _in_maintenance(objective: Objective, situation: Situation) -> Condition | None:
    """While nothing is counted on purpose, its absence means nothing."""
    now = situation.now.timestamp()
    for span in _lately(objective, now):
        if now < span.end:
            text = f"in maintenance until {_time(span.end)}: what happens is not counted"
            return Condition(_NAME, "Unknown", "Maintenance", text)
        if not situation.observation.total_present:
            next_ = "five minutes later" if objective.timeslice is None else "with the next whole slice"
            text = f"maintenance ended at {_time(span.end)}; counting goes on {next_}"
            return Condition(_NAME, "Unknown", "Maintenance", text)
    return None


def _lately(objective: Objective, now: float) -> Iterator[Span]:
    """The maintenance that runs or has just ended, the latest first."""
    if objective.maintenance:
        yield from reversed(objective.maintenance.spans(now - _over_after(objective), now + 1))


def _over_after(objective: Objective) -> float:
    """Seconds after its end from which a maintenance explains nothing any more."""
    return clean_after(objective) + _RECORDING_PATIENCE.total_seconds()


def _present(situation: Situation) -> Condition:
    there = ("the series of this SLO are there", *situation.observation.remarks)
    return Condition(_NAME, "True", "Present", "; ".join(there))


def _no_total(objective: Objective, seen: Observation) -> str:
    if objective.composite is not None:
        return (
            f"{_without_data(seen)}: each member must be an SLO of this namespace and source, no composite "
            f"itself, that has data; see its own DataPresent"
        )
    presence = objective.counted.presence if objective.counted else "its total"
    if objective.check is not None:
        return (
            f"{presence} is empty in Prometheus: there is no SyntheticCheck {objective.check} in this "
            f"namespace, or the operator's /metrics are not scraped (ServiceMonitor with honorLabels: true)"
        )
    return (
        f"nothing matches the total of the indicator: {presence} is empty in Prometheus; check metric name, "
        f"labels and whether the target is scraped"
    )


def _no_part(objective: Objective, seen: Observation) -> str:
    if objective.composite is not None:
        return f"{_without_data(seen)} that tells good from bad; see its own DataPresent"
    indicator = objective.indicator
    if indicator is not None and indicator.counts == "Below" and not indicator.native:
        return (
            "there is traffic, but no bucket at spec.indicator.latency.below: it must be one of the "
            "histogram's bucket bounds (see label le of the _bucket series)"
        )
    return "there is traffic, but the series that tells good from bad is missing"


def _without_data(seen: Observation) -> str:
    return f"{', '.join(seen.missing)} {'has' if len(seen.missing) == 1 else 'have'} no data"


def _time(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
