"""The reference page of actions knows every action, every refusal, every right and everything refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from fireline.api.mitigation import Spec
from fireline.mitigation.actions.refused import REFUSED_KINDS, REFUSED_OBJECTS, REFUSED_RIGHTS
from fireline.mitigation.actions.table import ACTIONS

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "reference" / "mitigation-actions.md").read_text()
CODE = ROOT / "operator" / "fireline" / "mitigation"
EXAMPLES = ROOT / "examples" / "mitigation"
SOURCES = (
    *(CODE / "actions").glob("*.py"),
    *(CODE / f"{name}.py" for name in ("gitops", "places", "plan_change", "completed")),
)


def section(action: str) -> str:
    """What the page says about one action."""
    return PAGE.split(f"\n## {action}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_a_row_an_example_and_a_section_that_says_its_rights(action: str):
    assert f"| [`{action}`](#{action.lower()}) |" in PAGE
    assert f"action: {{{action}: " in section(action)
    assert "- **Rights:**" in section(action)


@pytest.mark.parametrize("action", [one for one in ACTIONS if ACTIONS[one].targets])
def test_every_kind_an_action_is_for_is_in_its_row(action: str):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| [`{action}`]"))
    assert [kind for _, kind in ACTIONS[action].targets if kind not in row] == []


def test_the_rights_of_the_examples_are_those_the_page_names():
    documents = [one for file in EXAMPLES.glob("*.yaml") for one in yaml.safe_load_all(file.read_text())]
    specs = [Spec.model_validate(one["spec"]) for one in documents if one["kind"] == "Mitigation"]
    assert {spec.action.name for spec in specs} == set(ACTIONS)
    for spec in specs:
        action = ACTIONS[spec.action.name]
        for one in action.permissions(spec):
            named = f"{one.resource}.{one.group}" if one.group else one.resource
            general = "of the target" if one.names else named
            said = section(action.name)
            assert named in said or general in said or "of the Secret" in said, (action.name, named)
            assert all(f"`{verb}`" in said for verb in one.verbs), (action.name, one)


def test_every_reason_of_a_refusal_is_explained():
    reasons = {
        found for file in SOURCES for found in re.findall(r'Refusal\(\s*"([A-Za-z]+)"', file.read_text())
    }
    assert len(reasons) > 30
    assert sorted(one for one in reasons if f"`{one}`" not in PAGE) == []


def test_everything_that_is_refused_is_listed():
    refused = PAGE.split("\n## What no Mitigation changes\n")[1].split("\n## ")[0]
    for one in REFUSED_KINDS:
        for named in one.kinds or (one.group,):
            assert f"`{named}`" in refused, one
    assert [name for _, name in REFUSED_OBJECTS if f"`{name}`" not in refused] == []
    assert sorted(name for name in REFUSED_RIGHTS if f"`{name}`" not in refused) == []
