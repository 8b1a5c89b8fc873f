"""AlertPolicies beside SLOs in ``fireline render`` and ``fireline validate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests import promtool

from fireline.cli.main import main

ROOT = Path(__file__).parents[2]
POLICY = Path(__file__).parent / "fixtures" / "routing" / "policy.yaml"
QUICKSTART = ROOT / "examples" / "quickstart"
LIBRARY = ROOT / "examples" / "alert-library"


def fireline(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def alerts(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        rule for one in rules for group in one["spec"]["groups"] for rule in group["rules"] if "alert" in rule
    ]


def policy_for_everything(tmp_path: Path) -> Path:
    given = yaml.safe_load(POLICY.read_text())
    given["spec"]["selector"] = {}
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(given))
    return file


def test_alerts_carry_the_policy_that_is_rendered_with_them(tmp_path: Path) -> None:
    rules = list(yaml.safe_load_all(fireline("render", QUICKSTART, policy_for_everything(tmp_path)).stdout))

    labels = [alert["labels"] for alert in alerts(rules)]
    assert labels
    assert {one.get("alert_policy") for one in labels} == {"shop/checkout"}


def test_without_a_policy_they_carry_none() -> None:
    rules = list(yaml.safe_load_all(fireline("render", QUICKSTART).stdout))

    assert {alert["labels"].get("alert_policy") for alert in alerts(rules)} == {None}


def test_a_policy_that_selects_other_objects_changes_nothing() -> None:
    assert fireline("render", QUICKSTART, POLICY).stdout == fireline("render", QUICKSTART).stdout


@pytest.mark.bed
def test_the_own_alerts_of_policies_are_rendered_and_please_promtool() -> None:
    done = fireline("render", "--as", "rules", LIBRARY)

    assert done.exit_code == 0, done.stderr
    assert promtool.check(yaml.safe_load(done.stdout)) == ""


def test_rules_of_a_policy_are_stamped_as_the_operator_does() -> None:
    rules = list(yaml.safe_load_all(fireline("render", LIBRARY).stdout))

    for rule in rules:
        assert rule["metadata"]["name"].startswith("alertpolicy-")
        assert rule["metadata"]["labels"]["fireline.dev/owner-kind"] == "AlertPolicy"


def test_a_policy_without_alerts_of_its_own_says_how_to_see_its_routes() -> None:
    done = fireline("render", POLICY)

    assert done.exit_code == 2
    assert "nothing to render: 1 AlertPolicy; for its routes: --as alertmanagerconfig" in done.stderr


def test_a_wrong_policy_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    text = POLICY.read_text().replace("receivers: [mail]", "receivers: [post]")
    file.write_text(text)
    line = next(number for number, one in enumerate(text.splitlines(), start=1) if "[post]" in one)

    done = fireline("validate", file)

    assert done.exit_code == 1
    assert f"{file}:{line}: error: spec.fallback.receivers[0]: 'post' is not among" in done.stdout
    assert done.stderr == "not valid: 1 AlertPolicy\n"


def test_two_policies_of_one_name_are_told(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(f"{POLICY.read_text()}---\n{POLICY.read_text()}")

    done = fireline("validate", file, "-o", "json")

    found = json.loads(done.stdout)
    assert (done.exit_code, found["valid"], found["objects"]) == (1, False, 2)
    assert [one["reason"] for one in found["findings"] if one["level"] == "error"] == ["Duplicate"]


def test_all_examples_are_valid_together() -> None:
    done = fireline("validate", ROOT / "examples")

    assert done.exit_code == 0, done.stdout
