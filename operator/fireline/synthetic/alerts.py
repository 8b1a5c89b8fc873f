"""The PrometheusRule of one check: what a person must know though no SLO is written on it.

Called by ``plan`` with every valid check whose spec does not disable alerts. What fires when is in
``alert_rules``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from fireline.api.labels import RENDERER, SOURCE, SPEC_HASH
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.promql.durations import Duration
from fireline.synthetic import names
from fireline.synthetic.alert_rules import CheckAlerts, alert_rules

__all__ = ["CheckAlerts", "alerts_object"]

GROUP_INTERVAL = Duration.of(seconds=30)
_HASH_LENGTH = 12


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
