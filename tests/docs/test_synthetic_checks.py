"""docs/how-to/synthetic-checks.md and the examples' README: what they show is valid, there, and complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from fireline.api.synthetic_check import Spec
from fireline.api.synthetic_step import ACTIONS
from fireline.api.synthetic_step_parts import Assertion
from fireline.cli.main import main
from fireline.settings import Settings
from fireline.slo.checks import read as read_slo
from fireline.synthetic import names
from fireline.synthetic.checks import read
from tests.unit.synthetic.example_faults import JOURNEYS

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "synthetic-checks.md"
README = ROOT / "examples" / "synthetic" / "README.md"
SETTINGS = Settings(checks={"image": "fireline:1"})
HEAD = {
    "apiVersion": "fireline.dev/v1alpha1",
    "kind": "SyntheticCheck",
    "metadata": {"name": "shown", "namespace": "shop"},
}
_SPEC = {
    "schedule": {"every": "10m"},
    "variables": [{"name": "base", "value": "https://shop.example.com"}],
    "steps": [{"name": "health", "http": {"url": "${base}/health"}}],
}


def blocks(page: Path, language: str) -> list[str]:
    """Blocks of a page, also those that stand indented in a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE)
    return ["\n".join(line.removeprefix(margin) for line in text.splitlines()) for margin, text in found]


def shown() -> list[dict[str, Any]]:
    """The checks of the guide. A fragment of a spec stands in a small check."""
    found = [one for text in blocks(GUIDE, "yaml") for one in yaml.safe_load_all(text)]
    return [one if "kind" in one else {**HEAD, "spec": {**_SPEC, **one}} for one in found]


def test_every_check_is_valid_and_leaves_nothing_to_be_said():
    checks = [one for one in shown() if one["kind"] == "SyntheticCheck"]
    assert len(checks) >= 5
    assert [issue for one in checks for issue in read(one, settings=SETTINGS.checks)[1]] == []


def test_the_first_check_has_ten_lines():
    first = blocks(GUIDE, "yaml")[0].splitlines()
    assert len(first) <= 10


def test_every_objective_is_valid_and_about_a_check_of_the_page():
    objectives = [one for one in shown() if one["kind"] == "ServiceLevelObjective"]
    assert len(objectives) == 2
    assert [issue for one in objectives for issue in read_slo(one, sources=["default"])[1]] == []
    checks = {one["metadata"]["name"] for one in shown() if one["kind"] == "SyntheticCheck"}
    assert {one["spec"]["indicator"]["synthetic"]["check"] for one in objectives} <= checks


def first_cells(header: str) -> list[str]:
    """The first column of the table with this header."""
    (table,) = re.findall(rf"^\| {header} \|.*\n\|---.*\n((?:\|.*\n)+)", GUIDE.read_text(), re.MULTILINE)
    return [row.split("|")[1].strip() for row in table.splitlines()]


def test_every_kind_of_step_is_told_of():
    assert [cell.strip("`") for cell in first_cells("step")] == list(ACTIONS)


def test_every_assertion_is_told_of():
    kinds = {field.alias or name for name, field in Assertion.model_fields.items()}
    told = {re.match(r"`(\w+)", cell)[1] for cell in first_cells("assertion")}  # type: ignore[index]
    # These four are said beside jsonPath.
    assert told == kinds - {"exists", "equals", "matches", "contains"}


def test_every_outcome_is_explained():
    assert [cell.strip("`") for cell in first_cells("outcome")] == list(names.OUTCOMES)


def test_every_alert_is_named():
    text = GUIDE.read_text()
    alerts = {value for name, value in vars(names).items() if name.startswith("ALERT_")}
    ours = alerts - {names.ALERT_FAILING_TICKET, names.ALERT_OPERATOR_GONE}
    assert ours == set(re.findall(r"`(SyntheticCheck\w+)`", text))


def test_the_arithmetic_of_rare_runs_is_right():
    table = re.findall(r"^\| (\d+)([sm]) \| ([\d,]+) \| (\d+) \| (\d+) \|$", GUIDE.read_text(), re.MULTILINE)
    assert len(table) == 5
    for number, unit, *cells in table:
        runs = 30 * 86_400 // (int(number) * {"s": 1, "m": 60}[unit])
        assert [int(cell.replace(",", "")) for cell in cells] == [runs, runs // 1000, runs // 100]


def test_the_defaults_on_the_page_are_those_of_the_schema():
    text, fields = GUIDE.read_text(), Spec.model_fields
    assert f"`spec.timeout` ({fields['timeout'].default})" in text
    assert f"`cleanupTimeout` ({fields['cleanup_timeout'].default})" in text
    assert f"`alert.coverageBelow` ({fields['alert'].default.coverage_below} %)" in text


@pytest.mark.parametrize("page", [GUIDE, README], ids=lambda page: page.parent.name)
def test_links_lead_to_files_that_are_there(page: Path):
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in target]
    assert targets
    for target in targets:
        assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", [GUIDE, README], ids=lambda page: page.parent.name)
def test_every_command_exists_and_has_the_options_it_is_shown_with(page: Path):
    text = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    commands = [words[1:] for words in lines if words[:1] == ["fireline"]]
    assert commands
    for words in commands:
        exists(words)


def exists(words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_every_example_is_in_the_readme():
    files = {file.stem for file in README.parent.glob("*.yaml")}
    linked = set(re.findall(r"\]\((\w+)\.yaml\)", README.read_text()))
    assert files - linked == {"shop"}, "the shop itself is no example"
    assert set(JOURNEYS) <= linked
