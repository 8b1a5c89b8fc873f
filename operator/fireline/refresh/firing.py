"""Which alerts of each policy fire, in one query for all policies of a Prometheus.

Changes that would orphan an open incident wait for it. The policy watch runs it on the leader.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.alerting.names import ALERT_HEARTBEAT, ALERT_TEST
from fireline.prometheus.source import MetricsSource

_QUERY = (
    f'count by (alert_policy, alertname) (ALERTS{{alertstate="firing",alert_policy!="",'
    f'alertname!~"{ALERT_HEARTBEAT}|{ALERT_TEST}"}})'
)
Firing = Mapping[str, frozenset[str]]
"""Names of the alerts that fire, by ``namespace/policy``."""


async def firing(source: MetricsSource) -> Firing:
    """The alerts that fire now, without tests and heartbeats. Raises MetricsError."""
    found: dict[str, set[str]] = {}
    for sample in await source.instant(_QUERY):
        found.setdefault(sample.labels["alert_policy"], set()).add(sample.labels["alertname"])
    return {policy: frozenset(names) for policy, names in found.items()}
