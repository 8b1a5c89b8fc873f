"""The alerts of one SLO: burn tiers, spent budget, missing data.

An alertname has one severity, because the usual default inhibition (critical silences warning at
equal namespace and alertname) would otherwise let one SLO's page mute another one's ticket.
"""

from __future__ import annotations

from decimal import Decimal

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number, selector, template_literal
from fireline.slo import names
from fireline.slo.model import Objective, Tier
from fireline.slo.names import budget_tier

_GUARD_STEP = Duration.of(minutes=5)
_EXHAUSTED = Decimal(100)


def page_alerts(objective: Objective) -> list[Manifest]:
    """Alerts that are evaluated with the raw windows: pages, and missing data right after them."""
    if objective.alerts_disabled:
        return []
    pages = [_burn_alert(objective, tier) for tier in objective.tiers if tier.page]
    return [*pages, *([_no_data_alert(objective)] if objective.no_data.alert else [])]


def ticket_alerts(objective: Objective) -> list[Manifest]:
    """Alerts that can wait a minute: tickets and budget thresholds."""
    if objective.alerts_disabled:
        return []
    tickets = [_burn_alert(objective, tier) for tier in objective.tiers if not tier.page]
    return [*tickets, *(_budget_alert(objective, percent) for percent in objective.budget_thresholds)]


def _burn_alert(objective: Objective, tier: Tier) -> Manifest:
    long = _burn(objective, tier.long, guarded=tier.long > names.RAW_WINDOWS[-1])
    short = _burn(objective, tier.short)
    factor = number(tier.factor)
    return _alert(
        objective,
        names.ALERT_PAGE if tier.page else names.ALERT_TICKET,
        expr=f"({long} > {factor})\nand\n({short} > {factor})",
        tier=tier.name,
        severity=tier.severity,
        sev=tier.sev,
        summary=(
            f"{_who(objective)} burns its error budget {{{{ $value | humanize }}}} times too fast "
            f"over {tier.long} (limit {factor})"
        ),
        description=(
            f"Over the last {tier.long} and the last {tier.short} bad events came so fast that the "
            f"{number(objective.percent)} % objective over {objective.window} cannot hold."
        ),
    )


def _burn(objective: Objective, window: Duration, *, guarded: bool = False) -> str:
    """Burn rate over a window: 1 spends exactly the budget over the SLO window.

    ``guarded`` weighs a long window by the share of it that has data. Otherwise the first minutes
    of a young SLO stand for days, and all tiers fire at once. The subquery makes the guard
    independent of the interval of any group.
    """
    bad = names.series(names.rate(names.BAD, window), objective)
    total = names.series(names.rate(names.TOTAL, window), objective)
    ratio = f"{bad} / {total}"
    if guarded:
        points = window.milliseconds // _GUARD_STEP.milliseconds
        seen = names.series(names.rate(names.TOTAL, names.RAW_WINDOWS[0]), objective)
        ratio += f" * clamp_max(count_over_time({seen}[{window}:{_GUARD_STEP}]) / {points}, 1)"
    return f"sum without (sli) ({ratio}) / {number(objective.budget_ratio)}"


def _budget_alert(objective: Objective, percent: Decimal) -> Manifest:
    consumed = names.series(names.CONSUMED, objective)
    exhausted = percent >= _EXHAUSTED
    name = number(percent)
    return _alert(
        objective,
        names.ALERT_EXHAUSTED if exhausted else names.ALERT_CONSUMED,
        expr=f"sum without (sli) ({consumed}) >= {number(percent / 100)}",
        tier=budget_tier(percent),
        severity="warning",
        sev="sev1" if exhausted else "sev2",
        summary=(
            f"{_who(objective)} has spent {{{{ $value | humanizePercentage }}}} of its error budget "
            f"(limit {name} %)"
        ),
        description=(
            f"The budget covers a rolling window of {objective.window}: it comes back only as bad "
            f"events leave the window, not at the start of a month."
        ),
    )


def _no_data_alert(objective: Objective) -> Manifest:
    """Fires when the SLO had data within the hour and has none now.

    The 5m rate lives for about five minutes after the last sample, so ``after: 5m`` needs no
    waiting of its own. It keeps firing until data is back (its own ALERTS series is its memory),
    and it asks that these rules were evaluated for the last minutes, so that a restarted
    Prometheus does not take its own absence for the service's. When a page was firing as the data
    ended, the alert follows at once whatever ``after`` says: never a moment of silence.
    """
    where = {"namespace": objective.namespace, "slo": objective.name}
    total = names.series(names.rate(names.TOTAL, names.RAW_WINDOWS[0]), objective)
    by = "by (namespace, slo)"
    own = selector("ALERTS", {"alertname": names.ALERT_NO_DATA, "alertstate": "firing", **where})
    pages = selector("ALERTS", {"alertname": names.ALERT_PAGE, "alertstate": "firing", **where})
    rest = objective.no_data.after.milliseconds - names.RAW_WINDOWS[0].milliseconds
    gone = f"unless on (namespace, slo) {total}"
    if rest > 0:
        wait = Duration(rest)
        lately = f"count {by} (last_over_time({total}[{wait}]))"
        paged = f"count {by} (last_over_time({pages}[{objective.no_data.after}]))"
        gone += f"\nunless on (namespace, slo) ({lately} unless on (namespace, slo) {paged})"
    evaluated = f"count_over_time({names.series(names.OBJECTIVE, objective)}[5m]) >= 9"
    return _alert(
        objective,
        names.ALERT_NO_DATA,
        expr=(
            f"(count {by} (last_over_time({total}[1h])) or count {by} (last_over_time({own}[1h])))\n"
            f"{gone}\nand on (namespace, slo) {evaluated}"
        ),
        tier="NoData",
        severity="critical",
        sev="sev1",
        summary=f"{_who(objective)} has no data: whether users are served is unknown",
        description=(
            f"Its series were there within the last hour and are gone for {objective.no_data.after} or "
            f"longer. Burn alerts cannot fire without data; the budget keeps its last value."
        ),
    )


def _alert(
    objective: Objective,
    name: str,
    *,
    expr: str,
    tier: str,
    severity: str,
    sev: str,
    summary: str,
    description: str,
) -> Manifest:
    labels = {
        **{key: template_literal(value) for key, value in objective.alert_labels.items()},
        "namespace": objective.namespace,
        "slo": objective.name,
        "service": template_literal(objective.service),
        "severity": severity,
        "sev": sev,
        "slo_tier": tier,
    }
    annotations = {"summary": summary, "description": description}
    if objective.description:
        annotations["objective"] = template_literal(objective.description)
    if objective.runbook_url:
        annotations["runbook_url"] = template_literal(objective.runbook_url)
    # Templates in the user's own annotations are allowed, and were checked one by one.
    return {
        "alert": name,
        "expr": expr,
        "labels": labels,
        "annotations": annotations | dict(objective.alert_annotations),
    }


def _who(objective: Objective) -> str:
    return f"SLO {objective.namespace}/{objective.name}"
