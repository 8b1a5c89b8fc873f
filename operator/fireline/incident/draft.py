"""A postmortem as far as a machine can write it: what was recorded, in order, and room for what was not.

Plain data, the same for the same record; ``fireline postmortem`` prints it as JSON, YAML or Markdown. It
never names a cause: what came before is not what it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Manifest
from fireline.incident.notes import annotation
from fireline.incident.phases import REACHED_BY, length

NOT_REACHED = "not reached"
NOT_KNOWN = "not known"
SEVERITIES: Mapping[str, str] = {
    "sev0": "outage, or danger to people or money",
    "sev1": "major degradation",
    "sev2": "partial or localised",
}


def draft(slo: Mapping[str, Any], incident: Mapping[str, Any]) -> Manifest:
    """The draft for one incident of an SLO as the API server hands it out."""
    metadata = slo["metadata"]
    reached = incident.get("phases", {})
    facts = sorted(
        incident.get("facts", ()), key=lambda fact: (parse_timestamp(fact["eventTime"]), fact["seq"])
    )
    return {
        "incident": incident["id"],
        "state": incident["state"],
        "slo": {
            "namespace": metadata.get("namespace", "default"),
            "name": metadata["name"],
            "objective": slo.get("spec", {}).get("objective"),
        },
        "service": incident.get("service", NOT_KNOWN),
        "severity": incident["severity"],
        "severityMeans": SEVERITIES.get(incident["severity"], NOT_KNOWN),
        "scope": incident.get("scope", NOT_KNOWN),
        "owner": incident.get("owner", "nobody is named"),
        "alert": {"name": incident["alertname"], "tier": incident["tier"]},
        "impactStart": incident.get("impactStart", NOT_KNOWN),
        "phases": {name: reached.get(name, NOT_REACHED) for name in REACHED_BY},
        "reachedBy": _reached_by(facts, reached),
        "durations": _durations(incident, reached),
        "budget": {
            **dict.fromkeys(("atImpact", "atDetection", "atResolution", "spent")),
            **_budget(incident),
        },
        "timeline": facts,
        "truncated": bool(incident.get("truncated")),
        "actions": [fact for fact in facts if fact["type"].startswith("mitigation.")],
        "evidence": incident.get("evidence"),
        "summary": None,
        "contributingCauses": None,
        "actionItems": [],
        "writtenUp": annotation(incident["id"], "postmortem"),
    }


def _reached_by(facts: list[Mapping[str, Any]], reached: Mapping[str, str]) -> dict[str, str]:
    """The fact that tells each phase, in its own words."""
    found: dict[str, str] = {}
    for name, types in REACHED_BY.items():
        for fact in facts:
            if fact["type"] in types and fact["eventTime"] == reached.get(name) and name not in found:
                found[name] = fact["summary"]
    return found


def _durations(incident: Mapping[str, Any], reached: Mapping[str, str]) -> dict[str, str]:
    """Lengths of time. From detection to the end can be told also where the start of impact is not known."""
    found = {
        name: incident.get(name, NOT_KNOWN) for name in ("timeToDetect", "timeToMitigate", "timeToResolve")
    }
    if "mitigate" not in reached:
        found["timeToMitigate"] = NOT_REACHED
    if "resolve" not in reached:
        found["timeToResolve"] = NOT_REACHED
    if "detect" in reached and "resolve" in reached:
        span = parse_timestamp(reached["resolve"]) - parse_timestamp(reached["detect"])
        found["fromDetectionToEnd"] = length(max(0.0, span.total_seconds()))
    return found


def _budget(incident: Mapping[str, Any]) -> Mapping[str, str]:
    budget: Mapping[str, str] = incident.get("budget", {})
    return budget
