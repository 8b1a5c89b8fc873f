"""The golden drafts of postmortems, each from a story told in ``tests.unit.incident.story``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fireline.cli.postmortem_page import page
from fireline.incident.draft import draft
from fireline.incident.model import Gathered
from tests.unit.incident.story import alert, sight, text, told, whole_story

POSTMORTEMS = Path(__file__).parent / "postmortems"


def an_slo(incidents: list[dict[str, Any]], objective: str = "99.9") -> dict[str, Any]:
    """The SLO of the stories with these incidents in its status."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"namespace": "shop", "name": "checkout"},
        "spec": {"objective": objective, "service": "checkout"},
        "status": {"incidents": incidents},
    }


def in_one_region() -> list[dict[str, Any]]:
    """Slow, in one region, seen by tickets only, and nobody has done anything yet."""
    begun = sight(1, alert("TicketFast", 0), consumed=0.401)
    begun = replace(begun, subject=replace(begun.subject, grouped=True))
    (incident,) = told(begun)
    found = Gathered(
        {
            "at": text(2),
            "groups": ["region=eu-1"],
            "rollouts": [],
            "missing": ["exemplars could not be read: http://prometheus:9090 did not answer in time"],
        }
    )
    return told(replace(begun, gathered={incident["id"]: found}, burn={"1h": 3.4}), old=[incident])


def little_known() -> list[dict[str, Any]]:
    """A page, while Prometheus says nothing else and nobody is named."""
    seen = sight(1, alert("PageFast", 0, sev="sev0"))
    return told(replace(seen, subject=replace(seen.subject, owner=None)))


def wanted() -> dict[str, str]:
    """Golden files by name."""
    stories = {
        "a-bad-rollout.md": whole_story(),
        "in-one-region.md": in_one_region(),
        "little-known.md": little_known(),
    }
    return {name: page(draft(an_slo(incidents), incidents[0])) for name, incidents in stories.items()}
