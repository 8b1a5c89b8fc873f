"""docs/incidents shows commands that exist, settings that are valid, and says what the record does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from fireline.cli.main import main
from fireline.incident.draft import SEVERITIES
from fireline.incident.mitigations import _ENDED
from fireline.incident.phases import REACHED_BY
from fireline.settings import Settings
from tests.docs.test_alerting_guides import blocks, headings
from tests.unit.incident.story import whole_story

FOLDER = Path(__file__).parents[2] / "docs" / "incidents"
PAGES = sorted(FOLDER.glob("*.md"))
RECORD = (FOLDER / "record.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings_that_are_there(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" not in target:
            name, _, heading = target.partition("#")
            file = page.parent / name if name else page
            assert file.is_file(), target
            assert not heading or heading in headings(file), target


def test_every_command_exists_and_has_the_options_it_is_shown_with():
    text = "\n".join(page.read_text() for page in PAGES)
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(fireline [^`]+)`", text)
    shown = [
        shlex.split(line.partition(" > ")[0], comments=True)[1:]
        for line in lines
        if line.startswith("fireline ")
    ]
    assert len(shown) >= 15
    for words in shown:
        command, rest = meant(words)
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, words


def meant(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words call, and what follows it."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, words
        command, words = inner, words[1:]
    return command, words


def test_severities_mean_what_the_drafts_say():
    text = (FOLDER / "severities.md").read_text()
    assert f"| means | {' | '.join(SEVERITIES.values())} |" in text


def test_settings_that_are_shown_are_valid():
    shown = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", RECORD, re.DOTALL)]
    assert len(shown) == 2
    for one in shown:
        assert Settings(**one).incidents != Settings().incidents


def test_every_fact_of_a_whole_story_is_in_the_table():
    written = {fact["type"] for fact in whole_story()[0]["facts"]}
    written |= {
        f"mitigation.{re.sub(r'(?<=[a-z])(?=[A-Z])', '-', name).lower()}"
        for name in ("Reverted", "Contested")
    }
    assert {"Reverted", "Contested"} <= _ENDED.keys()
    for type_ in written:
        kind, _, rest = type_.partition(".")
        assert f"`{type_}`" in RECORD or (kind == "mitigation" and f"`.{rest}`" in RECORD), type_


def test_every_phase_is_explained():
    rows = re.findall(r"^\| (\w+) \| ", RECORD.partition("## Phases")[2], re.MULTILINE)
    assert [row for row in rows if row in REACHED_BY] == list(REACHED_BY)
