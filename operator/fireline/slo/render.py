"""One SLO → the PrometheusRule the operator writes, and the plain rule file ``render`` prints."""

from __future__ import annotations

from collections.abc import Iterable

from fireline.api.labels import RENDERER, SLO_WINDOW, SOURCE, SPEC_HASH
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.slo import names
from fireline.slo.alerts import page_alerts, ticket_alerts
from fireline.slo.model import Objective
from fireline.slo.recording import recording_rules

RENDERER_VERSION = "1"
"""Raised whenever the same spec renders other bytes; see CHANGELOG."""


def render_rule(objective: Objective, rule_labels: dict[str, str] | None = None) -> Manifest:
    """The PrometheusRule of one SLO, without what the engine stamps on every child.

    ``rule_labels`` are the source's: they win over labels copied from the SLO, because Prometheus
    selects rules by them.
    """
    groups = [
        {
            "name": names.rule_name(objective.name),
            "interval": str(names.RAW_INTERVAL),
            "rules": [*recording_rules(objective), *page_alerts(objective)],
        }
    ]
    tickets = ticket_alerts(objective)
    if tickets:
        groups.append(
            {"name": f"{names.rule_name(objective.name)}-tickets", "interval": "1m", "rules": tickets}
        )
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": names.rule_name(objective.name),
            "namespace": objective.namespace,
            "labels": {**objective.copied_labels, **(rule_labels or {})},
            "annotations": {
                RENDERER: RENDERER_VERSION,
                SLO_WINDOW: str(objective.window),
                SOURCE: objective.source,
                SPEC_HASH: objective.spec_hash,
            },
        },
        "spec": {"groups": groups},
    }


def plain_rules(rules: Iterable[Manifest]) -> Manifest:
    """Several PrometheusRules as one plain rule file, usable without Kubernetes.

    Group names of a file must be unique, so they carry their namespace.
    """
    return {
        "groups": [
            {**group, "name": f"{rule['metadata']['namespace']}/{group['name']}"}
            for rule in rules
            for group in rule["spec"]["groups"]
        ]
    }
