"""What a valid policy still tells wrongly: one service twice, nobody at all, a lead before on-call."""

from __future__ import annotations

import pytest
from tests.unit.alerting.policies import SETTINGS, a_policy

from fireline.alerting.checks import read


def pager(name: str, key: str = "routing") -> dict:
    return {"name": name, "pagerduty": {"routingKeySecret": {"name": "pd", "key": key}}}


def refused(edits: dict) -> list[tuple]:
    """Where the same service is found twice."""
    receivers = [pager("first"), pager("second"), pager("other", "other")]
    severities = [{"name": "sev0", "page": True, "receivers": ["first"]}]
    spec = {"spec.receivers": receivers, "spec.severities": severities, **edits}
    _, issues = read(a_policy(spec), settings=SETTINGS)
    return [issue.at for issue in issues if issue.reason == "SameService"]


def levels(*levels: tuple[str, list[str]]) -> dict:
    given = [{"after": after, "receivers": receivers} for after, receivers in levels]
    return {"spec.escalation": {"mode": "Alertmanager", "levels": given}}


@pytest.mark.parametrize(
    ("edits", "at"),
    [
        (levels(("0m", ["second"])), ("spec", "severities", 0, "receivers")),
        (
            levels(("0m", ["first"]), ("5m", ["first", "second"])),
            ("spec", "escalation", "levels", 1, "receivers"),
        ),
        ({"spec.fallback": {"receivers": ["first", "second"]}}, ("spec", "fallback", "receivers")),
        (
            {
                "spec.hours": [{"name": "day", "from": "09:00", "to": "17:00"}],
                "spec.severities": [
                    {
                        "name": "sev0",
                        "page": True,
                        "receivers": ["first"],
                        "hours": "day",
                        "outsideHours": ["first", "second"],
                    }
                ],
            },
            ("spec", "severities", 0, "outsideHours"),
        ),
    ],
)
def test_receivers_told_by_the_same_matchers_are_different_services(edits, at):
    assert refused(edits) == [at]


@pytest.mark.parametrize(
    "edits",
    [
        levels(("0m", ["first"]), ("5m", ["second"]), ("10m", ["first", "other"])),
        {"spec.fallback": {"receivers": ["second", "other"]}},
    ],
)
def test_the_same_service_at_another_level_or_in_the_fallback_is_another_incident(edits):
    assert refused(edits) == []


def noted(edits: dict) -> list[str]:
    _, issues = read(a_policy(edits), settings=SETTINGS)
    return [issue.message for issue in issues if issue.reason == "ToldToNobody"]


def test_a_severity_nobody_is_told_of_is_noted():
    only = {"spec.severities": [{"name": "P2", "page": True, "receivers": ["oncall"]}]}
    (words,) = noted(only)

    assert "lacks sev0 and sev2, whose alerts are told to nobody" in words
    assert noted(only | {"spec.fallback": {"receivers": ["oncall"]}}) == []
    assert noted({}) == []


@pytest.mark.parametrize(("wait", "places"), [("30s", []), ("1m", [1]), ("5m", [1, 2])])
def test_a_level_that_would_overtake_the_first_message_is_noted(wait, places):
    edits = {
        "spec.severities": [{"name": "sev0", "page": True, "receivers": ["oncall"]}],
        "spec.grouping": {"wait": wait},
        **levels(("0m", ["oncall"]), ("1m", ["tickets"]), ("2m", ["tickets"])),
    }
    _, issues = read(a_policy(edits), settings=SETTINGS)

    assert [issue.at[3] for issue in issues if issue.reason == "LevelBeforeFirst"] == places
    assert all(issue.note for issue in issues)
