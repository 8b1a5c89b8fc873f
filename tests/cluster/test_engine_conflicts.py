"""What stands in the engine's way: foreign objects, refusals, missing rights, other installations."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig

from fireline.api import labels
from fireline.api.resources import EVENT, PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed


def a_foreign_rule(namespace: str, name: str) -> dict:
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": "theirs"}},
        "spec": {"groups": [{"name": "theirs", "rules": [{"record": "x:y", "expr": "1"}]}]},
    }


def test_a_foreign_object_of_the_same_name_is_never_written(toy: Rig):
    before = toy.client.create(a_foreign_rule(toy.namespace, "slo-a"))
    toy.apply("a")
    condition = toy.await_reason("a", "NameConflict")
    assert f"PrometheusRule {toy.namespace}/slo-a exists" in condition["message"]
    toy.apply("a", expr="vector(2)")
    toy.apply("fence")
    toy.await_reason("fence", "Applied")
    toy.await_idle()
    assert toy.rule("slo-a") == before
    assert "apply prometheusrules/slo-a" not in toy.writes()


def test_a_name_conflict_ends_when_the_foreign_object_goes(toy: Rig):
    toy.client.create(a_foreign_rule(toy.namespace, "slo-a"))
    toy.apply("a")
    toy.await_reason("a", "NameConflict")
    toy.client.delete(PROMETHEUS_RULE, "slo-a", toy.namespace)
    toy.apply("a", expr="vector(2)")
    toy.await_reason("a", "Applied")


def test_a_refused_child_is_told_with_the_servers_words_and_not_tried_again(toy: Rig):
    toy.apply("a", broken="yes")
    condition = toy.await_reason("a", "Rejected")
    assert "The API server refuses the PrometheusRule" in condition["message"]
    assert "spec.groups" in condition["message"]
    toy.client.patch(SLO, "a", toy.namespace, {"metadata": {"labels": {"touched": "yes"}}})
    toy.apply("fence")
    toy.await_reason("fence", "Applied")
    toy.await_idle()
    assert toy.writes().count("apply prometheusrules/slo-a") == 1
    toy.apply("a")
    toy.await_reason("a", "Applied")


def test_a_missing_right_is_told_with_verb_and_resource(cluster: Cluster, tmp_path: Path):
    with a_rig(cluster, tmp_path) as rig:
        rig.operator.stop()
        user = cluster.authority.client("limited")
        _grant(rig, "limited", rules=["get", "list", "watch"])
        rig.operator = rig.make_operator("limited", kubeconfig=cluster.write_kubeconfig("limited", user))
        rig.operator.start()
        rig.apply("a")
        condition = rig.await_reason("a", "Forbidden")
        assert "patch on prometheusrules.monitoring.coreos.com is forbidden" in condition["message"]
        assert 'User "limited" cannot patch' in condition["message"]
        told = [line for line in rig.operator.logs() if line["event"] == "plan not carried out"]
        assert len(told) == 1
        status = rig.operator.url + "/status"
        kinds = _json(status)["kinds"]
        assert kinds["namespaces"]["access"] == "Forbidden"
        assert kinds["prometheuses.monitoring.coreos.com"]["access"] == "Forbidden"
        assert "list on namespaces is forbidden" in kinds["namespaces"]["message"]


def test_children_that_may_not_be_listed_still_cause_no_needless_write(cluster: Cluster, tmp_path: Path):
    with a_rig(cluster, tmp_path) as rig:
        rig.apply("a")
        rig.await_reason("a", "Applied")
        rig.operator.stop()
        before = rig.rule("slo-a")
        user = cluster.authority.client("unlisting")
        _grant(rig, "unlisting", rules=["get", "patch"])
        rig.operator = rig.make_operator("unlisting", kubeconfig=cluster.write_kubeconfig("unlisting", user))
        rig.operator.start()
        rig.await_idle()
        assert rig.metric("fireline_reconcile_total", result="requeue_after") >= 1
        assert rig.rule("slo-a") == before


def test_two_installations_leave_each_others_children_alone(toy: Rig):
    toy.apply("a")
    toy.await_reason("a", "Applied")
    ours = toy.rule("slo-a")
    other = toy.make_operator(
        "green",
        settings={"instance": "green", "lease": {"enabled": False}},
    )
    other.start()
    toy.apply("b")
    wait_for(
        lambda: any("NameConflict" in str(line) for line in [*other.logs(), *toy.operator.logs()]),
        what="one of the two sees a conflict",
    )
    other.stop()
    assert toy.rule("slo-a") == ours
    assert toy.rule("slo-a")["metadata"]["labels"][labels.INSTANCE] == "fireline"


def test_a_terminating_namespace_is_left_in_silence(toy: Rig):
    toy.apply("a")
    toy.await_reason("a", "Applied")
    toy.client.request("DELETE", f"/api/v1/namespaces/{toy.namespace}")
    toy.client.delete(PROMETHEUS_RULE, "slo-a", toy.namespace)
    wait_for(
        lambda: toy.metric("fireline_reconcile_total", result="namespace_terminating"),
        what="the key is dropped",
    )
    toy.await_idle()
    assert [line for line in toy.operator.logs() if line["level"] in {"warning", "error"}] == []


def test_one_event_per_transition_and_the_same_correlation_id_everywhere(toy: Rig):
    toy.apply("a")
    toy.await_reason("a", "Applied")
    toy.client.patch(SLO, "a", toy.namespace, {"metadata": {"labels": {"touched": "yes"}}})

    def events() -> list[dict]:
        found = toy.client.list(EVENT, toy.namespace)
        return [event for event in found if event["regarding"]["name"] == "a"]

    (event,) = wait_for(events, what="an Event")
    assert (event["reason"], event["type"], event["note"]) == ("Applied", "Normal", "Ready is True")
    assert event["regarding"]["uid"] == toy.slo("a")["metadata"]["uid"]
    traced = event["metadata"]["annotations"][labels.CORRELATION_ID]
    assert toy.rule("slo-a")["metadata"]["annotations"][labels.CORRELATION_ID] == traced
    lines = [line for line in toy.operator.logs() if line.get("correlation_id") == traced]
    assert [line["event"] for line in lines] == ["child created", "conditions changed"]
    toy.apply("a", broken="yes")
    toy.await_reason("a", "Rejected")
    wait_for(lambda: len(events()) == 2, what="a second Event")


def _grant(rig: Rig, user: str, *, rules: list[str]) -> None:
    """A Role with everything the operator needs in its namespace, but only ``rules`` on PrometheusRules."""
    everything = [
        {"apiGroups": ["fireline.dev"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
        {"apiGroups": ["monitoring.coreos.com"], "resources": ["prometheusrules"], "verbs": rules},
    ]
    metadata = {"name": user, "namespace": rig.namespace}
    rbac = "rbac.authorization.k8s.io"
    rig.client.apply({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": everything})
    rig.client.apply(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": user},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        }
    )


def _json(url: str) -> dict:
    import requests

    found: dict = requests.get(url, timeout=30).json()
    return found
