"""The Python side of every admission rule of alert rules, on what the API server is asked about too."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.unit.api.cel_alert_rules import CASES, rules_of_schema
from tests.unit.api.cel_fixtures import Case

from fireline.api.alert_policy import AlertPolicy


def test_every_rule_has_a_policy_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_schema() == {case.key for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: Case) -> None:
    AlertPolicy.of(case.good)

    with pytest.raises(ValidationError) as refused:
        AlertPolicy.of(case.bad)
    assert case.message in {error["msg"] for error in refused.value.errors()}
