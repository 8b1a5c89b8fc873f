"""The guide and the explanation of mitigations: what they show is valid, there, and complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml

from fireline.api.mitigation_status import Phase, Result
from fireline.cli.main import main
from fireline.mitigation import names
from fireline.mitigation.checks import read
from fireline.settings import MitigationSettings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "mitigations.md"
PAGE = ROOT / "docs" / "explanation" / "mitigation.md"
RUNBOOK = ROOT / "docs" / "runbooks" / "mitigationneedshuman.md"
SERIES = ROOT / "docs" / "reference" / "series.md"
SETTINGS = MitigationSettings(auto_namespaces=("*",))
HEAD = {
    "apiVersion": "fireline.dev/v1alpha1",
    "kind": "Mitigation",
    "metadata": {"name": "shown", "namespace": "shop"},
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def shown() -> list[dict[str, Any]]:
    found = [one for text in blocks(GUIDE, "yaml") for one in yaml.safe_load_all(text)]
    return [one if "kind" in one else HEAD | one for one in found]


def first_cells(page: Path, header: str) -> list[str]:
    """The first column of the table with this header."""
    text = page.read_text()
    (table,) = re.findall(rf"^\| {re.escape(header)} \|.*\n\|---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [row.split("|")[1].strip() for row in table.splitlines()]


def test_every_mitigation_of_the_guide_is_valid_and_leaves_nothing_to_be_said() -> None:
    found = shown()
    assert len(found) == 2
    assert [str(issue) for one in found for issue in read(one, settings=SETTINGS)[1]] == []


def test_queries_that_can_say_no_are_told_from_those_that_cannot() -> None:
    text = GUIDE.read_text()
    (table,) = re.findall(r"^\| instead of \| write \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    for row in table.splitlines():
        bad, good = re.findall(r"`([^`]+)`", row)
        for query, refused in ((bad, True), (good, False)):
            one = shown()[0]
            one["spec"]["trigger"] = {"query": query}
            assert (read(one, settings=SETTINGS)[0] is None) is refused, query


def test_every_phase_and_every_result_is_explained_in_order() -> None:
    assert [cell.strip("`") for cell in first_cells(PAGE, "phase")] == list(get_args(Phase))
    assert sorted(cell.strip("`") for cell in first_cells(PAGE, "result")) == sorted(get_args(Result))


def test_the_course_is_drawn_as_it_is() -> None:
    assert " → ".join(get_args(Phase)) in PAGE.read_text()


def test_every_alert_is_explained_and_listed() -> None:
    alerts = {value for name, value in vars(names).items() if name.startswith("ALERT_")}
    assert {cell.strip("`") for cell in first_cells(PAGE, "alert")} == alerts
    assert alerts <= set(re.findall(r"`(\w+)`", SERIES.read_text()))


def test_every_series_is_in_the_reference() -> None:
    series = {value for name, value in vars(names).items() if value and str(value).startswith("fireline_")}
    assert series == set(re.findall(r"^\| `(fireline_mitigations?_\w+)", SERIES.read_text(), re.MULTILINE))


def test_every_reason_for_which_a_person_is_asked_is_in_the_runbook() -> None:
    """Read from the machine's own code: reasons are given where the decision is made."""
    folder = ROOT / "operator" / "fireline" / "mitigation"
    code = "\n".join(file.read_text() for file in folder.glob("*.py"))
    asked = set(re.findall(r'ask_human\(\s*"(\w+)"', code))
    asked |= set(re.findall(r'\.end\(\s*"\w+",\s*"(\w+)",[^()]*(?:\([^()]*\)[^()]*)*human=True', code))
    assert len(asked) >= 8
    told = set(re.findall(r"`(\w+)`", " ".join(first_cells(RUNBOOK, "reason | means"))))
    assert asked - told == set()


@pytest.mark.parametrize("page", [GUIDE, PAGE], ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in target]
    assert targets
    for target in targets:
        file, _, heading = target.partition("#")
        other = (page.parent / file).resolve() if file else page
        assert other.exists(), target
        if heading:
            assert heading in headings(other), target


def headings(page: Path) -> set[str]:
    """As a link names them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}


def test_every_command_exists_and_has_the_options_it_is_shown_with() -> None:
    text = "\n".join([*blocks(GUIDE, "sh"), *blocks(RUNBOOK, "sh")])
    text += "\n".join(re.findall(r"`(fireline [^`]+)`", GUIDE.read_text() + RUNBOOK.read_text()))
    lines = [shlex.split(line.partition(" | ")[0], comments=True) for line in text.splitlines()]
    commands = [words[1:] for words in lines if words[:1] == ["fireline"]]
    assert len(commands) > 15
    for words in commands:
        exists(words)


def exists(words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        bare = not words or words[0].startswith("-")  # `fireline mitigations -A` stands for its list
        name, *words = ["list", *words] if bare else words
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known, words
