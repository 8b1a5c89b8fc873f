"""Every field of every format is carried over or listed: shown by changing each one by itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
from tests.unit.importing.reading import Place, imported, leaves, mappings, maximal, replaced

from fireline.cli.importing.result import Result
from fireline.cli.importing.source import Loss

FILES = ["sloth.yaml", "sloth-crd.yaml", "pyrra.yaml", "openslo.yaml", "openslo-v1alpha.yaml"]
SERVER_SET = {"uid", "status", "kubectl.kubernetes.io/last-applied-configuration"}
"""What an API server or a controller wrote: nobody's intention, and nothing to carry over."""
FORMAT = {"apiVersion", "version"}

FIELDS: dict[str, str] = {
    "sloth.yaml": """
        service labels slo_plugins.chain.id slo_plugins.chain.config slo_plugins.chain.priority slos.name
        slos.description slos.objective slos.labels slos.infoLabels slos.interval.all slos.interval.slierror
        slos.interval.metadata slos.interval.alert slos.plugins.chain.id slos.plugins.chain.config
        slos.sli.events.error_query slos.sli.events.total_query slos.sli.raw.error_ratio_query
        slos.sli.plugin.id slos.sli.plugin.options slos.alerting.name slos.alerting.labels
        slos.alerting.annotations slos.alerting.page_alert.disable slos.alerting.page_alert.labels
        slos.alerting.page_alert.annotations slos.alerting.ticket_alert.disable
        slos.alerting.ticket_alert.labels slos.alerting.ticket_alert.annotations
    """,
    "sloth-crd.yaml": """
        metadata.name metadata.namespace metadata.labels metadata.annotations spec.service spec.labels
        spec.sloPlugins.chain.id spec.sloPlugins.chain.config spec.sloPlugins.chain.priority spec.slos.name
        spec.slos.description spec.slos.objective spec.slos.labels spec.slos.plugins.chain.id
        spec.slos.sli.events.errorQuery spec.slos.sli.events.totalQuery spec.slos.sli.raw.errorRatioQuery
        spec.slos.sli.plugin.id spec.slos.sli.plugin.options spec.slos.alerting.name
        spec.slos.alerting.labels spec.slos.alerting.annotations spec.slos.alerting.pageAlert.disable
        spec.slos.alerting.pageAlert.labels spec.slos.alerting.pageAlert.annotations
        spec.slos.alerting.ticketAlert.disable spec.slos.alerting.ticketAlert.labels
        spec.slos.alerting.ticketAlert.annotations spec.sloPeriod spec.page.quick.errorBudgetPercent
        spec.page.quick.shortWindow spec.page.quick.longWindow spec.page.slow.errorBudgetPercent
        spec.page.slow.shortWindow spec.page.slow.longWindow spec.ticket.quick.errorBudgetPercent
        spec.ticket.quick.shortWindow spec.ticket.quick.longWindow spec.ticket.slow.errorBudgetPercent
        spec.ticket.slow.shortWindow spec.ticket.slow.longWindow
    """,
    "pyrra.yaml": """
        metadata.name metadata.namespace metadata.labels metadata.annotations spec.description spec.target
        spec.window spec.partial_response_strategy spec.performanceOverAccuracy spec.ruleOutput
        spec.indicator.ratio.errors.metric spec.indicator.ratio.total.metric
        spec.indicator.ratio.success.metric spec.indicator.ratio.grouping
        spec.indicator.latency.success.metric spec.indicator.latency.total.metric
        spec.indicator.latency.grouping spec.indicator.latencyNative.total.metric
        spec.indicator.latencyNative.latency spec.indicator.latencyNative.grouping
        spec.indicator.bool_gauge.metric spec.indicator.bool_gauge.grouping spec.alerting.disabled
        spec.alerting.burnrates spec.alerting.absent spec.alerting.name spec.alerting.absentName
        spec.alerting.severities.absent spec.alerting.severities.fastBurn spec.alerting.severities.mediumBurn
        spec.alerting.severities.slowBurn spec.alerting.severities.longTermBurn
    """,
    "openslo.yaml": """
        metadata.name metadata.displayName metadata.labels metadata.annotations spec.description spec.type
        spec.connectionDetails spec.service spec.indicatorRef spec.indicator.metadata.name
        spec.indicator.metadata.displayName spec.timeWindow.duration spec.timeWindow.isRolling
        spec.timeWindow.calendar.startTime spec.timeWindow.calendar.timeZone spec.budgetingMethod
        spec.objectives.displayName spec.objectives.op spec.objectives.value spec.objectives.target
        spec.objectives.targetPercent spec.objectives.timeSliceTarget spec.objectives.timeSliceWindow
        spec.objectives.indicatorRef spec.objectives.indicator spec.objectives.compositeWeight
        spec.alertPolicies.alertPolicyRef spec.alertPolicies.kind spec.alertPolicies.metadata
        spec.alertPolicies.spec spec.ratioMetric.counter spec.ratioMetric.bad.metricSource.metricSourceRef
        spec.ratioMetric.bad.metricSource.type spec.ratioMetric.bad.metricSource.spec
        spec.ratioMetric.total.metricSource.spec spec.indicator.spec.ratioMetric.good.metricSource
        spec.indicator.spec.ratioMetric.raw.metricSource spec.indicator.spec.ratioMetric.rawType
        spec.indicator.spec.thresholdMetric.metricSource spec.alertWhenNoData spec.alertWhenResolved
        spec.alertWhenBreaching spec.conditions.conditionRef spec.conditions.kind
        spec.conditions.metadata.name spec.conditions.spec spec.notificationTargets.targetRef spec.severity
        spec.condition.kind spec.condition.op spec.condition.threshold spec.condition.lookbackWindow
        spec.condition.alertAfter spec.target
    """,
    "openslo-v1alpha.yaml": """
        metadata.name metadata.displayName spec.description spec.service spec.timeWindows.unit
        spec.timeWindows.count spec.timeWindows.isRolling spec.timeWindows.calendar.startTime
        spec.timeWindows.calendar.timeZone spec.budgetingMethod spec.indicator.thresholdMetric.source
        spec.indicator.thresholdMetric.queryType spec.indicator.thresholdMetric.query
        spec.objectives.displayName spec.objectives.target spec.objectives.value spec.objectives.op
        spec.objectives.timeSliceTarget spec.objectives.ratioMetrics.incremental
        spec.objectives.ratioMetrics.good.source spec.objectives.ratioMetrics.good.queryType
        spec.objectives.ratioMetrics.good.query spec.objectives.ratioMetrics.total.query
    """,
}
"""The fields each format has, list numbers left out: the file must hold them all."""


