"""The operator runs in a cluster as its manifests install it, from an image with what it needs, no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.bed.images import contents
from tests.bed.images.closure import closure, dependencies, normal
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"
VERSIONS = (
    "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
)


def in_operator(pods: World, *command: str, check: bool = True) -> str:
    """Runs a command in the operator's container."""
    return pods.kubectl("exec", "-n", "fireline", "deployment/fireline", "--", *command, check=check)


def condition(pods: World, name: str, namespace: str, type_: str) -> str:
    """Status of one condition of an SLO; empty when it has none."""
    found = pods.client.get(SLO, name, namespace).get("status", {}).get("conditions", ())
    return next((one["status"] for one in found if one["type"] == type_), "")


def plans(pods: World, name: str, namespace: str) -> bool:
    """Whether the operator has found the SLO valid and written its rules."""
    return (
        condition(pods, name, namespace, "Valid") == "True"
        and pods.client.find(PROMETHEUS_RULE, f"slo-{name}", namespace) is not None
    )


def test_it_turns_the_quickstart_into_rules(pods: World, namespace: str):
    applied = pods.apply(QUICKSTART, namespace)
    names = [slo["metadata"]["name"] for slo in applied]
    assert len(names) == 2
    for name in names:
        wait_for(lambda name=name: plans(pods, name, namespace), what=f"rules of {name}")


def test_it_runs_without_root_and_cannot_write(pods: World):
    assert in_operator(pods, "id", "-u").strip() == "65532"
    for place in ("/", "/tmp", contents.HOME):
        assert "Read-only file system" in in_operator(pods, "touch", f"{place}/x", check=False)
    status = in_operator(pods, "cat", "/proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    # Filtered by seccomp, and no way to more rights.
    assert (fields["Seccomp"], fields["NoNewPrivs"]) == ("2", "1")


def test_its_image_has_the_locked_packages_and_no_others(pods: World):
    found = json.loads(in_operator(pods, "python", "-c", VERSIONS))
    here = closure(dependencies(contents.CHECKOUT / "pyproject.toml"))
    wanted = {name: package.version for name, package in here.items()}
    assert {normal(name): version for name, version in found.items()} == {
        **wanted,
        "fireline": found["fireline"],
    }


def test_killed_it_is_started_again_and_goes_on(pods: World, pod_bed: PodBed, namespace: str):
    (pod,) = pods.operator.pods()
    (before,) = pod["status"]["containerStatuses"]
    pod_bed.node.containers.kill(before["containerID"])

    def restarted() -> bool:
        (now,) = pods.operator.pods()[0]["status"]["containerStatuses"]
        return bool(now["restartCount"] > before["restartCount"] and now["ready"])

    wait_for(restarted, what="the container runs again")
    pods.operator.await_ready()
    (slo, *_) = pods.apply(QUICKSTART, namespace)
    wait_for(lambda: plans(pods, slo["metadata"]["name"], namespace), what="rules of an SLO made afterwards")
