"""The Python side of every admission rule about receivers, on what the API server is asked about too."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.unit.alerting.receiver_cases import CASES, LEAST, ReceiverCase, receiver, rules_of_schema

from fireline.alerting.receivers import check_receiver
from fireline.api.alert_policy_receivers import KINDS, Receiver


def test_every_rule_about_receivers_has_one_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_schema() == {case.key for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: ReceiverCase) -> None:
    assert [*check_receiver(Receiver.model_validate(case.good), ("spec",))] == []

    with pytest.raises(ValidationError) as refused:
        Receiver.model_validate(case.bad)
    assert case.message in [error["msg"] for error in refused.value.errors()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_least_of_each_kind_is_enough_and_says_whether_it_tells_of_the_end(kind: str) -> None:
    found = Receiver.model_validate(receiver(kind))

    assert found.kind == kind
    assert found.config.send_resolved is (kind != "email")
    assert LEAST.keys() == set(KINDS)
