"""Names of what a policy writes: an interface people write matchers and silences with."""

from __future__ import annotations

from fireline.api.alert_policy_severities import Sev

RENDERER_VERSION = "1"
"""Raised whenever the same spec renders other bytes; see CHANGELOG."""

ALERT_TEST = "AlertPolicyTest"
"""Sent on demand, to every receiver of the policy."""
ALERT_HEARTBEAT = "AlertPolicyHeartbeat"
"""Always fires: the dead-man's switch."""
ALERT_ESCALATION = "AlertPolicyEscalation"
"""A level of an escalation with mode Rules."""
GENERATED = (ALERT_TEST, ALERT_HEARTBEAT, ALERT_ESCALATION)

PAGE, TICKET = "SLOErrorBudgetBurnPage", "SLOErrorBudgetBurnTicket"
"""Alerts of SLOs that inhibition knows; a test compares them with the SLO room's."""

NOBODY = "Nobody"
"""The receiver without a way to tell anyone. No receiver of a spec can have an upper-case letter."""

MERGED_KIND = "AlertmanagerSecret"
"""``Key.kind`` of the aggregate behind a merged configuration."""

LEVEL = "escalation_level"


def config_name(policy: str) -> str:
    """Name of the AlertmanagerConfig and of the PrometheusRule of a policy."""
    return f"alertpolicy-{policy}"


def level_label(number: int) -> str:
    """The label no alert has, whose absence makes the group of one level another than that of the others."""
    return f"{LEVEL}_{number}"


def outside(hours: str) -> str:
    """Name of the time interval outside of hours."""
    return f"{hours}-outside"


def sev_order(sev: Sev) -> int:
    """sev0 first."""
    return int(sev[-1])
