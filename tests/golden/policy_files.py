"""Golden files of AlertPolicies: what each spec becomes. Long message templates are cut short here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.raw import fragment, merged
from fireline.alerting.render import render_policy
from fireline.api.labels import FRAGMENT
from fireline.api.plan import Key
from fireline.api.resources import ALERT_POLICY
from fireline.api.stamp import stamp
from tests.golden.files import HERE, ROOT, document
from tests.unit.alerting.policies import SETTINGS

POLICIES = HERE / "policies"
SOURCES = (ROOT / "examples" / "alert-policy", HERE / "policy-specs")
YEARS = range(2026, 2028)
_LONG = 160


def wanted() -> dict[str, str]:
    """Golden files by name, one for each spec."""
    return {
        f"{file.stem}.yaml": _of(file)
        for folder in SOURCES
        for file in sorted(folder.glob("*.yaml"))
        if yaml.safe_load(file.read_text())["kind"] == ALERT_POLICY.kind
    }


def _of(file: Path) -> str:
    manifest = yaml.safe_load(file.read_text())
    given, issues = read(manifest, settings=SETTINGS)
    assert given is not None, issues
    policy = compile_policy(given, settings=SETTINGS)
    key = Key(ALERT_POLICY.kind, policy.namespace, policy.name)
    objects = [
        stamp(one, key=key, parent=manifest, instance=SETTINGS.instance)
        for one in render_policy(policy, years=YEARS, rule_labels={"prometheus": "main"})
    ]
    head = [f"Rendered from {file.relative_to(ROOT)}.", f"{policy.mode}: {policy.mode_reason}."]
    if policy.mode == "Secret":
        objects[0]["metadata"]["annotations"][FRAGMENT] = "(the part of the configuration below)"
        objects.append(merged({}, [fragment(policy)]))
        head.append("The last document is the configuration in the Secret, alertmanager.yaml.")
    return "---\n".join(
        [document(head, _short(objects[0])), *(document([], _short(one)) for one in objects[1:])]
    )


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    if isinstance(value, str) and len(value) > _LONG and "{{" in value:
        return f"{value[:60]} (and {len(value) - 60} characters more)"
    return value
