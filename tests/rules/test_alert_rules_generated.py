"""Two hundred alert rules nobody would write: Prometheus accepts every one that Fireline does not refuse.

The seed is new in every run and shown when a test fails; ``FIRELINE_SEED=… pytest`` repeats a run.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from pydantic import ValidationError

from fireline.alerting.rules.checks import check_rules
from fireline.alerting.rules.render import rule_groups
from fireline.alerting.rules.words import said
from fireline.api.alert_rule import AlertRule
from tests import promtool
from tests.rules import alert_rule_strategies as strategies
from tests.unit.alerting.rules.objects import CONTEXT, SEVERITIES

COUNT = 200
SEED = int(os.environ.get("FIRELINE_SEED") or random.SystemRandom().randrange(2**32))


def valid(manifest: dict[str, Any]) -> AlertRule | None:
    try:
        rule = AlertRule.model_validate(manifest)
    except ValidationError:
        return None
    issues = check_rules([rule], SEVERITIES, runbook=True)
    return None if any(not issue.note for issue in issues) else rule


@pytest.fixture(scope="module")
def generated() -> list[AlertRule]:
    """So many valid rules, each with a name of its own."""
    print(f"FIRELINE_SEED={SEED}")
    found: list[AlertRule] = []
    for name in strategies.TYPES:
        _collect(name, found)
    return found


def _collect(type_: str, found: list[AlertRule]) -> None:
    """Adds valid rules of one type, as many of each."""

    @hypothesis.seed(SEED)
    @settings(
        max_examples=-(-COUNT // len(strategies.TYPES)),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(strategies.rules(type_))
    def collect(manifest: dict[str, Any]) -> None:
        rule = valid({**manifest, "name": f"Rule{len(found)}"})
        assume(rule is not None)
        assert rule is not None
        found.append(rule)

    collect()


def test_every_type_is_among_them(generated: list[AlertRule]) -> None:
    kinds = Counter(
        name
        for rule in generated
        for name in strategies.TYPES
        if name in rule.model_dump(by_alias=True, exclude_none=True)
    )

    assert len(generated) >= COUNT
    assert kinds.keys() == strategies.TYPES.keys()


@pytest.mark.bed
def test_prometheus_accepts_each(generated: list[AlertRule]) -> None:
    assert promtool.check({"groups": rule_groups(generated, CONTEXT)}) == ""


def test_no_alert_lacks_its_static_labels(generated: list[AlertRule]) -> None:
    for group in rule_groups(generated, CONTEXT):
        for rule in group["rules"]:
            if "alert" in rule:
                own = {key: rule["labels"][key] for key in ("namespace", "alert_policy")}
                assert own == {"namespace": "shop", "alert_policy": "shop/checkout"}
                assert rule["labels"]["sev"] in {"sev0", "sev2"}


def test_each_is_said_in_one_sentence(generated: list[AlertRule]) -> None:
    for rule in generated:
        assert said(rule).startswith("fires when ")
        assert "$window" not in said(rule)
