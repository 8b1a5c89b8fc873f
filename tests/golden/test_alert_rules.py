"""The alert rules of some policies, byte for byte, in files that are meant to be read."""

from __future__ import annotations

import pytest
import yaml

from fireline.alerting.rules.checks import check_rules
from fireline.api.alert_policy import AlertPolicy
from tests import promtool
from tests.golden.alert_rule_files import ALERT_RULES, wanted_alert_rules

WANTED = wanted_alert_rules()


@pytest.mark.parametrize("name", WANTED)
def test_the_rules_are_those_of_the_golden_file(name: str) -> None:
    assert (ALERT_RULES / name).read_text() == WANTED[name], "if this was meant, run `make golden`"


@pytest.mark.parametrize("name", WANTED)
def test_there_is_nothing_to_say_about_a_rule_people_read(name: str) -> None:
    policy = AlertPolicy.of(yaml.safe_load((ALERT_RULES / "policies" / name).read_text()))

    found = [str(issue) for issue in check_rules(policy.spec.rules_ or [], {}, runbook=True)]
    assert not [text for text in found if "wakes nobody up" not in text]


def test_there_is_no_golden_file_without_a_policy() -> None:
    assert sorted(file.name for file in ALERT_RULES.glob("*.yaml")) == sorted(WANTED)


@pytest.mark.bed
def test_prometheus_accepts_the_golden_files() -> None:
    groups = [group for name in WANTED for group in yaml.safe_load(WANTED[name])["groups"]]

    assert promtool.check({"groups": groups}) == ""
