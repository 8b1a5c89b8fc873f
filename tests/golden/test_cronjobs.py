"""What checks become, byte for byte: read the golden files as documentation."""

from __future__ import annotations

import pytest
import yaml

from tests.golden.cronjob_files import CRON_JOBS, wanted

WANTED = wanted()


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_check_becomes_what_its_golden_file_says(name: str):
    assert (CRON_JOBS / name).read_text() == WANTED[name], "run `make golden` and read the difference"


def test_there_is_no_golden_file_without_a_spec():
    assert {file.name for file in CRON_JOBS.glob("*.yaml")} == WANTED.keys()


@pytest.mark.parametrize("name", sorted(WANTED))
def test_the_comments_change_nothing(name: str):
    assert yaml.safe_load(WANTED[name])["kind"] == "CronJob"
