"""The prober as a real pod, in a namespace with the strictest pod security: what only a kubelet can show.

One story, in order: the pod is shared, a missing Secret stops nobody else, a change of a journey reaches the
running pod, and a pod that is deleted or killed loses nothing that is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bed.kubeclient import SECRET, Manifest
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e.asking import Checks

from fireline.api import labels
from fireline.api.resources import POD

pytestmark = pytest.mark.bed

EVERY = {"runner": "Prober", "schedule": {"every": "5s"}, "timeout": "2s", "cleanupTimeout": "1s"}
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
DNS = {"name": "dns", "dns": {"name": "kubernetes.default.svc.cluster.local"}}
NOBODY = {"name": "dns", "dns": {"name": "nobody.default.svc.cluster.local"}}
TOKEN = {"name": "token", "secretKeyRef": {"name": "probe", "key": "host"}}
SECRETIVE = {"name": "dns", "dns": {"name": "${token}.default.svc.cluster.local"}}
_SELECTOR = f"{labels.OWNER_KIND}=Prober"


@pytest.fixture(scope="module")
def checks(pods: World) -> Iterator[Checks]:
    """Two checks of one prober, one of which names a Secret that is not there yet."""
    found = Checks(pods, pods.client.namespace("e2e-prober", RESTRICTED))
    found.apply("open", {**EVERY, "steps": [DNS]})
    found.apply("secretive", {**EVERY, "steps": [SECRETIVE], "variables": [TOKEN]})
    yield found
    for name in ("open", "secretive"):
        pods.kubectl("delete", "-n", found.namespace, "--wait=false", "syn", name)


def prober(checks: Checks) -> Manifest:
    """The pod that is to stay."""
    found = checks.client.list(POD, checks.namespace, labels=_SELECTOR)
    (one,) = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
    return one


def total(checks: Checks, name: str, outcome: str) -> int:
    return int(checks.status(name).get("totals", {}).get(outcome, 0))


def runs(checks: Checks, name: str) -> list[dict[str, Any]]:
    """Those in the history that a prober told of."""
    return [run for run in checks.status(name).get("history", ()) if run.get("id")]


def test_both_checks_are_run_by_one_pod_and_a_missing_secret_stops_only_the_one_that_names_it(checks):
    wait_for(lambda: total(checks, "open", "success") >= 2, what="two runs")
    wait_for(lambda: runs(checks, "secretive"), what="a run of the other")
    assert {run["reason"] for run in runs(checks, "secretive")} == {"MissingSecret"}
    assert total(checks, "open", "infra") == 0
    (container,) = prober(checks)["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    assert not any("serviceaccount" in path for path in mounts)


def test_a_secret_and_a_changed_journey_reach_the_running_pod(checks):
    before = prober(checks)
    data = {"stringData": {"host": "kubernetes"}}
    metadata = {"name": "probe", "namespace": checks.namespace}
    checks.client.apply({"apiVersion": "v1", "kind": SECRET.kind, "metadata": metadata, **data})
    checks.apply("open", {**EVERY, "steps": [NOBODY]})
    wait_for(lambda: total(checks, "open", "failure") >= 1, what="the new journey")
    wait_for(lambda: total(checks, "secretive", "success") >= 1, what="the Secret")
    after = prober(checks)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.parametrize("grace", ["30", "0"], ids=["deleted", "killed"])
def test_after_the_pod_is_gone_another_goes_on_and_everything_adds_up(pods, checks, grace):
    before, successes = prober(checks)["metadata"]["name"], total(checks, "secretive", "success")
    force = ["--force"] if grace == "0" else []
    pods.kubectl("delete", "-n", checks.namespace, "pod", before, f"--grace-period={grace}", *force)
    wait_for(lambda: prober(checks)["metadata"]["name"] != before, what="another pod")
    wait_for(lambda: total(checks, "secretive", "success") > successes + 1, what="runs of it")
    totals = checks.status("secretive")["totals"]
    assert totals["expected"] == sum(totals[one] for one in ("success", "failure", "error", "infra"))
    ids = [run["id"] for run in runs(checks, "secretive")]
    assert len(ids) == len(set(ids))
