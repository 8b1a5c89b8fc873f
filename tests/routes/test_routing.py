"""Alerts end at the receivers that Alertmanager itself says, whatever the configuration."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.routes import amtool, drawn

from fireline.alerting.simulate import Simulation

pytestmark = pytest.mark.bed

CONFIGURATIONS = 100
ALERTS = 10


def test_a_thousand_random_alerts_go_where_amtool_says(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        differing = list(pool.map(lambda seed: _differing(seed, tmp_path), range(CONFIGURATIONS)))

    assert [one for several in differing for one in several] == []


def _differing(seed: int, folder: Path) -> list[str]:
    source = random.Random(seed)
    configuration = drawn.configuration(source)
    file = amtool.write(configuration, folder, f"{seed}.yaml")
    simulation = Simulation.of(configuration)
    found = []
    for labels in (drawn.labels(source) for _ in range(ALERTS)):
        ours, theirs = list(simulation.receivers(labels)), amtool.receivers(file, labels)
        if ours != theirs:
            found.append(f"seed {seed}, {labels}: we say {ours}, amtool {theirs}; {configuration}")
    return found
