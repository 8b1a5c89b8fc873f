"""``status``, ``explain``, ``report`` and ``render`` of SyntheticChecks on a real API server and operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.checkruns import CheckRuns
from tests.bed.cluster import Cluster
from tests.bed.operator import RULE_LABELS
from tests.bed.waiting import wait_for
from tests.cli.check_statuses import FAILING
from tests.cluster.rig import Rig, a_rig

from fireline.api.labels import CORRELATION_ID
from fireline.api.resources import CRON_JOB, PROMETHEUS_RULE, SYNTHETIC_CHECK
from fireline.cli.main import main

pytestmark = pytest.mark.bed
Manifest = dict[str, Any]
SETTINGS = {"checks": {"image": "registry.example/fireline:1"}}
EVIDENCE = "GET http://shop.example/health\nanswered 503 after 3ms by 192.0.2.10:80"


def a_check(rig: Rig, name: str, **spec: Any) -> Manifest:
    """A check that runs once a day, so that no slot passes while a test looks."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": rig.namespace},
        "spec": {
            "schedule": {"every": "24h"},
            "availability": {"target": "99"},
            "steps": [{"name": "home", "http": {"url": "http://shop.example/health"}}],
            **spec,
        },
    }


def fireline(rig: Rig, command: str, *arguments: str) -> Result:
    options = ["--kubeconfig", str(rig.cluster.kubeconfig), "-n", rig.namespace]
    return CliRunner().invoke(main, [command, *options, *arguments], catch_exceptions=False)


def status_of(rig: Rig, name: str) -> Manifest:
    found: Manifest = rig.client.get(SYNTHETIC_CHECK, name, rig.namespace).get("status", {})
    return found


