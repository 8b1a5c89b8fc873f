"""What was gathered after detection becomes part of the record, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Manifest
from fireline.incident.checks import last_failed
from fireline.incident.model import UNKNOWN, Draft, Gathered, one_line

_BURN_DIGITS = 1
_MARGIN = timedelta(minutes=30)
_TRACE = "{trace_id}"
_MOST_LINKS = 20
_LONGEST = 1024


def document(gathered: Gathered, *, burn: Mapping[str, float], checks: Sequence[Manifest]) -> Manifest:
    """The ``evidence`` of an incident: what was gathered, and what is known without asking anybody."""
    rates = {**gathered.burn, **burn, **gathered.burn}  # the short windows first, and not as they are by now
    burnt = [{"window": name, "value": f"{value:.{_BURN_DIGITS}f}"} for name, value in rates.items()]
    failed = [one for one in map(_failed_run, checks) if one is not None]
    latest = max(failed, key=lambda one: str(one.get("at", "")), default=None)
    return {
        **gathered.document,
        **({"burnRates": burnt[:12]} if burnt else {}),
        **({"failedRun": latest} if latest else {}),
    }


def facts(found: Mapping[str, Any], namespace: str) -> Iterator[Draft]:
    """That it was gathered, and each rollout in it."""
    at = parse_timestamp(found["at"])
    missing = found.get("missing", ())
    words = "evidence was gathered" + (f"; not known: {'; '.join(missing)}" if missing else "")
    yield Draft(at, "Detect", "evidence.gathered", "Prometheus", words)
    for rollout in found.get("rollouts", ()):
        kind, _, name = rollout["workload"].partition("/")
        yield Draft(
            parse_timestamp(rollout["at"]),
            "Detect",
            "rollout.started",
            f"{kind}/{namespace}/{name}",
            f"{rollout['workload']} got the new ReplicaSet {rollout['replicaSet']}",
            actor=UNKNOWN,
            data={"replicaSet": rollout["replicaSet"]},
            evidence=("kube_replicaset_created",),
        )


def links(
    templates: Mapping[str, str], values: Mapping[str, str], *, started: datetime, traces: Sequence[str]
) -> list[Manifest]:
    """The addresses of the templates: half an hour before the incident began until half an hour after.

    ``{from}`` and ``{to}`` are Unix milliseconds, ``{from_s}`` and ``{to_s}`` seconds, ``{from_time}`` and
    ``{to_time}`` RFC 3339. A template with ``{trace_id}`` gives one for each trace, and none without any.
    """
    begin, end = started - _MARGIN, started + _MARGIN
    known = dict(values)
    for name, at in (("from", begin), ("to", end)):
        seconds = int(at.timestamp())
        known |= {name: f"{seconds}000", f"{name}_s": str(seconds), f"{name}_time": timestamp(at)}
    found: list[Manifest] = []
    for name, template in templates.items():
        for trace in traces if _TRACE in template else [""]:
            url = _filled(template, {**known, "trace_id": trace})
            if len(url) <= _LONGEST:
                found.append({"name": name, "url": url})
    return found[:_MOST_LINKS]


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def _failed_run(check: Manifest) -> Manifest | None:
    run = last_failed(check)
    if run is None:
        return None
    return {
        "check": check["metadata"]["name"],
        "outcome": run["outcome"],
        **({"step": run["step"]} if run.get("step") else {}),
        **({"message": one_line(run["message"])} if run.get("message") else {}),
        "at": run["endedAt"],
    }
