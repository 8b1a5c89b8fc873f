"""The API server takes examples/synthetic as it is: schema, rules and cost limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bed.cluster import Cluster

pytestmark = pytest.mark.bed
EXAMPLES = Path(__file__).parents[2] / "examples" / "synthetic"


@pytest.mark.parametrize("folder", [EXAMPLES, EXAMPLES / "tls"], ids=lambda folder: folder.name)
def test_the_api_server_takes_the_examples_as_they_are(cluster: Cluster, folder: Path):
    with cluster.client() as client:
        client.namespace("shop")
    applied = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", str(folder))
    lines = applied.splitlines()
    assert lines
    assert all(line.endswith("(server dry run)") and "created" in line for line in lines), applied
    checks = [line for line in lines if line.startswith("syntheticcheck.fireline.dev/")]
    assert len(checks) == sum("kind: SyntheticCheck" in file.read_text() for file in folder.glob("*.yaml"))
