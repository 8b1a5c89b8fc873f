"""The alerts of one SLO: burn tiers, spent budget, missing data, an objective that cannot tell anything.

An alertname has one severity, because the usual default inhibition (critical silences warning at
equal namespace and alertname) would otherwise let one SLO's page mute another one's ticket.
"""

from __future__ import annotations

from decimal import Decimal

from fireline.api.alert_policy_severities import Sev
from fireline.api.belonging import correlation_id, filled
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number, selector, template_literal
from fireline.slo import names
from fireline.slo.burn import burn_expr, enough_events
from fireline.slo.model import Objective, Tier
from fireline.slo.names import budget_tier
from fireline.slo.upkeep import longest_absence, settling

_EXHAUSTED = Decimal(100)
_COVERED = "0.95"
_MEMORY = Duration.of(hours=1)
"""Data that was there so lately is missed; a maintenance in between does not make it forgotten."""
_LONG_MEMORY = Duration.of(days=1)
"""What must be remembered for longer is looked up among slices, which are ten times fewer."""
_TRIES = 30
"""The budget of a window is looked at so many times to see whether it was ever unspent."""
_BEYOND = 4
"""And so many times before: one outage spends the budget until it leaves the window, all window long."""


def page_alerts(objective: Objective, *, at: float) -> list[Manifest]:
    """Alerts that are evaluated with the raw windows: pages, and missing data right after them.

    ``at`` is the Unix time from which on maintenance is written down.
    """
    if objective.alerts_disabled:
        return []
    pages = [_burn_alert(objective, tier) for tier in objective.tiers if tier.page]
    # The members of a composite tell themselves when their data is gone.
    no_data = objective.no_data.alert and objective.composite is None
    return [*pages, *([_no_data_alert(objective, at=at)] if no_data else [])]


def ticket_alerts(objective: Objective) -> list[Manifest]:
    """Alerts that can wait a minute: tickets, budget thresholds, ineffective objectives."""
    if objective.alerts_disabled:
        return []
    tickets = [_burn_alert(objective, tier) for tier in objective.tiers if not tier.page]
    budget = [_budget_alert(objective, percent) for percent in objective.budget_thresholds]
    return [*tickets, *budget, *([_ineffective_alert(objective)] if objective.ineffective else [])]


def _burn_alert(objective: Objective, tier: Tier) -> Manifest:
    factor = number(tier.factor)
    conditions = [
        f"({burn_expr(objective, tier.long, guarded=True)} > {factor})",
        f"({burn_expr(objective, tier.short)} > {factor})",
        *enough_events(objective, tier.long),
    ]
    return _alert(
        objective,
        names.ALERT_PAGE if tier.page else names.ALERT_TICKET,
        expr="\nand\n".join(conditions),
        tier=tier.name,
        severity=tier.severity,
        sev=tier.sev,
        summary=(
            f"{_who(objective, grouped=True)} burns its error budget {{{{ $value | humanize }}}} times too "
            f"fast over {tier.long} (limit {factor})"
        ),
        description=(
            f"Over the last {tier.long} and the last {tier.short} bad events came so fast that the "
            f"{number(objective.percent)} % objective over {_window(objective)} cannot hold."
        ),
    )


def _budget_alert(objective: Objective, percent: Decimal) -> Manifest:
    consumed = names.series(names.CONSUMED, objective)
    exhausted = percent >= _EXHAUSTED
    name = number(percent)
    if objective.window.calendar is None:
        when = (
            f"The budget covers a rolling window of {objective.window}: it comes back only as bad "
            f"events leave the window, not at the start of a month."
        )
    else:
        when = f"The budget covers the running {_window(objective)} and starts afresh with the next."
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
        description=when,
    )


