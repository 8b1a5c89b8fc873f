"""What the steps of a run make in the shop is taken away, whatever ends the run; counted in the shop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.shoppod import ShopPod
from tests.bed.podbed.world import World
from tests.bed.shopapi.accounts import API_TOKEN
from tests.bed.waiting import wait_for
from tests.e2e.asking import Checks, container_of

pytestmark = pytest.mark.bed

MACHINE = {"Authorization": "Bearer ${apiToken}"}
SWEEP = [
    {
        "name": "find-left",
        "http": {"url": "${base}/api/events", "query": {"owner": "${run.check}"}, "headers": MACHINE},
    },
    {
        "name": "remove-left",
        "forEach": {"from": "find-left", "jsonPath": "$.items[*].id", "variable": "left"},
        "http": {"method": "DELETE", "url": "${base}/api/events/${left}", "headers": MACHINE},
    },
]
CREATE = {
    "name": "create",
    "http": {
        "method": "POST",
        "url": "${base}/api/events",
        "headers": MACHINE,
        "json": {"title": "Probe", "owner": "${run.check}", "run": "${run.id}"},
    },
    "capture": [{"variable": "event", "jsonPath": "$.id"}],
}
LOOK = {"name": "look", "http": {"url": "${base}/api/events/${event}", "headers": MACHINE}}
WRONG = {**LOOK, "assert": [{"jsonPath": "$.title", "equals": "Coffee tasting"}]}
REMOVE = {
    "name": "remove",
    "http": {"method": "DELETE", "url": "${base}/api/events/${event}", "headers": MACHINE},
}


@dataclass(frozen=True, slots=True)
class Story:
    """Checks that make events in a shop."""

    checks: Checks
    shop: ShopPod

    def apply(self, name: str, step: dict[str, Any], *, timeout: str = "60s") -> None:
        """A check that creates an event and then carries out this step."""
        secret = {"name": "probe", "key": "apiToken"}
        variables = [
            {"name": "base", "value": self.shop.inside},
            {"name": "apiToken", "secretKeyRef": secret},
        ]
        spec = {"sweep": SWEEP, "steps": [CREATE, step], "cleanup": [REMOVE], "cleanupTimeout": "10s"}
        self.checks.apply(name, {"timeout": timeout, "variables": variables, **spec})

    def left(self) -> int:
        """Events in the shop."""
        found = requests.get(f"{self.shop.url}/admin/objects", timeout=30)
        return int(found.json()["events"])


@pytest.fixture(scope="module")
def story(pods: World, make_checks: Callable[[], Checks]) -> Story:
    """A shop of its own."""
    checks = make_checks()
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"apiToken": API_TOKEN}}
    pods.client.apply({**secret, "metadata": {"name": "probe", "namespace": checks.namespace}})
    return Story(checks, pods.shop(checks.namespace))


def cleaned(run: dict[str, Any]) -> dict[str, str]:
    """What came of each step of sweep and cleanup."""
    return {step["name"]: step["outcome"] for step in run["cleanup"]}


def test_after_failure_time_out_and_deletion_nothing_is_left_and_what_a_kill_left_the_next_run_takes_away(
    story: Story, pods: World, pod_bed: PodBed
):
    checks, shop = story.checks, story.shop
    for name in ("deleted", "killed"):
        story.apply(name, LOOK)
    story.apply("timed-out", LOOK, timeout="4s")
    story.apply(
        "failed", {**WRONG, "http": {**CREATE["http"], "method": "GET"}, "assert": [{"status": [418]}]}
    )
    shop.faults(endpoints={"events.get": {"hang": True}})
    assert story.left() == 0
    nonces = checks.start("deleted", "killed")
    wait_for(lambda: story.left() == 2, what="both have made their event, and hang")
    nonces |= checks.start("failed", "timed-out")
    ended = checks.results({name: nonces[name] for name in ("failed", "timed-out")})
    assert story.left() == 2

    pod = checks.running("deleted")["metadata"]["name"]
    pods.kubectl("delete", "pod", pod, "-n", checks.namespace, "--wait=false")
    ended |= checks.results({"deleted": nonces["deleted"]})
    assert story.left() == 1

    pod_bed.node.containers.kill(container_of(checks.running("killed"))["containerID"])
    ended |= checks.results({"killed": nonces["killed"]})
    assert story.left() == 1

    assert {name: (run["outcome"], run["reason"], run.get("step")) for name, run in ended.items()} == {
        "failed": ("failure", "StatusMismatch", "look"),
        "timed-out": ("error", "Timeout", "look"),
        "deleted": ("infra", "PodDeleted", "look"),
        "killed": ("infra", "NoMessage", None),
    }
    for name in ("failed", "timed-out", "deleted"):
        assert cleaned(ended[name])["remove"] == "success"

    shop.faults(endpoints={})
    run = checks.ran("killed")["killed"]
    assert run["outcome"] == "success"
    assert cleaned(run) == {"find-left": "success", "remove-left": "success", "remove": "success"}
    assert story.left() == 0