@pytest.fixture(scope="module")
def shop(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator with a check that ran three times, one that is wrong, and one that is suspended."""
    with a_rig(cluster, tmp_path_factory.mktemp("check-cli"), toy=False, settings=SETTINGS) as rig:
        rig.client.create(a_check(rig, "health"))
        rig.client.create(a_check(rig, "typo", schedule={"every": "7m"}))
        rig.client.create(a_check(rig, "rests", suspend=True))
        for name in ("health", "typo", "rests"):
            wait_for(lambda check=name: status_of(rig, check).get("conditions"), what=f"{name} is planned")
        runs = CheckRuns(rig.client, rig.namespace)
        said = {"step": "home", "reason": "StatusMismatch", "message": "home: expected status 200, found 503"}
        through = datetime.fromisoformat(status_of(rig, "health")["ledger"]["through"])
        start = max(through + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
        for number, outcome in enumerate(("success", "failure", "failure")):
            run = runs.begin("health", start + timedelta(seconds=number))
            runs.end(run, outcome, **(said | {"evidence": EVIDENCE} if outcome == "failure" else {}))
        wait_for(
            lambda: status_of(rig, "health").get("consecutiveFailures") == 2, what="the runs are counted"
        )
        yield rig


def test_the_table_has_the_checks_of_the_cluster(shop: Rig) -> None:
    done = fireline(shop, "status", "--checks", "-o", "json", "--fail-on", "failing")
    by_name = {one["name"]: one for one in json.loads(done.stdout)["items"]}

    assert done.exit_code == 1
    assert by_name["health"]["facts"] == ["failing", "target-missed"]
    assert by_name["health"]["history"] == ["success", "failure", "failure"]
    assert by_name["health"]["availability"]["value"] == "33.333"
    assert by_name["typo"]["facts"] == ["not-ready", "unknown"]
    assert by_name["rests"]["facts"] == ["suspended"]


def test_checks_stand_below_slos_though_there_are_none(shop: Rig) -> None:
    text = fireline(shop, "status").stdout

    assert "failure at home ×2" in text
    assert "3 checks: 1 failing, 1 not ready" in text


def test_a_failing_check_is_explained_with_its_evidence(shop: Rig) -> None:
    done = fireline(shop, "explain", "syn/health", "-o", "json")
    found = json.loads(done.stdout)
    answers = {one["name"]: one["answer"] for one in found["steps"]}

    assert done.exit_code == 0
    assert found["answer"] == "Ready; look at Healthy: StatusMismatch"
    assert [answers[name] for name in ("Seen", "Valid", "Written", "Scheduled")] == ["Yes"] * 4
    assert found["evidence"][0]["words"] == EVIDENCE.splitlines()
    assert any("StatusMismatch" in (one["message"] or "") or one["reason"] for one in found["events"])


def test_a_wrong_one_is_explained_with_the_path_to_change(shop: Rig) -> None:
    found = json.loads(fireline(shop, "explain", "check/typo", "-o", "json").stdout)
    (valid,) = [one for one in found["steps"] if one["name"] == "Valid"]

    assert found["answer"] == "not Ready; look at Valid: InvalidSchedule"
    assert valid["words"][0].startswith("spec.schedule.every: found 7m; allowed with runner Job: 1m, 2m")


def test_one_that_is_not_there_is_answered_with_those_that_are(shop: Rig) -> None:
    done = fireline(shop, "explain", "syn/helth")

    assert done.exit_code == 2
    assert (
        f"there is no SyntheticCheck helth in namespace {shop.namespace}; did you mean health?" in done.stderr
    )


def test_the_report_counts_what_the_operator_counted(shop: Rig) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()  # its last run ends in a second
    done = fireline(shop, "report", "-o", "json", "--check", "health", "--until", soon)
    (one,) = json.loads(done.stdout)["checks"]

    assert done.exit_code == 0
    assert one["inPeriod"]["counts"] == {"success": 1, "failure": 2, "expected": 3}
    assert (one["availability"], one["met"]) == ("33.333", False)
    assert one["failures"][0] | {"last": None} == {
        "step": "home",
        "reason": "StatusMismatch",
        "times": 2,
        "last": None,
        "message": "home: expected status 200, found 503",
    }


def test_what_is_rendered_from_the_object_is_what_the_operator_wrote(shop: Rig, tmp_path: Path) -> None:
    """Applied on top of it, by the operator's own name, it changes nothing."""
    check = shop.client.get(SYNTHETIC_CHECK, "health", shop.namespace)
    (tmp_path / "check.json").write_text(json.dumps(check))
    settings = {**SETTINGS, "sources": {"default": {"rule_labels": dict(RULE_LABELS)}}}
    (tmp_path / "fireline.yaml").write_text(yaml.safe_dump(settings))
    given = ["render", str(tmp_path / "check.json"), "--config", str(tmp_path / "fireline.yaml")]
    rendered = list(yaml.safe_load_all(CliRunner().invoke(main, given, catch_exceptions=False).stdout))

    assert [one["kind"] for one in rendered] == [CRON_JOB.kind, PROMETHEUS_RULE.kind]
    for one, resource in zip(rendered, (CRON_JOB, PROMETHEUS_RULE), strict=True):
        name = one["metadata"]["name"]
        before = shop.client.get(resource, name, shop.namespace)
        # Which write of the operator's it was is no part of what is wanted.
        written = before["metadata"]["annotations"][CORRELATION_ID]
        one["metadata"].setdefault("annotations", {})[CORRELATION_ID] = written
        after = shop.client.apply(one, manager="fireline")
        assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_every_field_of_a_status_is_kept_by_the_api_server(shop: Rig) -> None:
    """What the command line reads is what the operator's planner wrote: nothing of it is dropped."""
    shop.client.create(a_check(shop, "kept"))
    wait_for(lambda: status_of(shop, "kept").get("conditions"), what="kept is planned")
    shop.operator.stop()
    try:
        shop.client.patch(
            SYNTHETIC_CHECK, "kept", shop.namespace, {"status": FAILING["status"]}, subresource="status"
        )
        found = status_of(shop, "kept")
    finally:
        shop.client.delete(SYNTHETIC_CHECK, "kept", shop.namespace)
        shop.operator.start()

    assert {key: found[key] for key in FAILING["status"]} == FAILING["status"]
