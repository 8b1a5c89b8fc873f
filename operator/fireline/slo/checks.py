"""What is wrong with a ServiceLevelObjective that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a
small function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the
first issue found is the reason users see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from fireline.api.issues import Issue, explain, source_is_known
from fireline.api.slo import ServiceLevelObjective, Spec
from fireline.settings import TierDefaults
from fireline.slo import checks_alerting, checks_indicator, checks_time

Found = Iterator[Issue]
Tier = Literal["Api", "Job", "Frontend"]


def read(
    manifest: dict[str, Any],
    *,
    sources: Collection[str],
    tiers: Mapping[Tier, TierDefaults] | None = None,
) -> tuple[ServiceLevelObjective | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note. ``sources`` are the names of the
    Prometheus sources in the operator's settings, ``tiers`` its defaults, which are filled in.
    """
    try:
        slo = ServiceLevelObjective.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import slo_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, slo_schema())
    slo = _completed(slo, tiers or {})
    issues = check(slo, sources=sources)
    return (None if any(not issue.note for issue in issues) else slo), issues


def check(slo: ServiceLevelObjective, *, sources: Collection[str]) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    issues = [issue for function in _CHECKS for issue in function(slo.spec)]
    issues += _composite_is_not_its_own_member(slo)
    issues += source_is_known(slo.spec.prometheus, sources)
    return sorted(issues, key=lambda issue: issue.note)


def _completed(slo: ServiceLevelObjective, tiers: Mapping[Tier, TierDefaults]) -> ServiceLevelObjective:
    """The object with what its tier brings where it says nothing itself."""
    defaults = tiers.get(slo.spec.tier) if slo.spec.tier is not None else None
    if defaults is None:
        return slo
    spec, alerting = slo.spec, slo.spec.alerting
    if spec.objective is None:
        spec = spec.model_copy(update={"objective": defaults.objective})
    if not alerting.burn_rates and defaults.burn_rates is not None:
        own = alerting.model_copy(update={"burn_rates": list(defaults.burn_rates)})
        spec = spec.model_copy(update={"alerting": own})
    return slo.model_copy(update={"spec": spec})


def _composite_is_not_its_own_member(slo: ServiceLevelObjective) -> Found:
    """It would read what it recorded itself a minute ago, and never come down again."""
    composite = slo.spec.indicator.composite
    for number, member in enumerate(composite.objectives if composite else ()):
        if member.name == slo.metadata.name:
            yield Issue(
                "InvalidSpec",
                ("spec", "indicator", "composite", "objectives", number, "name"),
                f"{member.name!r} is this objective itself; name others of the namespace",
            )


def _objective_is_set(spec: Spec) -> Found:
    """A tier may bring its own objective with the settings; ``read`` has filled it in by then."""
    if spec.objective is None:
        yield Issue(
            "NoObjective",
            ("spec", "objective"),
            f'is missing, and the settings have no default for tier {spec.tier}; write it like "99.9"',
        )


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    _objective_is_set,
    checks_time.zones_are_known,
    checks_indicator.promql_is_sound,
    checks_indicator.placeholder_is_for_queries,
    checks_indicator.histogram_is_named_itself,
    checks_indicator.parts_differ,
    checks_indicator.part_meets_total,
    checks_indicator.rates_read_counters,
    checks_indicator.groups_survive,
    checks_indicator.composite_is_plain,
    checks_time.maintenance_ends_after_it_begins,
    checks_time.cron_starts_something,
    checks_time.maintenance_has_a_sane_length,
    checks_time.maintenance_leaves_time_to_measure,
    checks_time.maintenance_is_not_everywhere,
    checks_alerting.no_data_is_noticed_in_time,
    checks_alerting.budget_thresholds_differ,
    checks_alerting.labels_are_no_groups,
    checks_alerting.own_windows_fit,
    checks_alerting.own_factors_can_fire,
    checks_alerting.own_names_are_free,
    checks_alerting.templates_are_simple,
    checks_indicator.counters_look_like_counters,
    checks_indicator.part_is_within_total,
    checks_indicator.availability_reads_a_gauge,
    checks_indicator.free_ratio_is_approximate,
)
