"""The PrometheusRule of one check: what a person must know though no SLO is written on it.

Called by ``render`` with every valid check whose spec does not disable alerts. What fires when is in
``alert_rules``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from fireline.api.alert_policy_severities import canonical
from fireline.api.labels import RENDERER, SOURCE, SPEC_HASH
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.api.synthetic_check import Spec
from fireline.promql.durations import Duration
from fireline.synthetic import names
from fireline.synthetic.alert_rules import CheckAlerts, alert_rules
from fireline.synthetic.model import Check

GROUP_INTERVAL = Duration.of(seconds=30)
_TOLD = 60
"""Seconds from the end of a run until Prometheus knows it: its ingestion and a scrape."""
_HASH_LENGTH = 12


def alerts_of(
    check: Check, *, default_runbook: str | None = None, dashboard_url: str | None = None
) -> CheckAlerts:
    """What the alerts of a valid check depend on. URLs are those of the operator's settings."""
    spec, alert = check.spec, check.spec.alert
    return CheckAlerts(
        namespace=check.namespace,
        name=check.name,
        interval=check.timing.interval,
        run=check.job_seconds + _TOLD,
        location=spec.location,
        consecutive_failures=alert.consecutive_failures,
        sev=canonical(alert.severity),
        coverage_below=Decimal(alert.coverage_below),
        certificates=tuple(_certificates(spec)),
        policy=check.policy,
        default_runbook=default_runbook,
        dashboard_url=dashboard_url,
    )


def alerts_object(
    check: CheckAlerts, *, source: str, rule_labels: Mapping[str, str] | None = None
) -> Manifest:
    """The PrometheusRule of one check, without what the engine stamps on every child.

    ``rule_labels`` are those by which the ``source`` selects rules.
    """
    name = names.rule_name(check.name)
    groups = [{"name": name, "interval": str(GROUP_INTERVAL), "rules": alert_rules(check)}]
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": name,
            "namespace": check.namespace,
            "labels": dict(rule_labels or {}),
            "annotations": {
                RENDERER: names.RENDERER_VERSION,
                SOURCE: source,
                SPEC_HASH: hashlib.sha256(json.dumps(groups).encode()).hexdigest()[:_HASH_LENGTH],
            },
        },
        "spec": {"groups": groups},
    }


def _certificates(spec: Spec) -> Iterator[tuple[str, int]]:
    """Steps that assert a certificate, with the longest time they ask for."""
    for step in spec.steps or ():
        asked = [one.certificate.valid_for for one in step.assert_ or () if one.certificate is not None]
        if asked:
            yield step.name, int(max(Duration.parse(text) for text in asked).seconds)
