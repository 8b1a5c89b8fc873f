"""docs/how-to/many-checks.md: what it shows is valid, and is about what Fireline makes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from fireline.refresh.probers import KEPT_SECONDS
from fireline.settings import Settings
from fireline.synthetic.checks import read
from fireline.synthetic.engine.prober_results import KEPT_SECONDS as KEPT_THERE
from fireline.synthetic.engine.prober_runs import MOST_AT_ONCE
from tests.unit.synthetic.prober.story import KEY, Story, a_probed

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "many-checks.md").read_text()
CHECK, POLICY = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
SETTINGS = Settings(checks={"image": "fireline:1"})


def test_the_check_is_valid():
    assert read(CHECK, settings=SETTINGS.checks)[1] == []


def test_the_network_policy_is_about_the_pods_and_the_port():
    story = Story()
    story.put(a_probed())
    deployment = story.settle(KEY)["Deployment/fireline-prober"]
    wanted = POLICY["spec"]["podSelector"]["matchLabels"].items()
    assert wanted <= deployment["spec"]["template"]["metadata"]["labels"].items()
    (rule,) = POLICY["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [SETTINGS.checks.prober_port]


def test_the_figures_are_those_of_the_code():
    assert f"every {SETTINGS.checks.prober_seconds:g} seconds (`checks.prober_seconds`)" in PAGE
    assert f"port {SETTINGS.checks.prober_port} (`checks.prober_port`)" in PAGE
    assert KEPT_SECONDS == KEPT_THERE == 1800
    assert "for half an hour" in PAGE
    assert f"At most {MOST_AT_ONCE} runs" in PAGE
