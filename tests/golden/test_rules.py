"""The rules of some specs, byte for byte, in files that are meant to be read."""

from __future__ import annotations

import pytest
import yaml

from tests import promtool
from tests.golden.files import RULES, wanted

WANTED = wanted()


@pytest.mark.parametrize("name", WANTED)
def test_the_rules_are_those_of_the_golden_file(name):
    assert (RULES / name).read_text() == WANTED[name], "if this was meant, run `make golden`"


def test_there_is_no_golden_file_without_a_spec():
    assert sorted(file.name for file in RULES.glob("*.yaml")) == sorted(WANTED)


@pytest.mark.bed
@pytest.mark.parametrize("name", WANTED)
def test_prometheus_accepts_a_golden_file(name):
    assert promtool.check(yaml.safe_load((RULES / name).read_text())["spec"]) == ""
