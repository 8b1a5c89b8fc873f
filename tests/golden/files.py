"""Which golden files there are and what belongs into them; read by the test and by ``make golden``."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from fireline.api.plan import Key
from fireline.api.resources import SLO
from fireline.api.stamp import stamp
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.render import render_rule
from fireline.slo.render import wanted as wanted_windows
from fireline.slo.windows import render_windows
from tests.rules.specs import SETTINGS, compiled

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
RULES = HERE / "rules"
AT = 1_797_000_000
"""Friday, 11 December 2026: as of then maintenance and calendar periods are written down."""
SOURCES = (ROOT / "examples" / "quickstart", HERE / "specs")

_ENTRY = re.compile(r"(?<!rules:|roups:)\n(?= +- (record|alert|name):)")


class _Dumper(yaml.SafeDumper):
    """Writes what has several lines as such, and repeats instead of pointing elsewhere."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def wanted() -> dict[str, str]:
    """Golden files by name: one for each spec, one for the shared windows of each namespace."""
    found: dict[str, str] = {}
    members: dict[str, list[Objective]] = defaultdict(list)
    for folder in SOURCES:
        for file in sorted(folder.glob("*.yaml")):
            manifest = yaml.safe_load(file.read_text())
            objective = compiled(manifest)
            members[objective.namespace].append(objective)
            key = Key(SLO.kind, objective.namespace, objective.name)
            rule = stamp(render_rule(objective, at=AT), key=key, parent=manifest, instance=SETTINGS.instance)
            head = [f"Rendered from {file.relative_to(ROOT)}.", *objective.notes]
            found[f"{file.stem}.yaml"] = document(head, rule)
    for namespace, objectives in members.items():
        rule = render_windows(namespace, "default", map(wanted_windows, objectives), at=AT)
        key = Key(names.WINDOWS_KIND, namespace, "default")
        listed = ", ".join(f"{objective.name} ({objective.window})" for objective in objectives)
        head = [f"The shared windows of namespace {namespace}: {listed}."]
        found[f"windows-{namespace}.yaml"] = document(
            head, stamp(rule, key=key, parent=None, instance=SETTINGS.instance)
        )
    return found


def document(head: list[str], rule: dict[str, Any]) -> str:
    """A file with a comment at its head and the rules, one after the other, below."""
    body = yaml.dump(rule, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    spaced = _ENTRY.sub("\n\n", body)
    comment = "".join(f"# {line}\n" for line in [*head, "Written by `make golden`: read the difference."])
    return f"{comment}{spaced}"
