"""Every folder in examples/ is something a user can apply as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.bed.cluster import Cluster
from tests.bed.errors import BedError
from tests.bed.foreigncrds import install_foreign_crds

from fireline.api.resources import ALERT_POLICY, MITIGATION, SLO, SYNTHETIC_CHECK
from fireline.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
INSTALL = EXAMPLES / "install"
"""Rights, not objectives: see tests/install."""
KINDS = {resource.kind: resource for resource in (SLO, ALERT_POLICY, SYNTHETIC_CHECK, MITIGATION)}
FOLDERS = sorted(folder for folder in EXAMPLES.iterdir() if folder.is_dir() and folder != INSTALL)


def documents(folder: Path) -> list[dict]:
    """Every object of an example."""
    return [
        document
        for file in sorted(folder.rglob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text())
        if document
    ]


def test_there_is_a_quickstart_with_availability_and_latency():
    kinds = [next(iter(one["spec"]["indicator"])) for one in documents(EXAMPLES / "quickstart")]
    assert sorted(kinds) == ["latency", "ratio"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_is_valid_without_a_cluster(folder: Path):
    done = CliRunner().invoke(main, ["validate", str(folder)])
    assert done.exit_code == 0, done.stdout


@pytest.mark.bed
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_is_accepted_by_the_api_server(folder: Path, cluster: Cluster):
    wanted = documents(folder)
    install_foreign_crds(cluster)
    for namespace in {one["metadata"]["namespace"] for one in wanted}:
        cluster.client().namespace(namespace)
    said = cluster.kubectl("apply", "--server-side", "--dry-run=server", "--recursive", "-f", str(folder))
    for one in (one for one in wanted if one["kind"] in KINDS):
        name, kind = one["metadata"]["name"], KINDS[one["kind"]]
        assert f"{one['kind'].lower()}.fireline.dev/{name} serverside-applied" in said
        assert cluster.client().find(kind, name, one["metadata"]["namespace"]) is None


@pytest.mark.bed
def test_the_dry_run_notices_a_wrong_example(cluster: Cluster, tmp_path: Path):
    example = documents(EXAMPLES / "quickstart")[0]
    cluster.client().namespace(example["metadata"]["namespace"])
    example["spec"]["objective"] = "100"
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(example))
    with pytest.raises(BedError, match=r"spec\.objective"):
        cluster.kubectl("apply", "--server-side", "--dry-run=server", "-f", str(tmp_path))
