"""The states of alerts in the replay are those Prometheus gives them, evaluation by evaluation."""

from __future__ import annotations

import random
from itertools import groupby

import pytest

from tests import promtool
from tests.library.states import Held, episodes, firing

STEP = 60
LENGTH = 120
HOLDS = [Held(), Held(wait=120), Held(keep=180), Held(wait=180, keep=240), Held(wait=90, keep=90)]
SEEDS = 6


def drawn(seed: int) -> list[bool]:
    """Stretches of either, some of them a single evaluation."""
    random_, found = random.Random(seed), []
    while len(found) < LENGTH:
        found += [random_.random() < 0.5] * random_.choice([1, 1, 2, 3, 4, 7])
    return found[:LENGTH]


def values(outside: list[bool]) -> str:
    """In promtool's notation, one value per evaluation."""
    return " ".join(str(int(one)) for one in outside)


@pytest.fixture(scope="module")
def seen() -> dict[tuple[int, int], list[bool]]:
    """Whether each alert fires at each evaluation, by number of ``HOLDS`` and seed, as promtool says."""
    rules = [
        {
            "alert": f"Hold{number}",
            "expr": "value == 1",
            **({"for": f"{held.wait:g}s"} if held.wait else {}),
            **({"keep_firing_for": f"{held.keep:g}s"} if held.keep else {}),
        }
        for number, held in enumerate(HOLDS)
    ]
    series = {f'value{{seed="{seed}"}}': values(drawn(seed)) for seed in range(SEEDS)}
    asked = [(STEP * at, 'ALERTS{alertstate="firing"}') for at in range(LENGTH)]
    answers = promtool.evaluate(
        {"groups": [{"name": "states", "rules": rules}]}, series, asked, step=STEP, scrape=STEP
    )
    found = {(number, seed): [False] * LENGTH for number in range(len(HOLDS)) for seed in range(SEEDS)}
    for at, answer in enumerate(answers):
        for got in answer:
            found[int(got.labels["alertname"].removeprefix("Hold")), int(got.labels["seed"])][at] = True
    return found


@pytest.mark.bed
@pytest.mark.parametrize("number", range(len(HOLDS)))
def test_it_fires_when_prometheus_says_so(seen: dict[tuple[int, int], list[bool]], number: int):
    for seed in range(SEEDS):
        assert any(seen[number, seed])
        assert list(firing(drawn(seed), HOLDS[number], STEP)) == seen[number, seed]


def test_a_limit_to_resolve_at_counts_only_once_it_fires():
    outside = [False, True, False, False, True, True, False, False]
    within = [True, True, True, False, True, True, True, False]
    fires = list(firing(outside, Held(wait=60), 60, within))
    assert fires == [False, False, False, False, False, True, True, False]


def test_episodes_are_the_stretches_of_firing():
    fires = [True, False, True, True, False, False, True]
    assert list(episodes(fires)) == [(0, 0), (2, 3), (6, 6)]
    assert len(list(episodes(fires))) == sum(one for one, _ in groupby(fires))
