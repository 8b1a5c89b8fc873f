"""What SyntheticChecks cost the API server, counted at the fault proxy before ``fireline run``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.bed.checkruns import CheckRuns, run_now
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig

from fireline.api.plan import Manifest
from fireline.api.resources import CRON_JOB, JOB, PROMETHEUS_RULE, SYNTHETIC_CHECK

pytestmark = pytest.mark.bed

SETTINGS = {"checks": {"image": "registry.example/fireline:1"}}
STATUS = "patch syntheticchecks/status/health"


@pytest.fixture(scope="module")
def rig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own, with one settled check."""
    with a_rig(cluster, tmp_path_factory.mktemp("check-calls"), toy=False, settings=SETTINGS) as running:
        running.client.create(a_check(running))
        settled(running)
        yield running


@pytest.fixture(autouse=True)
def _empty_log(rig: Rig) -> None:
    rig.await_idle()
    rig.proxy.log.clear()


def a_check(rig: Rig, name: str = "health", **spec: Any) -> Manifest:
    """A check that runs once a day, so that no slot passes while a test looks."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": rig.namespace},
        "spec": {
            "schedule": {"every": "24h"},
            "steps": [{"name": "home", "http": {"url": "http://shop.example/health"}}],
            **spec,
        },
    }


def check(rig: Rig, name: str = "health") -> Manifest:
    """A check as the server holds it."""
    return rig.client.get(SYNTHETIC_CHECK, name, rig.namespace)


def settled(rig: Rig, name: str = "health") -> Manifest:
    """Wait until the status is about the check as it is, its counters were read, and nothing more happens."""

    def told() -> bool:
        found = check(rig, name)
        status = found.get("status", {})
        fresh = status.get("observedGeneration") == found["metadata"]["generation"]
        return fresh and (status["counted"] or not rig.metric("fireline_check_expected", check=name))

    wait_for(told, what=f"{name} is planned")
    rig.await_idle()
    return check(rig, name)


def writes(rig: Rig) -> list[str]:
    """The writes so far, once the operator has surely seen what was done before."""
    rig.client.apply(a_check(rig, "fence", timeout=f"{len(rig.proxy.log.writes()) % 9 + 1}s"))
    settled(rig, "fence")
    return sorted(write for write in rig.writes() if "fence" not in write)


def test_creation_costs_two_applies_one_status_and_one_once_its_zeros_were_read(rig: Rig):
    rig.client.create(a_check(rig, "web"))
    settled(rig, "web")

    assert writes(rig) == [
        "apply cronjobs/web",
        "apply prometheusrules/syntheticcheck-web",
        "patch syntheticchecks/status/web",
        "patch syntheticchecks/status/web",
    ]


def test_a_run_costs_one_status(rig: Rig):
    runs = CheckRuns(rig.client, rig.namespace)
    before = check(rig)["status"]["totals"]
    begun = runs.begin("health", slot_of(rig))
    rig.await_idle()
    assert writes(rig) == [], "that it runs is no news"

    runs.end(begun, "failure", step="home", reason="StatusMismatch", message="expected 200, found 503")
    status = wait_for(lambda: changed(rig, before), what="the run is counted")
    assert status["totals"]["failure"] == before["failure"] + 1
    assert writes(rig) == [STATUS]

    runs.clear(begun)
    rig.proxy.log.clear()
    assert writes(rig) == [], "what was counted may go"


def test_an_edit_that_changes_nothing_rendered_costs_nothing(rig: Rig):
    rig.client.patch(SYNTHETIC_CHECK, "health", rig.namespace, {"metadata": {"annotations": {"note": "x"}}})

    assert writes(rig) == []


@pytest.mark.parametrize(
    ("resource", "name", "damage"),
    [
        (CRON_JOB, "health", {"spec": {"schedule": "0 0 1 1 *"}}),
        (CRON_JOB, "health", None),
        (PROMETHEUS_RULE, "syntheticcheck-health", {"spec": {"groups": []}}),
    ],
    ids=["cron-job-edited", "cron-job-deleted", "rule-edited"],
)
def test_damage_is_mended_by_one_apply(rig: Rig, resource: Any, name: str, damage: Manifest | None):
    before = rig.client.get(resource, name, rig.namespace)["spec"]
    if damage is None:
        rig.client.delete(resource, name, rig.namespace)
    else:
        rig.client.patch(resource, name, rig.namespace, damage)

    def mended() -> bool:
        found = rig.client.find(resource, name, rig.namespace)
        return found is not None and found["spec"] == before

    wait_for(mended, what="the damage is mended")
    mends = [write for write in writes(rig) if "delete" not in write]
    assert mends == [f"apply {resource.plural}/{name}"]


def test_a_run_on_demand_costs_a_job_and_two_statuses(rig: Rig):
    runs = CheckRuns(rig.client, rig.namespace)
    before = check(rig)["status"]["totals"]
    run_now(rig.client, "health", rig.namespace, "first", SYNTHETIC_CHECK)
    manual = wait_for(lambda: check(rig)["status"].get("manual"), what="the run was started")
    job = rig.client.get(JOB, manual["job"], rig.namespace)
    begun = runs.follow(job, datetime.now(UTC))
    runs.end(begun)
    status = wait_for(lambda: changed(rig, before), what="the run is told")

    assert status["manual"]["state"] == "Done"
    assert status["totals"] == {**before, "manual": before["manual"] + 1}
    assert writes(rig) == ["create jobs", STATUS, STATUS]


def test_a_restart_costs_nothing(rig: Rig):
    rig.operator.stop()
    rig.proxy.log.clear()
    rig.operator.start()
    rig.await_idle()

    assert [write for write in rig.writes() if "leases" not in write] == []


def changed(rig: Rig, before: Manifest) -> Manifest | None:
    """The status, once the totals are others."""
    status: Manifest = check(rig)["status"]
    return status if status["totals"] != before else None


def slot_of(rig: Rig) -> datetime:
    """A slot after the last one that was counted, and not in the future."""
    through = datetime.fromisoformat(check(rig)["status"]["ledger"]["through"])
    return max(through + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
