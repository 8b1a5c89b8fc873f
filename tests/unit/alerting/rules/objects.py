"""Alert rules for tests: a small valid one of each type, edited by dotted paths."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fireline.alerting.rules.checks import check_rules
from fireline.alerting.rules.context import RuleContext, SeverityLabels
from fireline.api.alert_policy_severities import Sev
from fireline.api.alert_rule import AlertRule
from fireline.api.crd import structural
from fireline.api.issues import Issue, explain

Manifest = dict[str, Any]
ABSENT = object()
"""As a value of an edit: take the field out."""

SEVERITIES: Mapping[Sev, SeverityLabels] = {
    "sev0": SeverityLabels("sev0", "critical", page=True),
    "sev1": SeverityLabels("sev1", "critical", page=True),
    "sev2": SeverityLabels("sev2", "warning"),
}
CONTEXT = RuleContext("shop", "checkout", SEVERITIES)

BAD: Manifest = {"metric": 'http_requests_total{service="checkout",code=~"5.."}'}
ALL: Manifest = {"metric": 'http_requests_total{service="checkout"}'}
TYPES: Mapping[str, Manifest] = {
    "threshold": {"query": "queue_depth", "above": "1000"},
    "ratio": {"bad": BAD, "total": ALL, "above": "5"},
    "quantile": {"histogram": "http_request_duration_seconds", "above": "500ms"},
    "rateDrop": {"total": ALL, "byPercent": "50", "minimum": "1"},
    "absent": {"series": 'up{job="checkout"}'},
    "freshness": {"query": "backup_success_timestamp_seconds", "olderThan": "26h"},
    "cardinality": {"above": "100000"},
    "forecast": {"query": "disk_used_bytes", "capacity": "disk_size_bytes", "within": "4d"},
    "queueSLA": {"backlog": "queue_depth", "drainRate": {"metric": "jobs_done_total"}, "within": "10m"},
    "anomaly": {"query": "sum(rate(http_requests_total[$window]))"},
    "expression": {"query": "sum(rate(errors_total[5m])) > 10"},
}
"""The smallest valid rule of each type."""


def a_rule(type_: str = "ratio", edits: Mapping[str, Any] | None = None) -> Manifest:
    """A valid rule; each edit sets the field at a dotted path such as ``ratio.window``."""
    rule: Manifest = {"name": "CheckoutFailures", type_: copy.deepcopy(TYPES[type_])}
    for path, value in (edits or {}).items():
        *parents, last = path.split(".")
        node = rule
        for part in parents:
            node = node.setdefault(part, {})
        if value is ABSENT:
            node.pop(last, None)
        else:
            node[last] = copy.deepcopy(value)
    return rule


def parsed(*rules: Manifest) -> list[AlertRule]:
    """The typed rules. Raises pydantic's ValidationError."""
    return TypeAdapter(list[AlertRule]).validate_python(list(rules))


@cache
def _schema() -> Manifest:
    return {"items": structural(AlertRule)}


def issues_of(
    *rules: Manifest,
    severities: Mapping[Sev, SeverityLabels] = SEVERITIES,
    runbook: bool = True,
) -> Sequence[Issue]:
    """All there is to say about rules: by their schema, and if that is satisfied by the checks."""
    try:
        found = parsed(*rules)
    except ValidationError as error:
        return explain(error, _schema())
    return list(check_rules(found, severities, ("spec", "rules"), runbook=runbook))
