"""AlertPolicies with a status as the operator writes it, for tests of what the command line makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cli.statuses import NOW

CONDITIONS = (
    "Ready",
    "Stalled",
    "Valid",
    "Selected",
    "SecretsResolved",
    "RunbooksPresent",
    "RoutesLoaded",
    "EscalationBounded",
)
Manifest = dict[str, Any]


def a_policy(
    name: str = "on-call", *, namespace: str = "shop", status: Manifest | None = None, **spec: Any
) -> Manifest:
    """A policy with a pager, a chat and a lead; without ``status`` no operator has seen it."""
    manifest: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"team": "shop"}},
            "severities": [
                {"name": "sev0", "page": True, "receivers": ["pager", "chat"]},
                {"name": "P2", "page": True, "receivers": ["pager"], "hours": "business"},
            ],
            "receivers": [
                {"name": "pager", "webhook": {"urlSecret": {"name": "hooks", "key": "pager"}}},
                {
                    "name": "chat",
                    "slack": {"apiURLSecret": {"name": "slack", "key": "url"}, "channel": "#shop"},
                },
                {"name": "lead", "webhook": {"url": "http://sms.shop:8080/lead"}},
            ],
            "hours": [
                {
                    "name": "business",
                    "timeZone": "Europe/Berlin",
                    "from": "09:00",
                    "to": "17:00",
                    "holidays": ["2026-12-25"],
                }
            ],
            "escalation": {
                "mode": "Alertmanager",
                "severities": ["sev0"],
                "levels": [{"after": "15m", "receivers": ["lead"]}],
            },
            "fallback": {"receivers": ["chat"]},
            "runbookURL": "https://runbooks.example/{alertname}",
            **spec,
        },
    }
    return manifest | ({"status": status} if status is not None else {})


def a_policy_status(conditions: Mapping[str, tuple[str, str, str]] | None = None, **facts: Any) -> Manifest:
    """A status: all is well but for what is said. ``conditions``: (status, reason, message) by type."""
    fine = {"Stalled": ("False", "Progressing", "nothing needs a person")}
    return {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": type_,
                "status": status,
                "observedGeneration": 1,
                "lastTransitionTime": NOW,
                "reason": reason,
                "message": message,
            }
            for type_ in CONDITIONS
            for status, reason, message in [
                (conditions or {}).get(type_) or fine.get(type_, ("True", "Fine", "all is well"))
            ]
        ],
        "selected": {"count": 2, "names": ["orders", "pay"], "asOf": NOW},
        "routes": 9,
        "delivery": {"mode": "AlertmanagerConfig", "reason": "it expresses everything this policy asks for"},
        "escalation": {"mode": "Alertmanager", "worstCaseDelay": "30m"},
        **facts,
    }


QUALITY = {
    "period": "28d",
    "coverage": "100.0",
    "episodes": 9,
    "pages": 6,
    "pagesPerWeek": "1.5",
    "offHoursPages": 2,
    "flapping": 0,
    "neverFired": 4,
    "meanTimeToResolve": "24m",
    "precision": "83.3",
    "recall": "100.0",
}
TESTED = {
    "nonce": "n-1",
    "at": "2026-03-09T10:00:00Z",
    "state": "Failed",
    "delivered": ["chat", "lead"],
    "failed": [{"receiver": "pager", "message": "401 Unauthorized: the credential is refused"}],
}
