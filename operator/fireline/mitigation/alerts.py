"""The PrometheusRule of one Mitigation: what a person must know though nobody looks at it.

Called by ``plan`` with every valid Mitigation, and by ``fireline render``. What fires when is in
``alert_rules``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from fireline.api.labels import RENDERER, SOURCE, SPEC_HASH
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.mitigation import names
from fireline.mitigation.alert_rules import MitigationAlerts, alert_rules
from fireline.promql.durations import Duration

__all__ = ["MitigationAlerts", "alerts_object"]

GROUP_INTERVAL = Duration.of(seconds=15)
"""A person is waited for."""
_HASH_LENGTH = 12


def alerts_object(
    given: MitigationAlerts, *, source: str, rule_labels: Mapping[str, str] | None = None
) -> Manifest:
    """The PrometheusRule of one Mitigation, without what the engine stamps on every child.

    ``rule_labels`` are those by which the ``source`` selects rules.
    """
    name = names.rule_name(given.name)
    groups = [{"name": name, "interval": str(GROUP_INTERVAL), "rules": alert_rules(given)}]
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": name,
            "namespace": given.namespace,
            "labels": dict(rule_labels or {}),
            "annotations": {
                RENDERER: names.RENDERER_VERSION,
                SOURCE: source,
                SPEC_HASH: hashlib.sha256(json.dumps(groups).encode()).hexdigest()[:_HASH_LENGTH],
            },
        },
        "spec": {"groups": groups},
    }
