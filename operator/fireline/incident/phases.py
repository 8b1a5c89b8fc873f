"""When each phase of an incident was reached, and the times that follow. Only from facts; never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Manifest

REACHED_BY: Mapping[str, frozenset[str]] = {
    "detect": frozenset({"alert.fired", "check.failed"}),
    "triage": frozenset({"incident.acknowledged", "incident.reported", "mitigation.proposed"}),
    "mitigate": frozenset({"mitigation.applied"}),
    "resolve": frozenset({"incident.resolved"}),
    "verify": frozenset({"mitigation.verified", "check.recovered"}),
    "postmortem": frozenset({"incident.postmortem"}),
}
"""The types of fact of which the first one reaches a phase."""
_NO_DETECTION = "Other"


def phases(facts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The phases that were reached, each with the time of the first fact that tells so."""
    found: dict[str, str] = {}
    for name, types in REACHED_BY.items():
        times = [fact["eventTime"] for fact in facts if fact["type"] in types and _detects(fact)]
        if times:
            found[name] = min(times, key=parse_timestamp)
    return found


def durations(reached: Mapping[str, str], impact_start: str | None) -> Manifest:
    """Time to detect, to mitigate and to resolve, as ``2m10s``; absent where an end of it is not known.

    To detect: from the start of impact to detection. To mitigate: from detection until the first
    mitigation is in place. To resolve: from the start of impact to the end.
    """
    spans = {
        "timeToDetect": (impact_start, reached.get("detect")),
        "timeToMitigate": (reached.get("detect"), reached.get("mitigate")),
        "timeToResolve": (impact_start, reached.get("resolve")),
    }
    return {
        name: length((parse_timestamp(end) - parse_timestamp(start)).total_seconds())
        for name, (start, end) in spans.items()
        if start is not None and end is not None and parse_timestamp(end) >= parse_timestamp(start)
    }


def later_than_detection(impact: datetime, reached: Mapping[str, str]) -> bool:
    """A start of impact after the detection is none."""
    return "detect" in reached and timestamp(impact) > reached["detect"]


def length(seconds: float) -> str:
    """Whole seconds as ``1h2m10s``."""
    rest, parts = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _detects(fact: Mapping[str, Any]) -> bool:
    return bool(fact["type"] != "alert.fired" or fact.get("data", {}).get("kind") != _NO_DETECTION)
