"""``fireline render`` prints what the running operator writes: what is reviewed is what is evaluated."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.bed.cluster import Cluster
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.promoperator import RULE_LABELS
from tests.bed.waiting import wait_for

from fireline.api import labels
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.cli.main import main

pytestmark = pytest.mark.bed

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"
ONLY_IN_A_CLUSTER = {labels.OWNER_UID, labels.CORRELATION_ID}


def written(rule: Manifest) -> Manifest:
    """A rule object without what only a cluster can know: uids, times and who asked."""
    metadata = rule["metadata"]
    kept = {
        part: {name: text for name, text in metadata.get(part, {}).items() if name not in ONLY_IN_A_CLUSTER}
        for part in ("labels", "annotations")
    }
    return {"name": metadata["name"], "namespace": metadata["namespace"], **kept, "spec": rule["spec"]}


def test_render_prints_what_the_operator_writes(cluster: Cluster, tmp_path: Path):
    config = tmp_path / "fireline.yaml"
    config.write_text(yaml.safe_dump({"sources": {"default": {"rule_labels": RULE_LABELS}}}))
    rendered = CliRunner().invoke(main, ["render", "--config", str(config), str(QUICKSTART)])
    wanted = {rule["metadata"]["name"]: written(rule) for rule in yaml.safe_load_all(rendered.stdout)}
    namespace = next(iter(wanted.values()))["namespace"]
    client = cluster.client()
    client.namespace(namespace)
    cluster.kubectl("apply", "-f", str(QUICKSTART))
    lease = {**SHORT_LEASE, "namespace": namespace}
    with Operator(
        tmp_path,
        kubeconfig=cluster.kubeconfig,
        settings={"watch_namespaces": [namespace], "lease": lease},
    ):
        wait_for(
            lambda: (
                {rule["metadata"]["name"] for rule in client.list(PROMETHEUS_RULE, namespace)} >= set(wanted)
            ),
            what="every rule is written",
        )
    found = {name: written(client.get(PROMETHEUS_RULE, name, namespace)) for name in wanted}
    assert found == wanted