def places(file: str) -> list[Place]:
    """Every leaf of a file: the number of its document, then its place there."""
    return [at for at, _ in leaves(maximal(file))]


@lru_cache
def as_it_is(file: str) -> Result:
    """The import of the file without a change."""
    return imported(*maximal(file))


def is_ours(at: Place) -> bool:
    return not SERVER_SET & set(at) and at[-1] not in FORMAT


def another(value: Any) -> Any:
    """A value of the same kind that means something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value - 0.001 if isinstance(value, float) else f"{value}x"


def told(losses: list[Loss], whole: list[Any], at: Place) -> bool:
    """Whether a loss names the place, or one above it. Lists at the top are documents of their own."""
    number, *inside = at
    listed = isinstance(whole[int(number)], list)
    return any(
        loss.effect != "Note"
        and loss.document.number == int(number) + 1
        and tuple(inside[listed:])[: len(loss.at)] == loss.at
        and (not listed or loss.document.base == (inside[0],))
        for loss in losses
    )


@pytest.mark.parametrize("file", FILES)
def test_the_file_holds_every_field_of_its_format(file: str) -> None:
    held = {
        ".".join(part for part in at if isinstance(part, str))[: len(name)]
        for name in FIELDS[file].split()
        for at in places(file)
        if [part for part in at if isinstance(part, str)][: name.count(".") + 1] == name.split(".")
    }
    assert held == set(FIELDS[file].split())


@pytest.mark.parametrize(
    ("file", "at"), [(file, at) for file in FILES for at in places(file) if is_ours(at)], ids=str
)
def test_a_field_is_carried_over_or_listed(file: str, at: Place) -> None:
    whole = maximal(file)
    value = next(found for place, found in leaves(whole) if place == at)
    before = as_it_is(file)
    changed = replaced(whole, at, another(value))
    after = imported(*changed)

    carried = before.manifests != after.manifests
    assert carried or told(before.losses, whole, at) or told(after.losses, changed, at)


@pytest.mark.parametrize("file", FILES)
def test_a_field_nobody_knows_is_never_lost_silently(file: str) -> None:
    whole = maximal(file)
    before = as_it_is(file)
    for at in mappings(whole):
        place = (*at, "unheardOf")
        if SERVER_SET & set(at):
            continue
        changed = replaced(whole, place, "x")
        after = imported(*changed)
        assert before.manifests != after.manifests or told(after.losses, changed, place), place


@pytest.mark.parametrize("file", FILES)
def test_what_the_server_wrote_is_no_loss(file: str) -> None:
    assert not [loss for loss in as_it_is(file).losses if SERVER_SET & set(loss.at)]
