"""The migration guides show what the importers really print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from fireline.cli.main import main

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
GUIDES = {"sloth": "migrate-from-sloth.md", "pyrra": "migrate-from-pyrra.md", "openslo": "import-openslo.md"}


@pytest.mark.parametrize("name", GUIDES)
def test_the_example_of_the_guide_becomes_what_the_guide_shows(name: str) -> None:
    text = (HOW_TO / GUIDES[name]).read_text()
    source, shown = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (told,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)

    done = CliRunner().invoke(main, ["import", name, "-"], input=source)

    assert done.exit_code == 0
    assert done.stdout == shown
    assert done.stderr == told


@pytest.mark.parametrize("name", GUIDES)
def test_what_the_guide_shows_renders(name: str) -> None:
    shown = re.findall(r"```yaml\n(.*?)```", (HOW_TO / GUIDES[name]).read_text(), re.DOTALL)[1]
    assert CliRunner().invoke(main, ["render", "-"], input=shown).exit_code == 0
