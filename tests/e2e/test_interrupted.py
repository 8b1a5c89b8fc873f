"""Runs that something ends from outside while they are at work: infra with the reason, never a failure."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from tests.bed.kubeclient import Manifest, path_of
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e.asking import Checks, container_of, own_image
from tests.e2e.stranger import PORT
from tests.e2e.strangers import stranger

from fireline.api import labels
from fireline.api.resources import CRON_JOB, JOB, POD

pytestmark = pytest.mark.bed

SLEEPING = own_image("sleep", "600", timeout="60s")
PROBE = ("killed", "garbled", "flooded", "probe-evicted", "probe-deleted")
OWN = ("evicted", "deleted", "job-deleted")


@dataclass(frozen=True, slots=True)
class Running:
    """Checks whose runs are at work, and what to do to them."""

    pods: World
    bed: PodBed
    checks: Checks

    def pod(self, name: str) -> Manifest:
        """The pod of a run."""
        return self.checks.running(name)

    def write(self, name: str, text: str) -> None:
        """Leave this as the result, in place of the probe."""
        code = f"open('/dev/termination-log', 'w').write({text!r})"
        where = ("-n", self.checks.namespace, self.pod(name)["metadata"]["name"], "-c", "check")
        self.pods.kubectl("exec", *where, "--", "python3", "-c", code)

    def kill(self, name: str) -> None:
        """SIGKILL to its process."""
        self.bed.node.containers.kill(container_of(self.pod(name))["containerID"])

    def delete(self, name: str) -> None:
        """Delete its pod."""
        pod = self.pod(name)["metadata"]["name"]
        self.pods.kubectl("delete", "pod", pod, "-n", self.checks.namespace, "--wait=false")

    def delete_job(self, name: str) -> None:
        """Delete its Job, and its pod before."""
        job = self.pod(name)["metadata"]["labels"]["job-name"]
        how = ("--wait=false", "--cascade=foreground")
        self.pods.kubectl("delete", "job", job, "-n", self.checks.namespace, *how)

    def evict(self, name: str) -> None:
        """What ``kubectl drain`` does to each pod of a node."""
        pod = self.pod(name)["metadata"]["name"]
        about = {"name": pod, "namespace": self.checks.namespace}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": about}
        path = path_of(POD, self.checks.namespace, pod)
        self.pods.client.request("POST", f"{path}/eviction", body=eviction)


@pytest.fixture(scope="module")
def runs(pods: World, pod_bed: PodBed, make_checks: Callable[[], Checks]) -> dict[str, dict[str, Any]]:
    """Begins all of them, troubles each in its own way, and waits for what they come to."""
    checks = make_checks()
    host = stranger(pods, checks.namespace)
    hanging = {"timeout": "60s", "steps": [{"name": "ask", "http": {"url": f"http://{host}:{PORT}/silence"}}]}
    for name in PROBE:
        checks.apply(name, hanging)
    for name in OWN:
        checks.apply(name, SLEEPING)
    checks.apply(
        "sidecar", {"steps": [{"name": "dns", "dns": {"name": "kubernetes.default.svc.cluster.local"}}]}
    )
    nonces = checks.start(*PROBE, *OWN)
    beside(checks, "sidecar")
    trouble = Running(pods, pod_bed, checks)
    url = pods.platform.service_url(checks.namespace, "stranger", f"p{PORT}")
    wait_for(
        lambda: requests.get(f"{url}/silent", timeout=30).text == str(len(PROBE)),
        what="every probe waits for its answer",
    )
    trouble.write("garbled", "it went well")
    trouble.write("flooded", '{"v": 1, "outcome": "success", "message": "' + "x" * 9000)
    for name in ("killed", "garbled", "flooded"):
        trouble.kill(name)
    trouble.evict("evicted")
    trouble.evict("probe-evicted")
    trouble.delete("deleted")
    trouble.delete("probe-deleted")
    trouble.delete_job("job-deleted")
    return checks.results(nonces) | {"sidecar": by_hand(checks, "sidecar")}


def beside(checks: Checks, name: str) -> None:
    """A Job of the check's CronJob whose pod gets a second container that does not end by itself, as some
    meshes put one there."""
    template = wait_for(lambda: checks.client.find(CRON_JOB, name, checks.namespace), what="the CronJob")[
        "spec"
    ]["jobTemplate"]
    template = copy.deepcopy(template)
    pod = template["spec"]["template"]["spec"]
    pod["containers"].insert(
        0, {**pod["containers"][0], "name": "mesh", "command": ["sleep", "600"], "env": []}
    )
    checks.client.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": f"{name}-by-hand",
                "namespace": checks.namespace,
                "labels": template["metadata"]["labels"],
                "annotations": {labels.TRIGGER: "Manual"},
            },
            "spec": template["spec"],
        }
    )


def by_hand(checks: Checks, name: str) -> dict[str, Any]:
    """The only run of a check."""
    return wait_for(lambda: checks.status(name).get("lastRun"), what=f"a run of {name}")


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("killed", "NoMessage", ("ended without a result", "SIGKILL")),
        ("garbled", "MalformedMessage", ("what it wrote is no result", "not JSON")),
        ("flooded", "OversizedMessage", ("more than the 4096 bytes",)),
        ("evicted", "Evicted", ("removed the pod", "EvictionByEvictionAPI")),
        ("deleted", "PodDeleted", ("somebody deleted the pod before it was done",)),
        ("job-deleted", "JobDeleted", ("somebody deleted the Job before it was done",)),
        ("probe-evicted", "Evicted", ("ask: stopped before it was over", "EvictionByEvictionAPI")),
        ("probe-deleted", "PodDeleted", ("ask: stopped before it was over", "somebody deleted the pod")),
    ],
)
def test_a_run_that_is_ended_from_outside_has_measured_nothing(
    runs: dict[str, dict[str, Any]], name: str, reason: str, words: tuple[str, ...]
):
    run = runs[name]
    assert (run["outcome"], run.get("reason")) == ("infra", reason), run
    for said in words:
        assert said in run["message"]


def test_a_run_is_over_with_its_own_container_whatever_runs_on_beside_it(runs: dict[str, dict[str, Any]]):
    run = runs["sidecar"]
    assert (run["outcome"], run["job"]) == ("success", "sidecar-by-hand")


def test_the_result_of_a_run_outlives_a_restart_of_the_kubelet(
    pods: World, pod_bed: PodBed, make_checks: Callable[[], Checks]
):
    checks = make_checks()
    checks.apply("through", own_image("sh", "-c", "sleep 3; exit 1", timeout="30s"))
    nonces = checks.start("through")
    checks.running("through")
    pod_bed.node.kubelet.kill()
    try:
        assert checks.jobs("through")
    finally:
        pod_bed.node.kubelet.start()
    run = checks.results(nonces)["through"]
    assert (run["outcome"], run["reason"]) == ("failure", "ExitCode")
    assert pods.client.find(JOB, run["job"], checks.namespace)
