"""``fireline explain ap/NAME`` and ``fireline status --policies`` against a real API server and operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cli.policy_statuses import a_policy, a_policy_status
from tests.cli.statuses import an_slo
from tests.cluster.rig import Rig, a_rig

from fireline.api.resources import ALERT_POLICY, ALERTMANAGER
from fireline.cli.main import main

pytestmark = pytest.mark.bed
Manifest = dict[str, Any]


def fireline(rig: Rig, command: str, *arguments: str) -> Result:
    options = ["--kubeconfig", str(rig.cluster.kubeconfig), "-n", rig.namespace]
    return CliRunner().invoke(main, [command, *options, *arguments])


def document(rig: Rig, target: str) -> Manifest:
    done = fireline(rig, "explain", target, "-o", "json")
    assert done.exit_code == 0, done.output
    found: Manifest = json.loads(done.stdout)
    return found


def step(found: Manifest, name: str) -> Manifest:
    (one,) = [one for one in found["steps"] if one["name"] == name]
    return one


def line(found: Manifest, key: str, name: str) -> Manifest:
    (one,) = [one for one in found[key] if one["name"] == name]
    return one


@pytest.fixture(scope="module")
def shop(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator, an Alertmanager that wants a label, a policy without its Secrets, and two SLOs."""
    with a_rig(cluster, tmp_path_factory.mktemp("explain-policies"), toy=False) as rig:
        alertmanager(rig, {"matchLabels": {"release": "main"}})
        rig.client.apply(a_policy("on-call", namespace=rig.namespace))
        for name in ("pay", "orders"):
            rig.client.apply(an_slo(name, namespace=rig.namespace, team="shop"))
        rig.client.apply(an_slo("elsewhere", namespace=rig.namespace, team="x"))
        wait_for(lambda: condition(rig, "SecretsResolved") == "False", what="SecretsResolved is False")
        wait_for(lambda: condition(rig, "Selected") == "False", what="Selected is False")
        yield rig


def alertmanager(rig: Rig, selector: Manifest) -> None:
    rig.client.apply(
        {
            "apiVersion": ALERTMANAGER.api_version,
            "kind": ALERTMANAGER.kind,
            "metadata": {"name": "main", "namespace": rig.namespace},
            "spec": {"replicas": 1, "alertmanagerConfigSelector": selector},
        }
    )


def condition(rig: Rig, name: str) -> str | None:
    found = rig.client.get(ALERT_POLICY, "on-call", rig.namespace)
    conditions = found.get("status", {}).get("conditions", ())
    return next((one["status"] for one in conditions if one["type"] == name), None)


def test_what_the_operator_says_is_explained_with_what_to_do(shop: Rig) -> None:
    found = document(shop, "ap/on-call")
    answers = {one["name"]: one["answer"] for one in found["steps"]}

    assert found["answer"].startswith("not Ready; look at ")
    assert (answers["Seen"], answers["Valid"], answers["Selected"], answers["SecretsResolved"]) == (
        "Yes",
        "Yes",
        "No",
        "No",
    )
    assert "wants label release=main on AlertmanagerConfig" in step(found, "Selected")["words"][0]
    assert "config_labels of alertmanagers.default" in step(found, "Selected")["advice"][0]
    assert "there is no Secret hooks" in step(found, "SecretsResolved")["words"][0]
    assert step(found, "RunbooksPresent")["answer"] == "Yes"


def test_members_are_counted_with_the_users_own_rights(shop: Rig) -> None:
    found = document(shop, "alertpolicy/on-call")

    assert line(found, "members", "SLOs")["words"] == ["orders, pay"]
    assert line(found, "told", "sev0")["figure"].startswith("pages: pager (webhook named in Secret hooks")


def test_an_slo_of_the_cluster_names_its_policy(shop: Rig) -> None:
    owned, alone = document(shop, "slo/pay"), document(shop, "slo/elsewhere")

    assert line(owned, "told", "Policy")["figure"] == "on-call"
    assert line(owned, "told", "sev0")["figure"] == "pager, chat; after 15m lead"
    assert line(alone, "told", "Policy")["figure"] == "none"


def test_a_policy_that_is_not_there_is_answered_with_those_that_are(shop: Rig) -> None:
    done = fireline(shop, "explain", "ap/oncall")

    assert done.exit_code == 2
    assert (
        f"there is no AlertPolicy oncall in namespace {shop.namespace}; did you mean on-call?" in done.stderr
    )


def test_the_table_has_the_policies_of_the_cluster(shop: Rig) -> None:
    done = fireline(shop, "status", "--policies", "--fail-on", "not-ready", "-o", "json")

    assert done.exit_code == 1
    (one,) = json.loads(done.stdout)["items"]
    assert (one["name"], one["ready"]["status"], one["lastTest"]["state"]) == ("on-call", "False", None)
    assert fireline(shop, "status", "--policies", "-l", "no=such").stderr.startswith("no AlertPolicies in")


def test_what_the_cluster_says_now_is_told_beside_an_old_status(cluster: Cluster, tmp_path: Path) -> None:
    """Without an operator the status stays as it was, and selection is judged anew."""
    with a_rig(cluster, tmp_path, toy=False) as rig:
        rig.operator.stop()
        alertmanager(rig, {})
        policy = a_policy("on-call", namespace=rig.namespace)
        rig.client.apply(policy)
        status = a_policy_status({"Selected": ("False", "NotSelected", "no Alertmanager takes these routes")})
        rig.client.patch(ALERT_POLICY, "on-call", rig.namespace, {"status": status}, subresource="status")

        found = document(rig, "ap/on-call")
        assert step(found, "Written")["words"] == ["AlertmanagerConfig alertpolicy-on-call is not there"]
        assert step(found, "Selected")["words"] == ["no Alertmanager takes these routes"]

        rig.client.apply(
            {
                "apiVersion": "monitoring.coreos.com/v1alpha1",
                "kind": "AlertmanagerConfig",
                "metadata": {"name": "alertpolicy-on-call", "namespace": rig.namespace},
                "spec": {},
            }
        )
        found = document(rig, "ap/on-call")
        assert step(found, "Written")["reason"] == "NameConflict"
        assert (
            step(found, "Selected")["words"][1]
            == f"looked at just now, with your rights: Alertmanager {rig.namespace}/main selects these routes"
        )
