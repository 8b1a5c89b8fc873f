"""The Python side of every admission rule of AlertPolicy, on what the API server is asked about too."""

from __future__ import annotations

import pytest
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.policy_cases import ALL_CASES, OWN_CASES, rules_of_policy_crd

from fireline.alerting.checks import read
from fireline.settings import Settings


def test_every_rule_of_the_crd_has_a_policy_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_policy_crd() == {case.key for case in ALL_CASES}


@pytest.mark.parametrize("case", OWN_CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: Case) -> None:
    accepted, _ = read(case.good, settings=Settings())
    refused, issues = read(case.bad, settings=Settings())

    assert accepted is not None
    assert refused is None
    expected = "has 52 characters, at most 51 are allowed" if case.path == "" else case.message
    assert expected in [issue.message for issue in issues]
