"""AlertmanagerConfigs drawn at random, hostile ones among them: what we take Alertmanager loads, and what we
say it would refuse it refuses."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.routes import amtool, broken, everything
from tests.routes.rejected import REJECTED

from fireline.alerting.effective import DEFAULT_BASE, breaks_everything, merged, refused

pytestmark = pytest.mark.bed

DRAWN = 400
NAMES = ("a", "severity", "größe", "a b", 'a="x",b', "a=~", "{a", "", " ", "a\n", "a'b", "0", "a.b-c/d")
VALUES = ("x", "", "(", "[", "*", "a{2000}", r"\pL", r"\d", '"', "\\", "\n", "x|y", "(?i)x", "(?<n>x)", "é")
LENGTHS = ("0s", "0", "1d", "24h", "90s", "1h30m", "9999999y", "", "5m0s", "1w2d", "1500ms", "60m")
WORKING = everything.full("shop", "drawn")["spec"]["receivers"]
CHANGES = [*broken.STOPPING.values(), *broken.REFUSED.values(), *(change for change, _ in REJECTED.values())]


@dataclass(frozen=True)
class Verdict:
    """What we and amtool say about one object. ``seed`` draws it again."""

    seed: int
    refused: tuple[str, ...]
    breaking: tuple[str, ...]
    amtool: str


def drawn(seed: int) -> dict[str, Any]:
    """A configuration with one to three things that may be wrong with it."""
    source = random.Random(seed)
    made = broken.config("shop", "drawn")
    made["spec"]["receivers"][0] = {**source.choice(WORKING), "name": "one"}
    for _ in range(source.randint(1, 3)):
        source.choice([_known, _matchers, _lengths, _grouping, _inhibition])(source, made)
    return made


def test_what_is_neither_refused_nor_breaking_is_loaded_and_what_breaks_is_not(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        verdicts = list(pool.map(lambda seed: _judged(seed, tmp_path), range(DRAWN)))

    taken = [one for one in verdicts if not one.refused and not one.breaking]
    breaking = [one for one in verdicts if not one.refused and one.breaking]
    by_alertmanager = [
        one for one in breaking if any(words.endswith("whole configuration") for words in one.breaking)
    ]
    assert [one for one in taken if one.amtool] == []
    assert [one for one in by_alertmanager if not one.amtool] == []
    assert min(len(taken), len(by_alertmanager)) > 0.1 * DRAWN


def _judged(seed: int, folder: Path) -> Verdict:
    config = drawn(seed)
    reasons = tuple(refused(config))
    if reasons:
        return Verdict(seed, reasons, (), "")
    configuration = merged(DEFAULT_BASE, [config], alertmanager_namespace="monitoring")
    said = amtool.check(amtool.write(configuration, folder, f"{seed}.yaml"))
    return Verdict(seed, (), tuple(breaks_everything(config)), said)


def _known(source: random.Random, made: dict[str, Any]) -> None:
    source.choice(CHANGES)(made)


def _matchers(source: random.Random, made: dict[str, Any]) -> None:
    matcher = {"name": source.choice(NAMES), "value": source.choice(VALUES)}
    if source.random() < 0.7:
        matcher["matchType"] = source.choice(["=", "!=", "=~", "!~"])
    else:
        matcher["regex"] = source.random() < 0.5
    made["spec"]["route"]["matchers"] = [matcher]


def _lengths(source: random.Random, made: dict[str, Any]) -> None:
    field = source.choice(["groupWait", "groupInterval", "repeatInterval"])
    made["spec"]["route"]["routes"] = [{"receiver": "one", field: source.choice(LENGTHS)}]
    if source.random() < 0.5:
        hook = {"url": "https://h.example", "timeout": source.choice(LENGTHS)}
        made["spec"]["receivers"][0] = {"name": "one", "webhookConfigs": [hook]}


def _grouping(source: random.Random, made: dict[str, Any]) -> None:
    names = source.sample(["a", "...", "", "a b", "ä", "__x__"], source.randint(1, 2))
    made["spec"]["route"]["groupBy"] = names


def _inhibition(source: random.Random, made: dict[str, Any]) -> None:
    kind = source.choice(["=", "!~"])
    side = {"name": source.choice(NAMES), "value": source.choice(VALUES), "matchType": kind}
    rule = {"sourceMatch": [side], "targetMatch": [], "equal": [source.choice(NAMES)]}
    made["spec"]["inhibitRules"] = [rule]
