"""Names of the series, alerts and objects of a SyntheticCheck: an interface people build on.

The series are exported by :mod:`fireline.refresh.check_metrics`, read by ``alerts`` and by SLOs on checks
(whose room names the two that it reads itself; a test compares them).
"""

from __future__ import annotations

RENDERER_VERSION = "1"
"""Raised whenever the same spec renders other rules; see CHANGELOG."""

RUNS = "fireline_check_runs_total"
DEGRADED = "fireline_check_degraded_total"
FLAKY = "fireline_check_flaky_total"
EXPECTED_RUNS = "fireline_check_expected_runs_total"
LAST_RUN = "fireline_check_last_run_timestamp_seconds"
LAST_SUCCESS = "fireline_check_last_success_timestamp_seconds"
NEXT_RUN = "fireline_check_next_run_timestamp_seconds"
INTERVAL = "fireline_check_interval_seconds"
SUSPENDED = "fireline_check_suspended"
EXPECTED = "fireline_check_expected"
CONSECUTIVE_FAILURES = "fireline_check_consecutive_failures"
DURATION = "fireline_check_duration_seconds"
STEP_DURATION = "fireline_check_step_duration_seconds"
CERTIFICATE_EXPIRY = "fireline_check_certificate_expiry_timestamp_seconds"

OUTCOMES = ("success", "failure", "error", "infra", "skipped")
MEASURED = "success|failure|error"
"""The outcomes that say something about the target, as a regular expression."""

ALERT_FAILING = "SyntheticCheckFailing"
ALERT_FAILING_TICKET = "SyntheticCheckFailingTicket"
"""The same for checks of sev2: an alert name has one severity, because the usual default inhibition
(critical silences warning at equal namespace and alertname) would otherwise let one check mute another."""
ALERT_LATE = "SyntheticCheckLate"
ALERT_NEVER_RAN = "SyntheticCheckNeverRan"
ALERT_NOT_MEASURED = "SyntheticCheckNotMeasured"
ALERT_CERTIFICATE = "SyntheticCheckCertificateExpiring"

ALERT_OPERATOR_GONE = "FirelineOperatorGone"
"""In ``examples/install/operator-rules.yaml``: what the operator writes cannot tell that it is gone."""


def rule_name(check: str) -> str:
    """Name of the PrometheusRule of one check."""
    return f"syntheticcheck-{check}"
