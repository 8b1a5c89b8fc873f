"""What policies become, byte for byte: read the golden files as documentation."""

from __future__ import annotations

import pytest

from tests.golden.policy_files import POLICIES, wanted

WANTED = wanted()


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_policy_becomes_what_its_golden_file_says(name: str):
    assert (POLICIES / name).read_text() == WANTED[name], "run `make golden` and read the difference"


def test_there_is_no_golden_file_without_a_spec():
    assert {file.name for file in POLICIES.glob("*.yaml")} == WANTED.keys()
