"""The generated CRD is structural, described and fresh."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.api.cel_fixtures import CASES

from fireline.api import common, crd, strings
from fireline.promql import durations

Schema = dict[str, Any]
CRDS = Path(__file__).parents[3] / "crds"


@pytest.fixture(scope="module")
def schema() -> Schema:
    found: Schema = crd.slo_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def _nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _nodes(child, f"{path}.{name}".lstrip("."))
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from _nodes(schema[key], path + mark)


def test_every_field_is_described(schema: Schema) -> None:
    silent = [
        path
        for path, node in _nodes(schema)
        if "description" not in node and not path.endswith(("[]", "{}")) and path != "metadata"
    ]
    assert silent == []


def test_nothing_is_unbounded_where_users_write(schema: Schema) -> None:
    limits = {"string": "maxLength", "array": "maxItems"}
    open_ended = [
        path
        for path, node in _nodes(schema["properties"]["spec"])
        if node["type"] in limits and limits[node["type"]] not in node and "enum" not in node
    ]
    assert open_ended == []


def test_there_are_no_floats_in_spec(schema: Schema) -> None:
    types = {node["type"] for _, node in _nodes(schema["properties"]["spec"])}

    assert types == {"object", "array", "string", "boolean"}


def test_a_default_stands_on_a_union_and_never_on_its_branches(schema: Schema) -> None:
    window = schema["properties"]["spec"]["properties"]["window"]

    assert window["default"] == {"rolling": "30d"}
    assert not any("default" in branch for branch in window["properties"].values())


def test_rules_use_core_cel_only() -> None:
    extensions = (
        "isURL",
        "quantity(",
        "split(",
        "lowerAscii",
        "isSorted",
        "optional",
        "?.",
        "find(",
        "indexOf",
    )
    rules = [rule.cel for rule in _all_rules()]

    assert len(rules) == len(CASES)
    assert not [rule for rule in rules if any(word in rule for word in extensions)]


def _all_rules() -> Iterator[common.Rule]:
    found = crd.slo_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for _, node in _nodes(found):
        for rule in node.get(common.VALIDATIONS, ()):
            yield common.Rule(rule["rule"], rule["message"], lambda _: True)


def test_durations_of_the_schema_are_those_of_the_parser() -> None:
    assert strings.DURATION_PATTERN == durations.PATTERN


def test_a_keyword_without_structural_form_ends_the_generator() -> None:
    with pytest.raises(ValueError, match="'prefixItems' has no structural form"):
        crd._rewrite({"type": "array", "prefixItems": []}, {})
    with pytest.raises(ValueError, match="a union of 2 types is not structural"):
        crd._rewrite({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {})


def test_generating_does_not_depend_on_what_was_generated_before() -> None:
    first = copy.deepcopy(crd.files())

    assert crd.files() == first


def test_the_committed_files_are_fresh() -> None:
    assert crd.main(["--check", str(CRDS)]) == 0


def test_a_stale_or_a_foreign_file_is_shown_as_a_diff(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert crd.main(["--write", str(tmp_path)]) == 0
    name = "servicelevelobjectives.fireline.dev.yaml"
    assert name in crd.files()
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(
        text.replace("default: 30d", "default: 7d").replace("rolling: 30d", "rolling: 7d")
    )
    (tmp_path / "old.yaml").write_text("kind: Old\n")

    assert crd.main(["--check", str(tmp_path)]) == 1

    shown = capsys.readouterr()
    assert "-                  rolling: 7d" in shown.out
    assert "+                  rolling: 30d" in shown.out
    assert "-kind: Old" in shown.out
    assert "run `make crds`" in shown.err


def test_the_file_is_plain_yaml_without_anchors() -> None:
    texts = list(crd.files().values())
    made = [crd.slo_crd(), crd.policy_crd(), crd.check_crd(), crd.mitigation_crd()]

    assert [yaml.safe_load(text) for text in texts] == made
    assert not any("&id" in text for text in texts)
