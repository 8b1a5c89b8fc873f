"""Golden files of alert rules that are not SLOs; read by their test and by ``make golden``."""

from __future__ import annotations

from pathlib import Path

import yaml

from fireline.alerting.compile import rule_context
from fireline.alerting.rules.render import rule_groups
from fireline.alerting.rules.words import said
from fireline.api.alert_policy import AlertPolicy
from tests.golden.files import HERE, ROOT, document
from tests.rules.specs import SETTINGS

ALERT_RULES = HERE / "alert-rules"


def wanted_alert_rules() -> dict[str, str]:
    """Golden files by name, one for each policy: each rule in words, then the groups of rules."""
    return {file.name: _file(file) for file in sorted((ALERT_RULES / "policies").glob("*.yaml"))}


def _file(file: Path) -> str:
    policy = AlertPolicy.of(yaml.safe_load(file.read_text()))
    meta, rules = policy.metadata, policy.spec.rules_ or []
    context = rule_context(policy.spec, meta.namespace, meta.name, SETTINGS)
    words = [f"{rule.name} {said(rule)}." for rule in rules]
    head = [f"Rendered from {file.relative_to(ROOT)}.", *words]
    return document(head, {"groups": rule_groups(rules, context)})
