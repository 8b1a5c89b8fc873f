"""500 policies drawn at random, through prometheus-operator into one Alertmanager."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.bed.alertmanager import base_config
from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.routes import amtool
from tests.routing.rig import Routing, secret
from tests.routing.strategies import SECRET, labels, policies
from tests.routing.written import compiled, config_of

from fireline.alerting import raw
from fireline.alerting.checks import read
from fireline.alerting.effective import merged
from fireline.alerting.receivers import not_in_files
from fireline.alerting.simulate import Simulation
from fireline.api.alert_policy import AlertPolicy
from fireline.settings import Settings

pytestmark = pytest.mark.bed

POLICIES, NAMESPACES, SEED = 500, 50, 5
ALERTS = 1000
BASE = base_config("http://base.example:8080")


@pytest.fixture(scope="module")
def drawn() -> list[Manifest]:
    return policies(POLICIES, namespaces=NAMESPACES, seed=SEED)


@pytest.fixture(scope="module")
def configs(drawn: list[Manifest]) -> list[Manifest]:
    return [config_of(policy) for policy in drawn]


@pytest.fixture(scope="module")
def in_files(drawn: list[Manifest]) -> list[Manifest]:
    """Those that can be delivered with credentials in files: most."""
    found = [
        policy
        for policy in drawn
        if not any(list(not_in_files(one)) for one in AlertPolicy.of(policy).spec.receivers)
    ]
    assert len(found) > POLICIES / 2
    return found


def effective(configs: list[Manifest]) -> Manifest:
    return merged(BASE, configs, alertmanager_namespace="monitoring")


def test_every_drawn_policy_is_valid(drawn: list[Manifest]) -> None:
    for policy in drawn:
        found, issues = read(policy, settings=Settings())
        assert found is not None, (policy, issues)


def test_the_draw_has_everything_in_it(drawn: list[Manifest]) -> None:
    specs = [policy["spec"] for policy in drawn]
    kinds = {kind for spec in specs for one in spec["receivers"] for kind in one if kind != "name"}
    modes = {spec["escalation"]["mode"] for spec in specs if "escalation" in spec}
    assert len(kinds) >= 13
    assert modes == {"Auto", "Alertmanager", "Rules"}
    for part in ("hours", "fallback", "deadman", "inhibition", "escalation"):
        assert sum(part in spec for spec in specs) > POLICIES / 5, part


def test_amtool_takes_all_of_them_merged(configs: list[Manifest], tmp_path: Path) -> None:
    assert amtool.check(amtool.write(effective(configs), tmp_path)) == ""


def test_amtool_takes_them_in_alertmanagers_own_words(in_files: list[Manifest], tmp_path: Path) -> None:
    own = raw.merged(BASE, [raw.fragment(compiled(policy)) for policy in in_files])
    assert amtool.check(amtool.write(own, tmp_path)) == ""


def test_both_ways_of_delivery_tell_the_same_receivers(in_files: list[Manifest]) -> None:
    own = Simulation.of(raw.merged(BASE, [raw.fragment(compiled(policy)) for policy in in_files]))
    confined = Simulation.of(effective([config_of(policy) for policy in in_files]))
    source = random.Random(SEED)
    for _ in range(ALERTS):
        alert = labels(source, source.choice(in_files))
        assert list(own.receivers(alert)) == list(confined.receivers(alert)), alert


def test_prometheus_operator_refuses_none_and_alertmanager_loads_every_receiver(
    routing: Routing, configs: list[Manifest]
) -> None:
    keys = {key for config in configs for key in secret_keys(config["spec"])}
    values = dict.fromkeys(sorted(keys), "http://receiver.example:8080/x")
    for number in range(NAMESPACES):
        namespace = routing.client.namespace(f"drawn-{number}")
        routing.client.apply(secret(namespace, SECRET, **values))

    routing.deliver(configs)

    assert routing.counted("selected") >= POLICIES
    assert routing.counted("rejected") == 0
    assert [one for one in routing.rejections() if one.startswith("drawn-")] == []
    routing.withdraw([f"drawn-{number}" for number in range(NAMESPACES)])


def test_a_configuration_that_prometheus_operator_refuses_would_be_noticed(
    routing: Routing, configs: list[Manifest]
) -> None:
    namespace = routing.client.namespace("without-secrets")
    broken = next(config for config in configs if list(secret_keys(config["spec"])))
    routing.client.apply({**broken, "metadata": {"name": "broken", "namespace": namespace}})
    wait_for(
        lambda: routing.counted("rejected") == 1 and routing.rejections(),
        what="the refusal of a configuration whose Secret is missing",
    )
    routing.withdraw([namespace])
    wait_for(lambda: routing.counted("rejected") == 0, what="its end")


def secret_keys(found: Any) -> Iterator[str]:
    """Keys of every reference to a Secret in an AlertmanagerConfig."""
    if isinstance(found, dict):
        if found.get("name") == SECRET and "key" in found:
            yield found["key"]
        for value in found.values():
            yield from secret_keys(value)
    elif isinstance(found, list):
        for value in found:
            yield from secret_keys(value)


def test_alerts_about_them_go_where_amtool_says(
    drawn: list[Manifest], configs: list[Manifest], tmp_path: Path
) -> None:
    by_namespace: dict[str, list[int]] = {}
    for number, policy in enumerate(drawn):
        by_namespace.setdefault(policy["metadata"]["namespace"], []).append(number)

    def differing(namespace: str) -> Iterator[tuple[dict[str, str], list[str], list[str]]]:
        numbers = by_namespace[namespace]
        found = effective([configs[number] for number in numbers])
        file = amtool.write(found, tmp_path, f"{namespace}.yaml")
        simulation, source = Simulation.of(found), random.Random(namespace)
        for _ in range(ALERTS // NAMESPACES):
            alert = labels(source, drawn[source.choice(numbers)])
            ours, theirs = list(simulation.receivers(alert)), amtool.receivers(file, alert)
            if ours != theirs:
                yield alert, ours, theirs

    with ThreadPoolExecutor(3) as pool:
        assert [
            one for found in pool.map(lambda name: list(differing(name)), by_namespace) for one in found
        ] == []
