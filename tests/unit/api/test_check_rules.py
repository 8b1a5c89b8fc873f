"""The Python side of every admission rule of SyntheticCheck, on what the API server is asked about too."""

from __future__ import annotations

import pytest
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.check_cases import ALL_CASES, TRANSITIONS, rules_of_check_crd
from tests.unit.synthetic.specs import SETTINGS

from fireline.synthetic.checks import read


def test_every_rule_of_the_crd_has_a_check_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_check_crd() == {case.key for case in ALL_CASES} | TRANSITIONS


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: Case) -> None:
    accepted, found = read(case.good, settings=SETTINGS)
    refused, issues = read(case.bad, settings=SETTINGS)

    assert accepted is not None, found
    assert refused is None
    expected = "has 53 characters, at most 52 are allowed" if case.path == "" else case.message
    assert expected in [issue.message for issue in issues]
