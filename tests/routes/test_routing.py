"""Alerts end at the receivers that Alertmanager itself says, whatever the configuration."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.routes import amtool, drawn

from fireline.alerting.simulate import Simulation

pytestmark = pytest.mark.bed

CONFIGURATIONS = 100
ALERTS = 10


def test_a_thousand_random_alerts_go_where_amtool_says(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = [
            one
            for some in pool.map(lambda seed: _asked(seed, tmp_path), range(CONFIGURATIONS))
            for one in some
        ]

    assert [one for one in answers if one.ours != one.theirs] == []
    # The configurations are not so odd that everything ends at the root.
    assert sum(one.ours != ["root"] for one in answers) > 0.5 * len(answers)
    assert sum(len(one.ours) > 1 for one in answers) > 0.2 * len(answers)


@dataclass(frozen=True)
class Answer:
    """What we and amtool say about one alert; ``seed`` draws the configuration again."""

    seed: int
    labels: dict[str, str]
    ours: list[str]
    theirs: list[str]


def _asked(seed: int, folder: Path) -> list[Answer]:
    source = random.Random(seed)
    configuration = drawn.configuration(source)
    file = amtool.write(configuration, folder, f"{seed}.yaml")
    simulation = Simulation.of(configuration)
    alerts = [drawn.labels(source) for _ in range(ALERTS)]
    return [
        Answer(seed, labels, list(simulation.receivers(labels)), amtool.receivers(file, labels))
        for labels in alerts
    ]
