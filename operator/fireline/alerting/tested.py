"""A test alert of a policy, as :mod:`fireline.alertmanager` sends it: to whom, and with which links.

Called by the planner and by ``fireline test-alert``.
"""

from __future__ import annotations

from fireline.alerting.conditions import full_name
from fireline.alerting.model import Policy
from fireline.alerting.names import ALERT_TEST
from fireline.alerting.receivers import integration, secrets_of
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.belonging import correlation_id, filled
from fireline.api.delivery import TestedReceiver


def tested(policy: Policy) -> list[TestedReceiver]:
    """Every receiver that has routes, with the words for where to look when it fails."""
    return [
        TestedReceiver(one.name, full_name(policy, one.name), (integration(one),), _place(one))
        for one in policy.receivers
    ]


def links(policy: Policy) -> dict[str, str]:
    """Annotations of the test alert that other alerts of the policy have too."""
    found = {"correlation_id": correlation_id(policy.label, policy.namespace, ALERT_TEST)}
    if policy.runbook_url:
        values = {"namespace": policy.namespace, "alertname": ALERT_TEST.lower()}
        found["runbook_url"] = filled(policy.runbook_url, values)
    return found


def _place(receiver: Receiver) -> str:
    """Where the address and the credentials come from; never the address itself, it may hold a token."""
    found = dict.fromkeys(f"secret {one.name}, key {one.key}" for one in secrets_of(receiver))
    return " and ".join(found) or f"receiver {receiver.name} of the policy"
