"""The examples: right, planned as they say, and with their rights as ``fireline rbac`` prints them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from fireline.api.plan import Manifest
from fireline.cli.main import main
from fireline.mitigation.actions.table import ACTIONS, action_of
from fireline.mitigation.checks import read
from fireline.mitigation.model import Around, Change
from fireline.settings import MitigationSettings

FOLDER = Path(__file__).parents[4] / "examples" / "mitigation"
FILES = sorted(FOLDER.glob("*.yaml"))
WITHOUT_READS = ("featureFlag", "configMapKey", "rateLimit", "routeWeights", "suspendCronJob", "patch")


def documents(file: Path) -> list[Manifest]:
    """The objects of an example."""
    return [one for one in yaml.safe_load_all(file.read_text()) if one]


def test_there_is_an_example_of_every_action():
    found = [one for file in FILES for one in documents(file) if one["kind"] == "Mitigation"]
    assert {name for one in found for name in one["spec"]["action"]} == set(ACTIONS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_wrong_with_an_example(file: Path):
    settings = MitigationSettings(auto_namespaces=("shop",))
    for one in documents(file):
        if one["kind"] == "Mitigation":
            assert [str(issue) for issue in read(one, settings=settings)[1]] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_rights_of_an_example_are_told_as_they_are_printed(file: Path):
    printed = CliRunner().invoke(main, ["rbac", "-o", "text", str(file)])
    assert printed.exit_code == 0, printed.output
    comment = "".join(f"#   {line}\n" for line in printed.stdout.rstrip().splitlines())
    granted = (
        f"# Rights it needs, granted by: fireline rbac examples/mitigation/{file.name} | kubectl apply -f -\n"
    )
    assert file.read_text().endswith(granted + comment)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_changes_the_object_it_brings(file: Path):
    objects = {(one["kind"], one["metadata"]["name"]): one for one in documents(file)}
    for one in documents(file):
        if one["kind"] != "Mitigation" or not set(one["spec"]["action"]) & set(WITHOUT_READS):
            continue
        given, _ = read(one, settings=MitigationSettings())
        assert given is not None
        target = objects[one["spec"]["target"]["kind"], one["spec"]["target"]["name"]]
        found = action_of(given.spec).plan(given.spec, target, Around({}, datetime.now(UTC)))
        assert isinstance(found, Change), found
