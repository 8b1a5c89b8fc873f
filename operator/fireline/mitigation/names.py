"""Names of the series, alerts and objects of a Mitigation: an interface people build on.

The series are exported by :mod:`fireline.refresh.mitigation_metrics` and read by ``alert_rules``.
"""

from __future__ import annotations

RENDERER_VERSION = "1"
"""Raised whenever the same spec renders other rules; see CHANGELOG."""

INFO = "fireline_mitigation_info"
PHASE = "fireline_mitigation_phase"
NEEDS_HUMAN = "fireline_mitigation_needs_human"
ACTIVE = "fireline_mitigation_active"
OVERDUE = "fireline_mitigation_overdue_seconds"
ENDED = "fireline_mitigations_ended_total"
PAUSED = "fireline_mitigations_paused"

ALERT_NEEDS_HUMAN = "MitigationNeedsHuman"
ALERT_OVERDUE = "MitigationOverdue"
ALERT_PAUSED = "FirelineMitigationsPaused"
"""In ``examples/install/operator-rules.yaml``: a pause is one for the whole cluster."""


def rule_name(mitigation: str) -> str:
    """Name of the PrometheusRule of one Mitigation."""
    return f"mitigation-{mitigation}"
