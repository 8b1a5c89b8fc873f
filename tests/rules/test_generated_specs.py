"""Two hundred specs nobody would write: Prometheus accepts the rules of each, and hashes keep their word.

The seed is new in every run and shown when a test fails; ``FIRELINE_SEED=… pytest`` repeats a run.
"""

from __future__ import annotations

import json
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from fireline.api.crd import slo_schema
from fireline.api.resources import SLO
from fireline.promql.parse import canonical_query
from fireline.slo.checks import read
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import render_windows
from tests import promtool
from tests.rules import strategies
from tests.rules.specs import SETTINGS, a_manifest, a_spec, compiled, rules_for

COUNT = 200
SEED = int(os.environ.get("FIRELINE_SEED") or random.SystemRandom().randrange(2**32))
EXAMPLES = Path(__file__).parents[2] / "examples"

seeded = hypothesis.seed(SEED)
many = settings(
    max_examples=100,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(autouse=True)
def _say_the_seed() -> None:
    print(f"FIRELINE_SEED={SEED}")


def generate(count: int, *, seed: int = SEED) -> list[dict[str, Any]]:
    """So many valid objects; each with a name of its own, twenty to a namespace."""
    found: list[dict[str, Any]] = []

    @hypothesis.seed(seed)
    @settings(many, max_examples=count, phases=[Phase.generate])
    @given(strategies.manifests())
    def collect(manifest: dict[str, Any]) -> None:
        assume(is_valid(manifest))
        number = len(found)
        metadata = {**manifest["metadata"], "name": f"slo-{number}", "namespace": f"team-{number // 20}"}
        found.append({**manifest, "metadata": metadata})

    collect()
    return found


def is_valid(manifest: dict[str, Any]) -> bool:
    return read(manifest, sources=SETTINGS.sources)[0] is not None


@pytest.fixture(scope="module")
def generated() -> list[dict[str, Any]]:
    return generate(COUNT)


@pytest.mark.bed
def test_prometheus_accepts_the_rules_of_every_generated_spec(generated):
    members = defaultdict(list)
    for manifest in generated:
        members[manifest["metadata"]["namespace"]].append(compiled(manifest))
    assert sum(map(len, members.values())) == COUNT
    files = [rules_for(objectives) for objectives in members.values()]
    assert promtool.check({"groups": [group for file in files for group in file["groups"]]}) == ""


WITH_SLOS = sorted(file for file in EXAMPLES.rglob("*.yaml") if f"kind: {SLO.kind}" in file.read_text())


@pytest.mark.bed
@pytest.mark.parametrize("file", WITH_SLOS, ids=lambda file: file.stem)
def test_prometheus_accepts_the_rules_of_every_example(file):
    objectives = [compiled(manifest) for manifest in yaml.safe_load_all(file.read_text())]
    assert promtool.check(rules_for(objectives)) == ""


def test_most_generated_specs_are_valid_and_reach_every_field(generated):
    wanted = fields_of(slo_schema()["properties"]["spec"], "spec")
    # Two hundred miss a rare field now and then; that two thousand do means that nothing makes it.
    for more in range(10):
        manifests = generated if more == 0 else generate(COUNT, seed=SEED + more)
        wanted -= {path for manifest in manifests for path in paths_of(manifest["spec"], "spec")}
        if not wanted:
            return
    assert sorted(wanted) == []


def fields_of(schema: Mapping[str, Any], at: str) -> set[str]:
    """Every field of a schema as a dotted path."""
    found = set()
    for name, below in schema.get("items", schema).get("properties", {}).items():
        path = f"{at}.{name}"
        found |= {path} | fields_of(below, path)
    return found


def paths_of(value: object, at: str) -> Iterator[str]:
    """The dotted path of every field that is set; entries of a list share one."""
    if isinstance(value, list):
        for entry in value:
            yield from paths_of(entry, at)
    elif isinstance(value, dict):
        for name, below in value.items():
            yield f"{at}.{name}"
            yield from paths_of(below, f"{at}.{name}")


def rendered(objective: Objective) -> str:
    """Everything an SLO gives Prometheus, as bytes would be compared; maintenance as it is meant."""
    windows = render_windows(objective.namespace, objective.source, [wanted(objective)])
    texts = yaml.dump_all([render_rule(objective), windows], Dumper=yaml.CSafeDumper, sort_keys=False)
    return f"{texts}{objective.maintenance}"


def shuffled(value: Any, order: random.Random) -> Any:
    """The same value with its maps in another order."""
    if isinstance(value, list):
        return [shuffled(entry, order) for entry in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    order.shuffle(names)
    return {name: shuffled(value[name], order) for name in names}


@seeded
@many
@given(strategies.manifests(), st.randoms(use_true_random=False))
def test_rendering_depends_on_nothing_but_the_spec_and_on_no_order_of_maps(manifest, order):
    assume(is_valid(manifest))
    assert rendered(compiled(manifest)) == rendered(compiled(shuffled(manifest, order)))


@seeded
@many
@given(strategies.manifests())
def test_a_rule_object_survives_yaml_unchanged(manifest):
    assume(is_valid(manifest))
    rule = render_rule(compiled(manifest))
    assert yaml.load(yaml.dump(rule, Dumper=yaml.CSafeDumper), Loader=yaml.CSafeLoader) == rule
    assert plain_rules([rule])["groups"][0]["rules"] == rule["spec"]["groups"][0]["rules"]


def without_hash(objective: Objective) -> str:
    return rendered(objective).replace(objective.spec_hash, "HASH")


@seeded
@many
@given(strategies.manifests(), strategies.manifests(), st.data())
def test_the_spec_hash_changes_exactly_when_the_rules_do(manifest, other, data):
    field = data.draw(st.sampled_from(sorted(other["spec"])))
    changed = {**manifest, "spec": {**manifest["spec"], field: other["spec"][field]}}
    assume(is_valid(manifest))
    assume(is_valid(changed))
    before, after = compiled(manifest), compiled(changed)
    assert (before.spec_hash == after.spec_hash) == (without_hash(before) == without_hash(after))


@pytest.mark.parametrize(
    "edit",
    [
        {"description": "Said in other words"},
        {"alerting": {"disabled": True, "labels": {"team": "shop"}}},
        {"alerting": {"disabled": True, "budget": []}},
        {"alerting": {"disabled": True, "noData": {"action": "Ignore"}}},
    ],
    ids=lambda edit: json.dumps(edit)[:40],
)
def test_what_only_alerts_show_does_not_change_the_hash_of_an_slo_without_alerts(edit):
    quiet = a_spec(alerting={"disabled": True})
    assert compiled(a_manifest(quiet)).spec_hash == compiled(a_manifest(quiet | edit)).spec_hash, (
        "the hash is rendered itself: an edit that changes no rule would still be written"
    )


@seeded
@many
@given(strategies.manifests(), strategies.manifests())
def test_the_sli_hash_follows_the_indicator_and_nothing_else(manifest, other):
    assume(is_valid(manifest))
    assume(is_valid(other))
    assume(manifest["spec"]["indicator"] != other["spec"]["indicator"])
    first, second = compiled(manifest), compiled(other)
    same = {name: manifest["spec"].get(name) for name in ("indicator", "groupBy", "timeslice", "budgeting")}
    kept = {name: value for name, value in other["spec"].items() if name not in {*same, "alerting"}}
    elsewhere = {**other, "spec": kept | {name: value for name, value in same.items() if value}}
    assume(is_valid(elsewhere))
    assert compiled(elsewhere).sli == first.sli
    if first.sli == second.sli:
        assert canonical(first) == canonical(second)


def canonical(objective: Objective) -> tuple[object, ...]:
    indicator = objective.indicator
    if indicator is None:
        return (objective.composite,)
    counted = canonical_query(indicator.total), canonical_query(indicator.part)
    return *counted, indicator.counts, objective.group_by


TOTAL = {"metric": "http_requests_total"}


def sli(part: dict[str, str]) -> str:
    return compiled(a_manifest(a_spec({"ratio": {"bad": part, "total": TOTAL}}))).sli


@pytest.mark.parametrize(
    ("field", "spellings"),
    [
        (
            "metric",
            [
                'x_total{a="1",b=~"2|3"}',
                ' x_total { b=~"2|3" , a = "1", } ',
                "x_total{b=~'2|3',a=`1`}",
                '{__name__="x_total",b=~"2|3",a="1"}',
            ],
        ),
        (
            "query",
            [
                'sum(rate(x_total{a="1"}[$window])) + sum(rate(y_total[$window]))',
                'sum(rate(x_total{a="1"}[$window]))\n  + sum(rate(y_total[$window]))\n',
                'sum(rate(x_total{a="1"}[$window])) # failed\n+ sum(rate(y_total[$window])) # lost',
            ],
        ),
    ],
    ids=["selector", "query"],
)
def test_the_sli_hash_ignores_spelling(field, spellings):
    assert len({sli({field: text}) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("metric", 'x_total{a="1"}', 'x_total{a="2"}'),
        ("metric", 'x_total{a="1"}', 'x_total{a=~"1"}'),
        ("metric", 'x_total{a="b c"}', 'x_total{a="b  c"}'),
        ("query", 'sum(rate(x_total{a="b c"}[$window]))', 'sum(rate(x_total{a="b  c"}[$window]))'),
        ("query", 'sum(rate(x_total{a="#b"}[$window]))', 'sum(rate(x_total{a="#c"}[$window]))'),
        (
            "query",
            "sum(rate(x_total[$window])) # and\n+ sum(rate(y_total[$window]))",
            "sum(rate(x_total[$window])) # and + sum(rate(y_total[$window]))",
        ),
    ],
)
def test_the_sli_hash_tells_different_indicators_apart(field, one, other):
    assert sli({field: one}) != sli({field: other})
