"""The pages on budgets and gates show tables that are valid and commands that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from fireline.cli.main import main
from fireline.cli.performance.reading import read

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
GATES = PAGES / "gate-a-pipeline.md"
BUDGETS = PAGES / "performance-budgets.md"


@pytest.mark.parametrize("page", [GATES, BUDGETS], ids=lambda page: page.stem)
def test_every_table_is_sound(page: Path, tmp_path: Path):
    tables = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    assert tables
    for text in tables:
        file = tmp_path / "table.yaml"
        file.write_text(text)
        assert read(str(file))[1] == []


@pytest.mark.parametrize("page", [GATES, BUDGETS], ids=lambda page: page.stem)
def test_every_command_has_the_options_it_is_shown_with(page: Path):
    shown = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    commands = [line for text in shown for line in text.replace("\\\n", " ").splitlines()]
    parts = [part.split() for line in commands for part in [shlex.join(shlex.split(line, comments=True))]]
    assert parts
    for words in parts:
        for start in (index for index, word in enumerate(words) if word == "fireline"):
            end = words.index("'|'", start) if "'|'" in words[start:] else len(words)
            _check(words[start + 1 : end])


def _check(words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known
