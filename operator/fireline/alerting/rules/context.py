"""What alert rules get from the policy they stand in: names, severities, links. Filled in by the renderer
of policies, read by everything in this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fireline.api.alert_policy_severities import Sev, canonical
from fireline.api.alert_rule import AlertRule


@dataclass(frozen=True, slots=True)
class SeverityLabels:
    """What a severity of the policy puts on alerts, and whether it wakes people up."""

    sev: Sev
    severity: Literal["critical", "warning", "info"]
    page: bool = False


USUAL: Mapping[Sev, SeverityLabels] = {
    "sev0": SeverityLabels("sev0", "critical"),
    "sev1": SeverityLabels("sev1", "critical"),
    "sev2": SeverityLabels("sev2", "warning"),
}
"""Severities a policy does not map: nobody is woken up by them."""


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The policy around the rules. URLs may hold ``{namespace}``, ``{service}`` and ``{alertname}``."""

    namespace: str
    policy: str
    severities: Mapping[Sev, SeverityLabels] = field(default_factory=dict)
    runbook_url: str | None = None
    dashboard_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Further labels of every alert, from the settings."""

    @property
    def label(self) -> str:
        """Value of the label ``alert_policy``: ``shop/checkout``."""
        return f"{self.namespace}/{self.policy}"

    def of(self, rule: AlertRule) -> SeverityLabels:
        """Severity of a rule. An anomaly is a hint, whatever the policy calls its severity."""
        found = severity_of(rule, self.severities)
        return SeverityLabels(found.sev, "info") if rule.anomaly is not None else found


def severity_of(rule: AlertRule, severities: Mapping[Sev, SeverityLabels]) -> SeverityLabels:
    """What the policy makes of the severity a rule names."""
    sev = canonical(rule.severity)
    return severities.get(sev, USUAL[sev])
