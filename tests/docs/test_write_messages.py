"""The guide on messages shows a policy that is valid, and the words one really gets."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from fireline.alerting.checks import read
from fireline.alerting.templates import check_template
from fireline.alerting.templates.functions import FUNCTIONS
from fireline.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-messages.md"
TEXT = PAGE.read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def test_the_policy_is_valid_and_leaves_nothing_to_be_said():
    assert read(yaml.safe_load(block("yaml")), settings=Settings())[1] == []


def test_the_words_of_the_mistake_are_those_of_the_checker():
    (said,) = block("text").splitlines()
    words = check_template("{{ .CommonAnotations.summary }}")

    assert words
    assert words.startswith(said.partition("title: ")[2])


def test_functions_that_are_named_are_there():
    row = next(line for line in TEXT.splitlines() if line.startswith("| `toUpper`"))
    keywords = {"if", "with", "range"}

    assert set(re.findall(r"`(\w+)`", row)) - keywords <= FUNCTIONS.keys()


def test_links_lead_to_files_that_are_there():
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (PAGE.parent / target).is_file(), target
