"""The Python side of every admission rule of Mitigation, on what the API server is asked about too."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.mitigation_cases import CASES, WRONG, a_mitigation, rules_of_mitigation_crd

from fireline.api.issues import INVALID_SPEC
from fireline.mitigation.checks import read
from fireline.settings import MitigationSettings

Manifest = dict[str, Any]
SETTINGS = MitigationSettings(auto_namespaces=("*",))


def test_every_rule_of_the_crd_has_an_object_it_accepts_and_one_it_refuses() -> None:
    assert rules_of_mitigation_crd() == {case.key for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_models_hold_what_the_rule_says(case: Case) -> None:
    _, found = read(case.good, settings=SETTINGS)
    refused, issues = read(case.bad, settings=SETTINGS)

    assert not [issue for issue in found if issue.message == case.message]
    assert refused is None
    expected = "has 64 characters, at most 63 are allowed" if case.path == "" else case.message
    assert expected in [issue.message for issue in issues]


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_the_models_refuse_what_the_schema_refuses(wrong: Manifest) -> None:
    refused, issues = read(wrong, settings=SETTINGS)

    assert refused is None
    assert {issue.reason for issue in issues} == {INVALID_SPEC}
    assert all(issue.path.startswith("spec") for issue in issues)


def test_the_plain_one_is_sound() -> None:
    accepted, issues = read(a_mitigation(), settings=SETTINGS)

    assert accepted is not None
    assert not issues
