"""docs/how-to/several-prometheis.md: its settings are valid, and its commands take the options it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

from fireline.cli.main import COMMANDS, main
from fireline.settings import load_settings

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "several-prometheis.md").read_text()


def test_the_settings_on_the_page_are_valid():
    examples = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (shown,) = (one for one in examples if "sources" in one)
    sources = load_settings(shown).sources
    assert {source.kind for source in sources.values()} == {"Prometheus", "Thanos", "Mimir"}
    (ruler,) = (one for one in examples if one.get("kind") == "ThanosRuler")
    assert ruler["spec"]["ruleSelector"]["matchLabels"] == sources["global"].rule_labels
    assert ruler["metadata"]["name"] == sources["global"].prometheus_name


def test_the_commands_on_the_page_exist_with_their_options():
    page = PAGE.replace("\\\n", " ")
    lines = re.findall(r"^fireline .*$", page, re.MULTILINE) + re.findall(r"`(fireline [^`]+ --[^`]+)`", page)
    assert len(lines) >= 4
    for line in lines:
        _, name, *arguments = shlex.split(line, comments=True)
        assert name in COMMANDS
        command = main.get_command(None, name)  # type: ignore[arg-type]  # not used by our group
        known = {option for parameter in command.params for option in parameter.opts}
        used = {argument for argument in arguments if argument.startswith("-")}
        assert used <= known, (line, used - known)
