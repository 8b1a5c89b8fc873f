"""examples/synthetic in a cluster, as they are: deployed shop, pods of the checks, outcomes in status."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.bed.kubeclient import SERVICE
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.unit.synthetic.example_faults import JOURNEYS, ROWS

from fireline.api.labels import RUN_NOW
from fireline.api.resources import SYNTHETIC_CHECK

pytestmark = pytest.mark.bed
NAMESPACE = "shop"
EXAMPLES = Path(__file__).parents[2] / "examples" / "synthetic"
ONE_EACH = {row.example: row for row in ROWS if "mode" in row.fault or row.example == "push"}
"""A fault for each example that only its pod can see."""
_nonces = count(1)


@pytest.fixture(scope="module")
def shop(pods: World) -> Iterator[str]:
    """URL of the shop of the examples, which are all applied."""
    pods.client.namespace(NAMESPACE)
    pods.apply(EXAMPLES)
    address = pods.client.get(SERVICE, "shop", NAMESPACE)["spec"]["clusterIP"]
    url = f"http://{address}:8080"
    wait_for(lambda: requests.get(f"{url}/health", timeout=10).ok, what="the shop answers")
    yield url
    pods.kubectl("delete", "-n", NAMESPACE, "--wait=false", "-f", str(EXAMPLES))


def run_now(pods: World, examples: set[str]) -> dict[str, dict[str, Any]]:
    """Runs these examples once, each in a pod of its own; the results by example, as status has them."""
    nonce = f"example-{next(_nonces)}"
    for example in examples:
        patch = {"metadata": {"annotations": {RUN_NOW: nonce}}}
        pods.client.patch(SYNTHETIC_CHECK, f"shop-{example}", NAMESPACE, patch)
    return {example: result(pods, f"shop-{example}", nonce) for example in examples}


def result(pods: World, name: str, nonce: str) -> dict[str, Any]:
    """The run that was started for this value of the annotation."""

    def found() -> dict[str, Any] | None:
        status = pods.client.get(SYNTHETIC_CHECK, name, NAMESPACE).get("status", {})
        manual = status.get("manual", {})
        if manual.get("nonce") != nonce or manual.get("state") != "Done":
            return None
        runs = [status.get("lastRun", {}), *status.get("history", ())]
        return next((run for run in runs if run.get("job") == manual["job"]), None)

    return wait_for(found, what=f"the result of {name} for {nonce}")


def run_in_time(pods: World, examples: set[str]) -> dict[str, dict[str, Any]]:
    """Runs whose pods got enough of a busy computer to say something of the shop."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(5):
        found |= run_now(pods, examples)
        examples = {name for name in examples if found[name].get("reason") == "Timeout"}
        if not examples:
            break
    return found


def left(shop: str) -> dict[str, int]:
    """Objects in the shop, by kind."""
    found: dict[str, int] = requests.get(f"{shop}/admin/objects", timeout=30).json()
    return found


def test_every_example_succeeds_in_a_pod_and_leaves_nothing(pods: World, shop: str):
    found = run_in_time(pods, set(JOURNEYS))
    said = {name: one.get("message") for name, one in found.items()}
    assert {name: one["outcome"] for name, one in found.items()} == dict.fromkeys(JOURNEYS, "success"), said
    assert set(left(shop).values()) == {0}


@pytest.mark.parametrize("example", sorted(ONE_EACH))
def test_with_its_fault_an_example_fails_in_a_pod_at_its_step(pods: World, shop: str, example: str):
    row = ONE_EACH[example]
    faults = {"endpoints": {row.endpoint: row.fault}}
    requests.put(f"{shop}/faults", json=faults, timeout=30).raise_for_status()
    try:
        found = run_in_time(pods, {example})[example]
    finally:
        requests.put(f"{shop}/faults", json={"endpoints": {}}, timeout=30).raise_for_status()
    assert (found["outcome"], found["step"], found["reason"]) == (row.outcome, row.step, row.reason)
