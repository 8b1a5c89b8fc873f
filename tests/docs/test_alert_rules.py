"""docs/how-to/alert-rules.md: its example is carried out as it stands, and it knows every type."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from fireline.alerting.checks import read
from fireline.alerting.rules.timing import INTERVALS, hold
from fireline.settings import Settings
from tests.unit.alerting.rules.objects import TYPES, a_rule, parsed

TEXT = (Path(__file__).parents[2] / "docs/how-to/alert-rules.md").read_text()
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_there_is_nothing_to_say_about_the_example() -> None:
    policy, issues = read(yaml.safe_load(EXAMPLE), settings=Settings())

    assert policy is not None
    assert not [str(issue) for issue in issues if issue.path.startswith("spec.rules")]


def test_every_type_is_in_the_table() -> None:
    assert set(re.findall(r"^\| [^|]+ \| `(\w+)` \|", TEXT, re.MULTILINE)) == set(TYPES)


def test_the_defaults_are_those_of_the_rules() -> None:
    waits = {type_: hold(*parsed(a_rule(type_))) for type_ in TYPES}

    said = dict(re.findall(r"(\d+[mh]) for\s+`(\w+)`", TEXT))
    assert {type_: wait for type_, wait in waits.items() if wait} == {of: wait for wait, of in said.items()}
    assert [str(interval) for interval in INTERVALS.values()] == ["30s", "1m", "5m"]
