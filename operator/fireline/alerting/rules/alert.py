"""One alert of Prometheus from one rule: the labels routing needs, and annotations people can act on.

Called by the renderer of this room, with the expression of the rule's type.
"""

from __future__ import annotations

from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.timing import hold
from fireline.alerting.rules.words import headline, said
from fireline.api.alert_rule import TYPES, AlertRule
from fireline.api.belonging import correlation_id, filled
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import template_literal


def type_of(rule: AlertRule) -> str:
    """The rule's type as it is written: ``rateDrop``."""
    fields = {field.alias: name for name, field in AlertRule.model_fields.items()}
    return next(name for name in TYPES if getattr(rule, fields[name]) is not None)


def alert(rule: AlertRule, context: RuleContext, expr: str) -> Manifest:
    """The alert. ``expr`` yields one series per group, with the group's labels only.

    The static labels win over those of series, so that no series can speak for another tenant.
    """
    found: Manifest = {"alert": rule.name, "expr": expr}
    if (wait := hold(rule)) is not None:
        found["for"] = str(Duration.parse(wait))
    if rule.keep_firing_for is not None:
        found["keep_firing_for"] = str(Duration.parse(rule.keep_firing_for))
    # What people wrote themselves comes last, and wins.
    annotations = {
        "summary": headline(rule),
        "description": template_literal(_sentence(said(rule))),
        **own_annotations(rule, context),
    }
    return {**found, "labels": labels(rule, context), "annotations": annotations}


def labels(rule: AlertRule, context: RuleContext) -> dict[str, str]:
    """The static labels of a rule's alerts."""
    severity = context.of(rule)
    own = {**context.labels, **(rule.labels or {})}
    return {
        **{name: template_literal(value) for name, value in own.items()},
        "namespace": context.namespace,
        **({"service": rule.service} if rule.service is not None else {}),
        "severity": severity.severity,
        "sev": severity.sev,
        "alert_policy": context.label,
        "rule_type": type_of(rule),
    }


def own_annotations(rule: AlertRule, context: RuleContext) -> dict[str, str]:
    """The annotations that do not come from the rule's type.

    Templates in the user's own texts are allowed, and were checked one by one.
    """
    found: dict[str, str] = {}
    if rule.summary is not None:
        found["summary"] = rule.summary
    if rule.description is not None:
        found["description"] = rule.description
    if rule.page_reason is not None:
        found["page_reason"] = template_literal(rule.page_reason)
    if runbook := link(rule.runbook_url, context.runbook_url, rule, context):
        found["runbook_url"] = template_literal(runbook)
    if dashboard := link(rule.dashboard_url, _dashboard(context), rule, context):
        found["dashboard_url"] = template_literal(dashboard)
    return {
        **found,
        **(rule.annotations or {}),
        "correlation_id": correlation_id(context.label, context.namespace, rule.name),
    }


def link(own: str | None, template: str | None, rule: AlertRule, context: RuleContext) -> str | None:
    """The rule's own URL, else the given one with its placeholders filled in, else None.

    A rule has no SLO: where a page of an SLO is linked by its name, that of the alert is.
    """
    if own is not None or template is None:
        return own
    values = {
        "namespace": context.namespace,
        "slo": rule.name.lower(),
        "service": rule.service or "",
        "alertname": rule.name.lower(),
    }
    return filled(template, values)


def _dashboard(context: RuleContext) -> str | None:
    """A dashboard of SLOs has nothing to show of a rule."""
    template = context.dashboard_url
    return None if template is None or "{slo}" in template else template


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
