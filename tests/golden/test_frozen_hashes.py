"""The ``sli`` hash of an indicator is frozen for ever.

It is a label of every recorded series. A hash that changes cuts every user's history in two on the
day they upgrade: budgets start afresh, long windows are empty. If a case fails, it is the code that
is wrong. A new way to hash needs a new version prefix and must leave existing SLOs on the old one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.rules.specs import a_manifest, a_spec, compiled

FROZEN = yaml.safe_load((Path(__file__).parent / "frozen-sli-hashes.yaml").read_text())


@pytest.mark.parametrize("case", FROZEN, ids=lambda case: case["what"])
def test_an_indicator_keeps_its_hash(case):
    assert compiled(a_manifest(a_spec(case["indicator"], **case.get("with", {})))).sli == case["sli"]


def test_different_indicators_have_different_hashes():
    assert len({case["sli"] for case in FROZEN}) == len(FROZEN)


def test_the_hash_does_not_depend_on_whose_indicator_it_is():
    case = FROZEN[0]
    spec = a_spec(case["indicator"], objective="95", window={"rolling": "7d"}, description="Another one")
    assert compiled(a_manifest(spec, name="other", namespace="elsewhere")).sli == case["sli"]
