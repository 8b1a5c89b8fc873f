"""One refresh of the recorded figures: a handful of queries for all SLOs of a source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fireline.prometheus.source import LoadedRule, MetricsSource
from fireline.refresh.observer import Readings, key_of
from fireline.slo import names
from fireline.slo.members import of_members
from fireline.slo.model import Objective
from fireline.slo.readings import SLOKey, parse, queries

_MOST_SUSPECTS = 50
"""Rules asked for in one refresh; the next one goes on after them."""


async def refresh(
    source: MetricsSource, objectives: Iterable[Objective], readings: Readings, *, now: datetime
) -> None:
    """Asks, understands and stores. Raises MetricsError when the source cannot answer."""
    all_ = {key_of(objective): objective for objective in objectives}
    found = parse(
        await source.batch(queries(all_.values())),
        {key: objective.sli for key, objective in all_.items()},
        at=now,
    )
    composites = [key for key, objective in all_.items() if objective.composite is not None]
    found |= {key: of_members(all_[key], all_, found) for key in composites}
    missing = [one for key, one in all_.items() if one.spec_hash not in found[key].hashes]
    errors = {key_of(one): readings.load_error(one) for one in missing}
    if missing:
        errors |= await _load_errors(source, readings.take_suspects(missing, _MOST_SUSPECTS))
    for key, reading in found.items():
        readings.read(all_[key], reading, load_error=errors.get(key))


async def _load_errors(source: MetricsSource, suspects: list[Objective]) -> dict[SLOKey, str | None]:
    """What Prometheus says about rules that are there and do not evaluate; None where it says nothing."""
    rules = await source.rules({names.rule_name(objective.name) for objective in suspects})
    found: dict[SLOKey, str | None] = {key_of(objective): None for objective in suspects}
    for objective in suspects:
        for rule in rules:
            if rule.error and _belongs(rule, objective):
                found[key_of(objective)] = f"rule {rule.name}: {rule.error}"
    return found


def _belongs(rule: LoadedRule, objective: Objective) -> bool:
    """prometheus-operator names the file of a rule object namespace-name-uid.yaml; Mimir knows no files."""
    name = names.rule_name(objective.name)
    by_file = f"/{objective.namespace}-{name}-" in rule.file
    return rule.group == name and (by_file or rule.labels.get("namespace") == objective.namespace)
