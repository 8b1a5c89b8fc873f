"""Golden files of SyntheticChecks: the alerts of each, and the rules of the SLO on it."""

from __future__ import annotations

from pathlib import Path

import yaml

from fireline.api.belonging import Owner
from fireline.api.plan import Key, Manifest
from fireline.api.resources import SLO, SYNTHETIC_CHECK
from fireline.api.slo import ServiceLevelObjective
from fireline.api.stamp import stamp
from fireline.api.synthetic_check import SyntheticCheck
from fireline.slo.compile import compile_slo
from fireline.slo.render import render_rule
from fireline.slo.runs import OfCheck
from fireline.synthetic.alerts import CheckAlerts, alerts_object
from fireline.synthetic.cadence import cadence_of
from fireline.synthetic.compile import timing_of
from tests.golden.files import AT, HERE, ROOT, document
from tests.rules.specs import SETTINGS

CHECKS = HERE / "checks"
SPECS = HERE / "check-specs"
POLICY = Owner("shop", "on-call", runbook_url="https://runbooks.example/{alertname}?ns={namespace}")
"""Owns the objects that say which team they are of."""


def wanted() -> dict[str, str]:
    """Golden files by name: two for each spec."""
    found = {}
    for file in sorted(SPECS.glob("*.yaml")):
        check, slo = yaml.safe_load_all(file.read_text())
        found[f"{file.stem}-alerts.yaml"] = _alerts(file, check)
        found[f"{file.stem}-slo.yaml"] = _slo(file, check, slo)
    return found


def _alerts(file: Path, manifest: Manifest) -> str:
    given = SyntheticCheck.of(manifest)
    meta = given.metadata
    timing = timing_of(given.spec, namespace=meta.namespace, name=meta.name)
    policy = POLICY if meta.labels else None
    rule = alerts_object(CheckAlerts.of(given, interval=timing.interval, policy=policy), source="default")
    key = Key(SYNTHETIC_CHECK.kind, meta.namespace, meta.name)
    stamped = stamp(rule, key=key, parent=manifest, instance=SETTINGS.instance)
    return document([f"The alerts of the check in {file.relative_to(ROOT)}."], stamped)


def _slo(file: Path, check: Manifest, manifest: Manifest) -> str:
    of = OfCheck.seen(check["metadata"]["name"], check, cadence_of)
    objective = compile_slo(ServiceLevelObjective.of(manifest), settings=SETTINGS, check=of)
    key = Key(SLO.kind, objective.namespace, objective.name)
    rule = stamp(render_rule(objective, at=AT), key=key, parent=manifest, instance=SETTINGS.instance)
    return document([f"The rules of the SLO in {file.relative_to(ROOT)}.", *objective.notes], rule)
