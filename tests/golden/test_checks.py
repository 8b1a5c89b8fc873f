"""What checks and the SLOs on them become, byte for byte: read the golden files as documentation."""

from __future__ import annotations

import pytest
import yaml

from tests import promtool
from tests.golden.check_files import CHECKS, wanted

WANTED = wanted()


@pytest.mark.parametrize("name", WANTED)
def test_the_rules_are_those_of_the_golden_file(name):
    assert (CHECKS / name).read_text() == WANTED[name], "if this was meant, run `make golden`"


def test_there_is_no_golden_file_without_a_spec():
    assert sorted(file.name for file in CHECKS.glob("*.yaml")) == sorted(WANTED)


@pytest.mark.bed
@pytest.mark.parametrize("name", WANTED)
def test_prometheus_accepts_a_golden_file(name):
    assert promtool.check(yaml.safe_load((CHECKS / name).read_text())["spec"]) == ""
