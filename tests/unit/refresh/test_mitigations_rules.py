"""The rules API: which rules can raise an alert, and when they were evaluated."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from fireline.errors import MetricsError
from fireline.mitigation.questions import AskedAlert
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.mitigation_rules import parse, rules_of

HIGH = AskedAlert("High", ())
PAGE = AskedAlert(
    None, (("namespace", "shop"), ("slo", "checkout"), ("slo_tier", "PageFast")), slo=("shop", "checkout")
)
RULE = {
    "type": "alerting",
    "name": "High",
    "labels": {"team": "pay"},
    "health": "ok",
    "lastEvaluation": "2026-11-22T12:00:00.123456789Z",
    "alerts": [
        {"state": "firing", "labels": {"alertname": "High", "team": "pay"}, "value": "2.1e+01"},
        {"state": "pending", "labels": {"alertname": "High", "team": "cart"}, "value": "1e+00"},
    ],
}


def a_document(**changes):
    return {"groups": [{"name": "g", "file": "f", "interval": 15, "rules": [RULE | changes]}]}


class Source(InMemorySource):
    """Notes what is asked."""

    def __init__(self, document) -> None:
        super().__init__(lambda *_: [], documents={"rules": document})
        self.filters: list[list[tuple[str, str]]] = []

    async def get(self, path, params=()):
        self.filters.append(list(params))
        return await super().get(path, params)


def test_a_rule_is_read_with_its_interval_its_last_evaluation_and_what_fires():
    (rule,) = parse(a_document())
    assert (rule.name, rule.labels, rule.health, rule.interval) == ("High", {"team": "pay"}, "ok", 15)
    assert rule.evaluated == pytest.approx(1_795_348_800.123, abs=0.001)
    assert rule.active == (({"alertname": "High", "team": "pay"}, "2.1e+01"),)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", None, ""])
def test_go_zero_time_means_never(text):
    (rule,) = parse(a_document(lastEvaluation=text))
    assert rule.evaluated is None


def test_recording_rules_are_left_out():
    assert parse(a_document(type="recording")) == []


@pytest.mark.parametrize(
    "strange",
    [
        None,
        [],
        {},
        {"groups": [1]},
        {"groups": [{}]},
        a_document(lastEvaluation="soon"),
        a_document(labels=3),
    ],
)
def test_another_shape_is_an_error_and_no_crash(strange):
    with pytest.raises(MetricsError, match="shape"):
        parse(strange)


def test_rules_are_asked_for_by_name_and_by_group_and_never_all():
    source = Source(a_document())
    found = asyncio.run(rules_of(source, [HIGH, PAGE], at=7.0))
    assert [Counter(asked) for asked in source.filters] == [
        Counter([("type", "alert"), ("rule_name[]", "High")]),
        Counter(
            [("type", "alert"), ("rule_group[]", "slo-checkout"), ("rule_group[]", "slo-checkout:tickets")]
        ),
    ]
    assert found.at == 7.0
    assert len(found.rules) == 1, "a server that ignores filters tells the same rule twice"


def test_nobody_is_asked_about_no_alert():
    source = Source(a_document())
    assert asyncio.run(rules_of(source, [], at=7.0)).rules == ()
    assert source.filters == []


def test_an_outage_is_told_and_not_raised():
    source = Source(a_document())
    source.down = "connection refused"
    assert asyncio.run(rules_of(source, [HIGH], at=7.0)).error == "connection refused"
