"""The classic support question, answered in the status: the rule exists, why does nobody load it?"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.crds import install_crds
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import NAMESPACE, PROMETHEUS, THANOS_RULER, Resource

pytestmark = pytest.mark.bed

WANTED = {"matchLabels": {"release": "main"}}
EXPRESSION = {"matchExpressions": [{"key": "release", "operator": "In", "values": ["main", "other"]}]}


@pytest.fixture
def rig(cluster: Cluster, tmp_path: Path) -> Iterator[Rig]:
    """A namespace with one SLO, a namespace for Prometheus, and an operator that sees these two."""
    with contextlib.closing(Rig(cluster, tmp_path, toy=False)) as made:
        made.client.namespace(monitoring(made))
        made.client.apply(an_slo(made.namespace, "a"))
        made.operator = operator(made, rule_labels={})
        yield made


def monitoring(rig: Rig) -> str:
    """Where this test's Prometheus objects are."""
    return f"{rig.namespace}-monitoring"


def operator(rig: Rig, *, rule_labels: dict[str, str], **source: object) -> Any:
    """An operator, not started, whose rules carry these labels."""
    return rig.make_operator(
        f"labels-{len(rule_labels)}",
        settings={
            "watch_namespaces": [rig.namespace, monitoring(rig)],
            "sources": {"default": {"rule_labels": rule_labels, **source}},
        },
    )


def prometheus(rig: Rig, name: str = "main", *, namespace: str | None = None, **spec: object) -> None:
    """Create or change a Prometheus object: which rules it wants, and from which namespaces."""
    selecting(rig, PROMETHEUS, name, namespace=namespace, **spec)


def selecting(
    rig: Rig, resource: Resource, name: str, *, namespace: str | None = None, **spec: object
) -> None:
    """The same for any kind that selects rules."""
    rig.client.apply(
        {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": name, "namespace": namespace or monitoring(rig)},
            "spec": {"replicas": 1, **spec},
        }
    )


def selected(rig: Rig) -> Manifest:
    """The Selected condition; LookupError while there is none."""
    found: list[Manifest] = [
        one for one in rig.slo("a").get("status", {}).get("conditions", ()) if one["type"] == "Selected"
    ]
    return found[0]


def await_selected(rig: Rig, status: str) -> Manifest:
    """Wait until Selected has this status."""
    return wait_for(lambda: (one := selected(rig))["status"] == status and one, what=f"Selected is {status}")


@pytest.mark.parametrize(
    ("selector", "words"),
    [(WANTED, "label release=main"), (EXPRESSION, "label release in (main, other)")],
    ids=["labels", "expressions"],
)
def test_a_missing_rule_label_is_named_with_its_object_and_prometheus(
    rig: Rig, selector: Manifest, words: str
):
    prometheus(rig, ruleSelector=selector, ruleNamespaceSelector={})
    rig.operator.start()
    told = await_selected(rig, "False")
    assert told["reason"] == "NotSelected"
    assert f"Prometheus {monitoring(rig)}/main wants {words} on PrometheusRule slo-a" in told["message"]
    assert "rule_labels of source 'default'" in told["message"]
    ready = rig.ready("a")
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", "NotSelected", told["message"])


def test_a_prometheus_that_changes_its_mind_needs_no_restart(rig: Rig):
    prometheus(rig, ruleSelector=WANTED, ruleNamespaceSelector={})
    rig.operator.start()
    await_selected(rig, "False")
    pid = rig.operator.pid
    prometheus(rig, ruleSelector={}, ruleNamespaceSelector={})
    assert "selects these rules" in await_selected(rig, "True")["message"]
    assert rig.ready("a")["status"] == "True"
    prometheus(rig, ruleSelector=WANTED, ruleNamespaceSelector={})
    await_selected(rig, "False")
    assert rig.operator.pid == pid
    assert len([write for write in rig.writes() if "prometheusrules" in write]) == 2


