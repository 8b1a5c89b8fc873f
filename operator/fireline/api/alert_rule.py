"""One alert rule that is not an SLO, as users write it: an entry of ``spec.rules`` of an AlertPolicy.

Read by :mod:`fireline.api.alert_policy`; what a schema cannot say, PromQL above all, is checked in
:mod:`fireline.alerting.rules.checks`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from fireline.api import alert_rule_kinds as kinds
from fireline.api import strings
from fireline.api.alert_policy_severities import SeverityName
from fireline.api.alert_rule_anomaly import Anomaly
from fireline.api.alert_rule_text import (
    AlertName,
    KeptLabels,
    Paragraph,
    RuleLabels,
    Sentence,
    ServiceName,
)
from fireline.api.common import ApiModel, Rule, exactly_one
from fireline.api.slo_alerting import AlertAnnotations
from fireline.api.slo_indicator import Query, Selector

TYPES = (
    "threshold",
    "ratio",
    "quantile",
    "rateDrop",
    "absent",
    "freshness",
    "cardinality",
    "forecast",
    "queueSLA",
    "anomaly",
    "expression",
)
"""The fields of which exactly one is set."""
OF_EVENTS = ("ratio", "quantile", "rateDrop")
"""Types that know what all events are."""


class MinTraffic(ApiModel):
    """How much must be going on for the rule to fire. Missing data is no traffic."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("perSecond", "events"),
        Rule(
            "!(has(self.metric) && has(self.query))",
            "at most one of metric, query may be set",
            lambda given: given.metric is None or given.query is None,
        ),
    )

    metric: Selector | None = None
    """Selector of a counter of all events. Default: what the rule counts (ratio, quantile, rateDrop)."""
    query: Query | None = None
    """PromQL that yields events per second over `[$window]`, instead of a metric."""
    per_second: strings.Factor | None = None
    """At least so many events per second, in quotes, such as `"0.1"`."""
    events: strings.Count | None = None
    """At least so many events in the window, in quotes, such as `"30"`."""
    window: strings.Duration | None = None
    """The time they are counted over. Default: that of the rule, or 5m."""


class AlertRule(ApiModel):
    """One alert that is not an SLO. Exactly one type."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one(*TYPES),
        Rule(
            "self.page == has(self.pageReason)",
            "page: true and pageReason belong together: say why a person is woken up without an SLO",
            lambda rule: rule.page == (rule.page_reason is not None),
        ),
        Rule(
            "!has(self.anomaly) || (!self.page && self.severity in ['sev2', 'P3', 'medium'])",
            "an anomaly never pages and has severity sev2: it is a hint, not a proof",
            lambda rule: (
                rule.anomaly is None or (not rule.page and rule.severity in {"sev2", "P3", "medium"})
            ),
        ),
        Rule(
            "!has(self.cardinality) || !has(self.groupBy)",
            "cardinality groups by job or metric itself; remove groupBy",
            lambda rule: rule.cardinality is None or rule.group_by is None,
        ),
        Rule(
            "!has(self.service) || !has(self.groupBy) || !('service' in self.groupBy)",
            "service is a groupBy label here, so that alerts have it from their group; remove one of the two",
            lambda rule: rule.service is None or "service" not in (rule.group_by or ()),
        ),
        Rule(
            "!has(self.minTraffic) || has(self.minTraffic.metric) || has(self.minTraffic.query) || "
            + " || ".join(f"has(self.{name})" for name in OF_EVENTS),
            "minTraffic needs metric or query here: only ratio, quantile and rateDrop know all events",
            lambda rule: (
                rule.min_traffic is None
                or rule.min_traffic.metric is not None
                or rule.min_traffic.query is not None
                or not (rule.ratio is None and rule.quantile is None and rule.rate_drop is None)
            ),
        ),
    )

    name: AlertName
    """Name of the alert in CamelCase, such as `CheckoutFailures`."""
    severity: SeverityName = "sev2"
    """How bad it is: `sev0` (P1, critical), `sev1` (P2, high), `sev2` (P3, medium)."""
    page: bool = False
    """Whether it may wake a person up; only with pageReason. SLOs are what should page."""
    page_reason: Sentence | None = None
    """Why this pages though it is no SLO."""
    for_: Annotated[strings.Duration | None, Field(alias="for")] = None
    """How long it must be so without a gap. Default: 1h for forecast, 5m for absent,
    otherwise it fires at once."""
    keep_firing_for: strings.Duration | None = None
    """How long it goes on firing after it is over, so that it does not flap."""
    summary: Sentence | None = None
    """One line for whoever is told. `{{ $value }}` and `{{ $labels.name }}` work. Default: from the rule."""
    description: Paragraph | None = None
    """More, with the same templates. Default: the rule in words."""
    runbook_url: Annotated[strings.Url | None, Field(alias="runbookURL")] = None
    """What to do: annotation `runbook_url`. Default: the policy's."""
    dashboard_url: Annotated[strings.Url | None, Field(alias="dashboardURL")] = None
    """Where to look: annotation `dashboard_url`. Default: from the operator's settings, if set there."""
    service: ServiceName | None = None
    """The service it is about; label `service`."""
    labels: RuleLabels | None = None
    """Further labels. Plain text: templates are refused here."""
    annotations: AlertAnnotations | None = None
    """Further annotations. `{{ $value }}` and `{{ $labels.name }}` work, other templates are refused."""
    group_by: KeptLabels | None = None
    """Labels that make an alert for each of their values, such as `[queue]`; others are aggregated away."""
    min_traffic: MinTraffic | None = None
    """How much must be going on for the rule to fire."""

    threshold: kinds.ValueThreshold | None = None
    """A value above or below a limit."""
    ratio: kinds.EventRatio | None = None
    """Too large a share of bad events."""
    quantile: kinds.LatencyQuantile | None = None
    """A quantile of a histogram that is too high, such as the 95th percentile of latency."""
    rate_drop: kinds.RateDrop | None = None
    """Fewer events than at the same hour of past weeks."""
    absent: kinds.Absent | None = None
    """Series that are not there."""
    freshness: kinds.Freshness | None = None
    """Something that did not happen for too long."""
    cardinality: kinds.Cardinality | None = None
    """Too many series."""
    forecast: kinds.Forecast | None = None
    """A gauge that reaches a limit soon."""
    queue_sla: Annotated[kinds.QueueSLA | None, Field(alias="queueSLA")] = None
    """A backlog that takes too long to work off."""
    anomaly: Anomaly | None = None
    """A value unlike the same hour of past weeks. Severity info, never a page."""
    expression: kinds.Expression | None = None
    """Any PromQL that ends in a comparison."""
