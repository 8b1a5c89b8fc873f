"""Objectives from specs as users write them, through the operator's own doors: schema, checks, compile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.api.plan import Manifest
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import render_windows

SETTINGS = Settings()

RATIO = {
    "ratio": {
        "bad": {"metric": 'http_requests_total{code=~"5.."}'},
        "total": {"metric": "http_requests_total"},
    }
}


def a_spec(indicator: Manifest = RATIO, *, objective: str = "99.9", **changes: Any) -> Manifest:
    """A spec of the checkout service; ``changes`` are further camelCase fields."""
    return {"service": "checkout", "objective": objective, "indicator": indicator, **changes}


def a_manifest(spec: Manifest, *, name: str = "checkout", namespace: str = "shop") -> Manifest:
    """The object around a spec."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def compiled(manifest: Manifest) -> Objective:
    """The objective behind a manifest. Raises AssertionError with every issue when it is refused."""
    slo, issues = read(manifest, sources=SETTINGS.sources)
    assert slo is not None, "; ".join(map(str, issues))
    return compile_slo(slo, settings=SETTINGS)


def rules_for(objectives: Iterable[Objective]) -> Manifest:
    """The rules of several SLOs of one namespace and their shared windows, as one plain file."""
    members = list(objectives)
    windows = render_windows(members[0].namespace, members[0].source, map(wanted, members))
    return plain_rules([*map(render_rule, members), windows])