def test_settings_with_the_wanted_label_need_only_the_operator_restarted(rig: Rig):
    prometheus(rig, ruleSelector=WANTED, ruleNamespaceSelector={})
    rig.operator.start()
    await_selected(rig, "False")
    rig.operator.stop()
    rig.operator = operator(rig, rule_labels={"release": "main"})
    rig.operator.start()
    await_selected(rig, "True")
    for rule in ("slo-a", "fireline-windows-default"):
        wait_for(
            lambda rule=rule: rig.rule(rule)["metadata"]["labels"].get("release") == "main",
            what=f"{rule} carries the label",
        )


def test_a_label_on_the_slo_does_not_hide_that_the_shared_windows_lack_it(rig: Rig):
    labelled = an_slo(rig.namespace, "a")
    labelled["metadata"]["labels"] = {"release": "main"}
    rig.client.apply(labelled)
    prometheus(rig, ruleSelector=WANTED, ruleNamespaceSelector={})
    rig.operator.start()
    told = await_selected(rig, "False")
    assert "wants label release=main on PrometheusRule fireline-windows-default" in told["message"]


def test_a_namespace_is_selected_by_its_labels(rig: Rig):
    prometheus(rig, ruleSelector={}, ruleNamespaceSelector={"matchLabels": {"watched": "yes"}})
    rig.operator.start()
    told = await_selected(rig, "False")
    assert f"wants label watched=yes on namespace {rig.namespace}" in told["message"]
    rig.client.patch(NAMESPACE, rig.namespace, None, {"metadata": {"labels": {"watched": "yes"}}})
    await_selected(rig, "True")
    rig.client.patch(NAMESPACE, rig.namespace, None, {"metadata": {"labels": {"watched": "no"}}})
    await_selected(rig, "False")


def test_a_prometheus_of_another_namespace_only_is_told_apart_from_one_of_ours(rig: Rig):
    prometheus(rig, ruleSelector={})
    rig.operator.start()
    told = await_selected(rig, "False")
    assert f"loads rules of its own namespace {monitoring(rig)} only" in told["message"]
    prometheus(rig, "ours", namespace=rig.namespace, ruleSelector={})
    assert f"Prometheus {rig.namespace}/ours" in await_selected(rig, "True")["message"]


def test_only_the_prometheus_a_source_names_counts(rig: Rig):
    prometheus(rig, ruleSelector={}, ruleNamespaceSelector={})
    rig.operator = operator(
        rig, rule_labels={}, prometheus_name="other", prometheus_namespace=monitoring(rig)
    )
    rig.operator.start()
    told = await_selected(rig, "Unknown")
    assert f"there is no Prometheus object {monitoring(rig)}/other" in told["message"]
    prometheus(rig, "other", ruleSelector=WANTED, ruleNamespaceSelector={})
    assert f"Prometheus {monitoring(rig)}/other wants" in await_selected(rig, "False")["message"]


def test_a_source_of_kind_thanos_asks_the_thanos_rulers(rig: Rig, cluster: Cluster, tmp_path: Path):
    """A Prometheus that would take the rules is no answer."""
    crds = tmp_path / "crds"
    crds.mkdir()
    shutil.copy(cluster.tools.crd_directory() / f"{THANOS_RULER.group}_thanosrulers.yaml", crds / "one.yaml")
    install_crds(rig.client, crds)
    prometheus(rig, ruleSelector={}, ruleNamespaceSelector={})
    selecting(rig, THANOS_RULER, "global", ruleSelector=WANTED, ruleNamespaceSelector={})
    rig.operator = operator(rig, rule_labels={}, kind="Thanos")
    rig.operator.start()
    told = await_selected(rig, "False")
    assert f"ThanosRuler {monitoring(rig)}/global wants label release=main" in told["message"]
    selecting(rig, THANOS_RULER, "global", ruleSelector={}, ruleNamespaceSelector={})
    assert "ThanosRuler" in await_selected(rig, "True")["message"]
