"""The guides on alert policies show policies that are valid, links that lead somewhere, real commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from fireline.alerting.checks import read
from fireline.cli.main import main
from fireline.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / "how-to" / "on-call.md",
    ROOT / "docs" / "how-to" / "route-alerts.md",
    ROOT / "examples" / "alert-policy" / "README.md",
]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def policies(page: Path) -> list[dict[str, Any]]:
    found = [yaml.safe_load(text) for text in blocks(page, "yaml")]
    return [one for one in found if one.get("kind") == "AlertPolicy"]


@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.stem)
def test_every_policy_is_valid_and_leaves_nothing_to_be_said(page: Path):
    shown = policies(page)
    assert len(shown) >= 3
    assert [issue for one in shown for issue in read(one, settings=Settings())[1]] == []


def test_the_example_is_valid_and_leaves_nothing_to_be_said():
    policy = yaml.safe_load((PAGES[2].parent / "policy.yaml").read_text())
    assert read(policy, settings=Settings())[1] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings_that_are_there(page: Path):
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in target]
    assert targets
    for target in targets:
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), target
        assert not heading or heading in headings(file), target


def headings(page: Path) -> set[str]:
    """Anchors of a page: its headings as the usual renderers name them, and those it sets itself."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    return named | set(re.findall(r'<a name="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.stem)
def test_every_policy_tells_somebody_of_an_outage(page: Path):
    for policy in policies(page):
        meta = policy["metadata"]
        labels = f"namespace=shop,alert_policy=shop/{meta['name']},sev=sev0,alertname=SLOErrorBudgetBurnPage"
        done = CliRunner().invoke(main, ["route", labels, "-"], input=yaml.safe_dump(policy))
        assert done.exit_code == 0, done.output
        assert f"shop/alertpolicy-{meta['name']}/" in done.stdout


@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.stem)
def test_every_command_exists_and_has_the_options_it_is_shown_with(page: Path):
    lines = [line for text in blocks(page, "sh") for line in text.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"`(fireline [^`]+)`", page.read_text())
    shown = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("fireline ")]
    assert shown
    for words in shown:
        command, rest = found(words)
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, words


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = main
    while isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, words
        command, words = inner, words[1:]
    return command, words
