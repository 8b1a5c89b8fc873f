"""Wrong policies are refused with the words their authors need; right ones are not bothered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.alerting.bad_policies import BAD_POLICIES
from tests.unit.alerting.bad_policy import SECRET, Bad
from tests.unit.alerting.policies import SETTINGS, a_policy

from fireline.alerting.checks import read
from fireline.settings import Settings


def notes(edits: dict[str, Any], settings: Settings = SETTINGS) -> list[str]:
    """What is said of a policy that is not refused."""
    policy, issues = read(a_policy(edits), settings=settings)
    assert policy is not None, issues
    return [str(issue) for issue in issues]


def test_there_are_more_than_sixty_wrong_policies_and_none_twice() -> None:
    assert len({bad.title for bad in BAD_POLICIES}) == len(BAD_POLICIES) > 60


@pytest.mark.parametrize("bad", BAD_POLICIES, ids=lambda bad: bad.title)
def test_a_wrong_policy_is_refused_with_these_words(bad: Bad) -> None:
    policy, issues = read(bad.manifest, settings=SETTINGS)

    assert policy is None
    assert str(issues[0]) == bad.said
    assert issues[0].reason == bad.reason
    assert len(bad.said) < 1024


@pytest.mark.parametrize("bad", BAD_POLICIES, ids=lambda bad: bad.title)
def test_notes_come_after_what_must_be_mended(bad: Bad) -> None:
    _, issues = read(bad.manifest, settings=SETTINGS)

    assert [issue.note for issue in issues] == sorted(issue.note for issue in issues)


def test_the_plain_policy_is_not_bothered() -> None:
    assert notes({}) == []


def test_what_nobody_uses_is_noted() -> None:
    unused = {
        "spec.fallback": {"receivers": ["oncall"]},
        "spec.severities": [{"name": "sev0", "page": True, "receivers": ["oncall"]}],
        "spec.hours": [{"name": "night", "from": "22:00", "to": "06:00"}],
    }

    assert notes(unused) == [
        "spec.receivers[1]: tickets is told of nothing but tests",
        "spec.hours[0]: no severity names night",
    ]


def test_what_prometheus_operator_drops_is_noted_where_there_is_no_other_way() -> None:
    chat = {"tokenSecret": SECRET, "tokenIDSecret": {"name": "keys", "key": "id"}, "channel": "#shop"}
    receivers = [
        {"name": "oncall", "rocketchat": chat},
        {"name": "tickets", "webhook": {"url": "http://x.shop/"}},
    ]
    edits = {"spec.receivers": receivers, "spec.delivery": {"mode": "AlertmanagerConfig"}}

    assert notes(edits) == [
        "spec.receivers[0]: prometheus-operator drops rocketchat.channel of an AlertmanagerConfig"
    ]
    assert notes({"spec.receivers": receivers}) == []


def test_delivery_as_a_secret_needs_one_in_the_settings() -> None:
    policy, issues = read(a_policy({"spec.delivery": {"mode": "Secret"}}), settings=Settings())

    assert policy is None
    assert str(issues[0]) == (
        "spec.delivery.mode: Secret is needed (asked for by spec.delivery.mode), and "
        "alertmanagers.default.merged_secret is not set in the operator's settings"
    )


@pytest.mark.parametrize(
    "names", [("sev0", "sev1", "sev2"), ("P1", "P2", "P3"), ("critical", "high", "medium")]
)
def test_severities_have_three_names_each(names: tuple[str, ...]) -> None:
    edits = {
        "spec.severities": [
            {"name": name, "page": True, "receivers": ["oncall", "tickets"]} for name in names
        ],
        "spec.tiers": {"PageFast": names[0]},
        "spec.escalation": {"severities": [names[1]], "levels": [{"after": "5m", "receivers": ["tickets"]}]},
    }

    assert notes(edits) == []
