"""Escalation with mode Rules, in Prometheus itself: the minute of every level, and what it does not see."""

from __future__ import annotations

from typing import Any

import pytest
from tests.promtool import Got, evaluate

from fireline.alerting.compile import compile_policy
from fireline.alerting.model import Policy
from fireline.api.alert_policy import AlertPolicy
from fireline.settings import Settings

LABEL = "shop/by-rules"
FROM, UNTIL = 120, 3600
"""When the trouble begins and ends, in seconds; rules are evaluated every 30."""
MINUTE = 60


def policy() -> Policy:
    manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": "by-rules", "namespace": "shop"},
        "spec": {
            "selector": {},
            "receivers": [
                {"name": place, "webhook": {"url": f"http://gateway.shop:8080/{place}"}}
                for place in ("oncall", "lead", "manager")
            ],
            "severities": [
                {"name": "critical", "page": True, "receivers": ["oncall"]},
                {"name": "medium", "page": False, "receivers": ["oncall"]},
            ],
            "rules": [
                {
                    "name": "QueueLong",
                    "severity": "critical",
                    "page": True,
                    "pageReason": "orders are lost when the queue is full",
                    "for": "5m",
                    "expression": {"query": "queue_length > 10"},
                    "summary": "The queue is long",
                },
                {
                    "name": "QueueGone",
                    "severity": "critical",
                    "page": True,
                    "pageReason": "orders are lost without the queue",
                    "absent": {"series": "queue_alive"},
                    "summary": "The queue is gone",
                },
            ],
            "escalation": {
                "mode": "Rules",
                "levels": [
                    {"after": "0m", "receivers": ["oncall"]},
                    {"after": "15m", "receivers": ["lead"]},
                    {"after": "30m", "receivers": ["manager"]},
                ],
            },
        },
    }
    return compile_policy(AlertPolicy.of(manifest), settings=Settings())


def of_slo(alert: str, sev: str, slo: str) -> dict[str, Any]:
    """An alert as Fireline writes it for an SLO of this policy."""
    labels = {"namespace": "shop", "alert_policy": LABEL, "sev": sev, "slo": slo, "service": "web"}
    return {"alert": alert, "expr": f'burning{{slo="{slo}"}} == 1', "labels": labels}


@pytest.fixture(scope="module")
def firing() -> dict[int, list[Got]]:
    """Time → the escalations that fire then."""
    groups = [
        {
            "name": "slos",
            "interval": "30s",
            "rules": [
                of_slo("SLOErrorBudgetBurnPage", "sev0", "checkout"),
                of_slo("SLOErrorBudgetBurnTicket", "sev2", "search"),
            ],
        },
        *policy().groups,
    ]
    steps = UNTIL // 30
    values = f"0x{FROM // 30 - 1} 1x{steps - FROM // 30 - 1} 0x20"
    series = {
        'burning{slo="checkout"}': values,
        'burning{slo="search"}': values,
        "queue_length": values.replace("1x", "50x"),
        "queue_alive": f"1x{FROM // 30 - 1} stale _x{steps - FROM // 30 - 1} 1x20",
    }
    times = [at + shift for at in LEVELS_DUE for shift in (-30, 0)] + [UNTIL - 30, UNTIL]
    escalated = 'ALERTS{alertname="AlertPolicyEscalation", alertstate="firing"}'
    answers = evaluate({"groups": groups}, series, [(at, escalated) for at in times])
    return dict(zip(times, answers, strict=True))


LEVELS_DUE = (
    FROM + 15 * MINUTE,
    FROM + 30 * MINUTE,
    FROM + (5 + 15) * MINUTE,
    FROM + (5 + 30) * MINUTE,
)
"""Of the SLO's alert, which fires at once, and of the queue's, which fire five minutes later: one rule says
so, the other is of a type that waits by itself."""


def levels(found: list[Got]) -> set[tuple[str, str]]:
    return {(one.labels["escalated"], one.labels["escalation_level"]) for one in found}


def test_each_level_fires_at_its_minute_and_not_one_evaluation_before(firing: dict[int, list[Got]]) -> None:
    page, queue, gone = "SLOErrorBudgetBurnPage", "QueueLong", "QueueGone"
    page_2, page_3, queue_2, queue_3 = LEVELS_DUE
    assert levels(firing[page_2 - 30]) == set()
    assert levels(firing[page_2]) == {(page, "2")}
    assert levels(firing[queue_2 - 30]) == {(page, "2")}
    assert levels(firing[queue_2]) == {(page, "2"), (queue, "2"), (gone, "2")}
    assert levels(firing[page_3 - 30]) == {(page, "2"), (queue, "2"), (gone, "2")}
    assert levels(firing[page_3]) == {(page, "2"), (page, "3"), (queue, "2"), (gone, "2")}
    assert levels(firing[queue_3 - 30]) == {(page, "2"), (page, "3"), (queue, "2"), (gone, "2")}
    assert levels(firing[queue_3]) == {(name, level) for name in (page, queue, gone) for level in "23"}


def test_all_levels_end_with_the_alert(firing: dict[int, list[Got]]) -> None:
    assert len(firing[UNTIL - 30]) == 6
    assert firing[UNTIL] == []


def test_a_severity_that_does_not_escalate_has_no_levels(firing: dict[int, list[Got]]) -> None:
    assert all("Ticket" not in name for found in firing.values() for name, _ in levels(found))


def test_a_level_is_another_alert_that_a_silence_of_the_first_does_not_match_but_one_by_policy_does(
    firing: dict[int, list[Got]],
) -> None:
    (level,) = firing[LEVELS_DUE[0]]
    first = {"alertname": "SLOErrorBudgetBurnPage", "alert_policy": LABEL, "slo": "checkout"}
    assert level.labels["alertname"] != first["alertname"]
    assert {name: level.labels[name] for name in ("alert_policy", "slo")} == {
        name: first[name] for name in ("alert_policy", "slo")
    }