def _ineffective_alert(objective: Objective) -> Manifest:
    """An objective that cannot tell anything: so few events that the first bad one exhausts the budget,
    or a budget that was spent for longer than one outage can, so that its alerts are noise to everyone.

    Asked only once the window is covered, and without the first half where no events are counted.
    """
    length = objective.window.nominal
    step = Duration(length.milliseconds // _TRIES)
    reach = Duration(length.milliseconds + _BEYOND * step.milliseconds)
    consumed = f"{names.series(names.CONSUMED, objective)}[{reach}:{step}]"
    spent = f"min_over_time({consumed}) >= 1\nand count_over_time({consumed}) >= {_TRIES + _BEYOND - 2}"
    asked = f"({spent})"
    counted = objective.indicator is not None and objective.indicator.joined and not objective.timeslice
    if counted and objective.window.calendar is None:
        total = names.series(names.rate(names.TOTAL, objective.window), objective)
        allowed = f"sum by (namespace, slo, sli) ({total}) * {_seconds(length)}"
        asked = f"({allowed} * {number(objective.budget_ratio)} > 0 < 1\nor {spent})"
    covered = f"{names.series(names.COVERAGE, objective)} >= {_COVERED}"
    return _alert(
        objective,
        names.ALERT_INEFFECTIVE,
        expr=f"sum without (sli) (\n{asked}\nand {covered}\n)",
        tier="Ineffective",
        severity="info",
        sev="sev2",
        summary=f"{_who(objective)} cannot tell anything: its objective does not fit its traffic",
        description=(
            f"Either the {number(objective.percent)} % objective allows less than one bad event in "
            f"{_window(objective)}, so that the first one exhausts the budget, or the budget was spent for "
            f"longer than the whole window. Choose another objective, a longer window, or an indicator with "
            f"more events."
        ),
    )


def _no_data_alert(objective: Objective, *, at: float) -> Manifest:
    """Fires when the SLO had data within the hour and has none now.

    The 5m rate lives for about five minutes after the last sample, so ``after: 5m`` needs no
    waiting of its own. It keeps firing until data is back (its own ALERTS series is its memory, also
    across a maintenance), and it asks that these rules were evaluated for the last minutes, so that a
    restarted Prometheus does not take its own absence for the service's. When a page was firing as the
    data ended, the alert follows at once whatever ``after`` says: never a moment of silence.
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
    if objective.maintenance:
        ends = names.series(names.MAINTENANCE_END, objective)
        gone += f"\nunless on (namespace, slo) ({ends} + {settling(objective)} > time())"
    memory = Duration(_MEMORY.milliseconds + 1000 * longest_absence(objective, at=at))
    slices = names.series(names.slice5m(names.TOTAL), objective)
    had = total if memory <= _LONG_MEMORY else slices
    return _alert(
        objective,
        names.ALERT_NO_DATA,
        expr=(
            f"(count {by} (last_over_time({had}[{memory}])) "
            f"or count {by} (last_over_time({own}[{memory}])))\n"
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
    sev: Sev,
    summary: str,
    description: str,
) -> Manifest:
    policy = objective.policy
    labels = {
        **{key: template_literal(value) for key, value in objective.alert_labels.items()},
        "namespace": objective.namespace,
        "slo": objective.name,
        "service": template_literal(objective.service),
        "severity": severity,
        "sev": policy.sev(tier, sev) if policy else sev,
        "slo_tier": tier,
        **({"alert_policy": policy.label} if policy else {}),
    }
    annotations = {"summary": summary, "description": description}
    if objective.description:
        annotations["objective"] = template_literal(objective.description)
    if objective.dashboard_url:
        annotations["dashboard_url"] = template_literal(objective.dashboard_url)
    if runbook := _runbook(objective, name):
        annotations["runbook_url"] = template_literal(runbook)
    if policy:
        annotations["correlation_id"] = correlation_id(policy.label, objective.namespace, objective.name)
    # Templates in the user's own annotations are allowed, and were checked one by one.
    return {
        "alert": name,
        "expr": expr,
        "labels": labels,
        "annotations": annotations | dict(objective.alert_annotations),
    }


def _runbook(objective: Objective, alertname: str) -> str | None:
    """The objective's own, else the policy's, else that of the settings."""
    if objective.runbook_url:
        return objective.runbook_url
    template = objective.policy.runbook_url if objective.policy else None
    values = {
        "namespace": objective.namespace,
        "slo": objective.name,
        "service": objective.service,
        "alertname": alertname.lower(),
    }
    template = template or objective.default_runbook
    return filled(template, values) if template else None


def _who(objective: Objective, *, grouped: bool = False) -> str:
    name = f"SLO {objective.namespace}/{objective.name}"
    if not (grouped and objective.group_by and objective.alert_per_group):
        return name
    groups = ", ".join(f"{label} {{{{ $labels.{label} }}}}" for label in objective.group_by)
    return f"{name} ({groups})"


def _window(objective: Objective) -> str:
    """``30d``, or ``month (Europe/Berlin)``."""
    window = objective.window
    return str(window) if window.calendar is None else f"{window.calendar.lower()} ({window.zone})"


def _seconds(length: Duration) -> int:
    return length.milliseconds // 1000
