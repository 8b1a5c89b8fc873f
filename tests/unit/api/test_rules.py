"""The Python side of every admission rule, on the objects the API server is asked about too."""

from __future__ import annotations

import pytest
from tests.unit.api.cel_fixtures import CASES, Case, rules_of_crd

from fireline.slo.checks import read


def test_every_rule_of_the_crd_has_an_object_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_crd() == {case.key for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: Case) -> None:
    _, issues = read(case.good, sources=("default",))
    assert not [issue for issue in issues if issue.reason == "InvalidSpec"]

    refused, issues = read(case.bad, sources=("default",))
    assert refused is None
    expected = "has 64 characters, at most 63 are allowed" if case.path == "" else case.message
    assert expected in [issue.message for issue in issues]
