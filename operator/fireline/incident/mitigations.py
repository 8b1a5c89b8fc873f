"""What Mitigations did, and what people said to them, as facts. Read from their status, which is the log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Manifest
from fireline.incident.model import OPERATOR, Draft, Phase

_TOLD: Mapping[tuple[str, str], tuple[Phase, str, str]] = {
    ("Proposed", "PlanChanged"): ("Triage", "mitigation.plan-changed", "has another plan now"),
    ("Proposed", ""): ("Triage", "mitigation.proposed", "is proposed"),
    ("Approved", ""): ("Triage", "mitigation.approved", "is approved"),
    ("Applying", ""): ("Mitigate", "mitigation.begun", "begins"),
    ("Verifying", ""): ("Mitigate", "mitigation.applied", "is in place"),
    ("Active", "Verified"): ("Verify", "mitigation.verified", "helped"),
    ("Active", "VerificationUnknown"): ("Verify", "mitigation.verification-unknown", "may have helped"),
    ("Reverting", ""): ("Mitigate", "mitigation.reverting", "is being taken back"),
}
"""What a record of the history tells, by phase and reason; an empty reason is any other."""
_ENDED: Mapping[str, str] = {
    "Reverted": "is taken back",
    "RevertedByOther": "was taken back by somebody else",
    "Done": "is done",
    "Rejected": "is rejected",
    "Expired": "was not approved in time",
    "Withdrawn": "is withdrawn",
    "NotNeeded": "was not needed: somebody else made the change",
    "Contested": "is contested",
    "Superseded": "is superseded",
    "Released": "is let go without being taken back",
    "Failed": "failed",
    "Unknown": "ended, and nobody can tell whether it was carried out",
}
_WORDS_ONLY = frozenset({"Rejected", "Expired", "Withdrawn"})
"""Ends of what was never begun."""


def concerns(mitigation: Manifest, slo: str) -> bool:
    """Whether it belongs to incidents of this SLO: ``spec.slo``, else that of its trigger."""
    spec = mitigation.get("spec", {})
    named = spec.get("slo") or (spec.get("trigger") or {}).get("slo")
    return bool(named == slo)


def of_mitigation(mitigation: Manifest, *, since: datetime, until: datetime) -> Iterator[Draft]:
    """What it adds between two times."""
    metadata, status = mitigation["metadata"], mitigation.get("status", {})
    name = metadata["name"]
    source = f"Mitigation/{metadata['namespace']}/{name}"
    found = [*_records(name, status), *_moments(name, status)]
    for draft in found:
        if since <= draft.at <= until:
            yield replace(draft, source=source)


def _records(name: str, status: Mapping[str, Any]) -> Iterator[Draft]:
    """Proposals, approvals and ends, from the history."""
    for record in status.get("history", ()):
        result = record.get("result")
        if record["phase"] == "Ended" and result in _ENDED:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", result).lower()
            phase: Phase = "Triage" if result in _WORDS_ONLY else "Mitigate"
            yield _draft(name, record, phase, f"mitigation.{kind}", _ENDED[result])
            continue
        phase_of = record["phase"]
        told = _TOLD.get((phase_of, record.get("reason", ""))) or _TOLD.get((phase_of, ""))
        if told is not None:
            yield _draft(name, record, *told)


def _draft(name: str, record: Mapping[str, Any], phase: Phase, kind: str, verb: str) -> Draft:
    summary = _summary(name, verb, record.get("message") or record.get("trigger") or "")
    paths = ", ".join(path["path"] for path in record.get("paths", ()))
    data = {"reason": record.get("reason", ""), "planHash": record.get("planHash", ""), "paths": paths}
    return Draft(
        parse_timestamp(record["time"]),
        phase,
        kind,
        "",
        summary,
        actor=record.get("actor") or OPERATOR,
        data={key: value for key, value in data.items() if value},
    )


def _summary(name: str, verb: str, message: str) -> str:
    """Name, verb and message, and nothing twice."""
    if message.startswith(f"it {verb}"):
        return f"{name}{message.removeprefix('it')}"
    if verb.startswith("is ") and message.startswith(f"{verb.removeprefix('is ')} by "):
        return f"{name} is {message}"
    said = message.removeprefix(verb).removeprefix("is taken back").removeprefix(": ")
    return f"{name} {verb}: {said}" if said else f"{name} {verb}"


def _moments(name: str, status: Mapping[str, Any]) -> Iterator[Draft]:
    """What the status has a time of its own for: in place, seen to help, a person is asked."""
    intent = status.get("intent", {})
    plan = {"planHash": intent["planHash"]} if "planHash" in intent else {}
    action = f": {intent['action']}" if "action" in intent else ""
    if "appliedAt" in status:
        at = parse_timestamp(status["appliedAt"])
        yield Draft(at, "Mitigate", "mitigation.applied", "", f"{name} is in place{action}", data=plan)
    if "verifiedAt" in status:
        at = parse_timestamp(status["verifiedAt"])
        yield Draft(at, "Verify", "mitigation.verified", "", f"{name} helped", data=plan)
    if "needsHuman" in status:
        asked = status["needsHuman"]
        at = parse_timestamp(asked["since"])
        words = f"{name} needs a person: {asked['message']}"
        yield Draft(at, "Mitigate", "mitigation.needs-human", "", words, data={"reason": asked["reason"]})
