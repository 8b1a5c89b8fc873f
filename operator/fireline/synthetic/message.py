"""Writes a result as a termination message that always fits: the verdict is never cut.

The kubelet keeps 4096 bytes of a message and cuts without looking, after which it is no JSON; 3500
leave room for what it adds. What is cut first is what a reader misses least: evidence, then list
entries that say "fine", then the others, then the sentences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from fireline.synthetic.result import (
    EVIDENCE_BYTES,
    MESSAGE_BYTES,
    STEP_MESSAGE_BYTES,
    VERSION,
    CertificateSeen,
    Result,
    StepResult,
)
from fireline.synthetic.text import cut, readable

LIMIT_BYTES = 3500
_SHORT = 160

_T = TypeVar("_T")


def to_message(result: Result, *, limit: int = LIMIT_BYTES) -> str:
    """One JSON document of at most ``limit`` bytes of UTF-8 (``limit`` at least 1000)."""
    result = _readable(result)
    for shorten in (_less_evidence, _fewer_steps, _fewer_cleanups, _fewer_certificates, _shorter_sentences):
        written = _written(result)
        excess = len(written.encode()) - limit
        if excess <= 0:
            return written
        result = shorten(result, excess)
    return _written(result)


def document(result: Result) -> dict[str, Any]:
    """The message as JSON; what is empty or false by default is left out, except the verdict."""
    told: dict[str, Any] = {
        "v": VERSION,
        "outcome": result.outcome,
        "step": result.step,
        "reason": result.reason,
        "message": result.message,
        "degraded": result.degraded,
        "flaky": result.flaky,
        "attempts": result.attempts,
        "startedAt": None if result.started_at is None else rfc3339(result.started_at),
        "durationMs": result.duration_ms,
        "steps": [_step(step) for step in result.steps],
        "certificates": [{"step": c.step, "notAfter": rfc3339(c.not_after)} for c in result.certificates],
        "cleanup": [_step(step) for step in result.cleanup],
        "cleanupFailed": result.cleanup_failed,
        "omitted": result.omitted,
        "evidence": result.evidence,
    }
    always = {"v", "outcome", "degraded", "flaky", "attempts", "durationMs"}
    kept = {key: value for key, value in told.items() if key in always or value}
    return {key: value for key, value in kept.items() if value is not None}


def rfc3339(moment: datetime) -> str:
    """In UTC, with milliseconds when there are any: ``2026-11-22T10:00:00.123Z``."""
    utc = moment.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def _written(result: Result) -> str:
    return json.dumps(document(result), ensure_ascii=False, separators=(",", ":"))


def _step(step: StepResult) -> dict[str, Any]:
    told = {"name": step.name, "outcome": step.outcome, "ms": step.ms, "attempts": step.attempts}
    return told | {"message": step.message} if step.message else told


def _readable(result: Result) -> Result:
    return replace(
        result,
        message=readable(result.message, limit=MESSAGE_BYTES),
        steps=tuple(_readable_step(step) for step in result.steps),
        cleanup=tuple(_readable_step(step) for step in result.cleanup),
        evidence=readable(result.evidence, limit=EVIDENCE_BYTES),
    )


def _readable_step(step: StepResult) -> StepResult:
    return replace(step, message=readable(step.message, limit=STEP_MESSAGE_BYTES))


def _less_evidence(result: Result, excess: int) -> Result:
    """Cut by what it takes in JSON: a quote or a newline takes two bytes there."""
    evidence = result.evidence
    room = _in_json(evidence) - excess
    while evidence and _in_json(evidence) > room:
        evidence = cut(evidence, max(0, len(evidence.encode()) - max(1, (_in_json(evidence) - room) // 2)))
    return replace(result, evidence=evidence)


def _in_json(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def _fewer_steps(result: Result, excess: int) -> Result:
    """The quickest of those that were fine go first; what failed stays longest."""
    kept = _fewer(result.steps, excess, _weight, _step_size)
    return _counted(replace(result, steps=kept), len(result.steps) - len(kept))


def _fewer_cleanups(result: Result, excess: int) -> Result:
    kept = _fewer(result.cleanup, excess, _weight, _step_size)
    return _counted(replace(result, cleanup=kept), len(result.cleanup) - len(kept))


def _weight(step: StepResult) -> tuple[bool, int]:
    return step.outcome not in {"success", "skipped"}, step.ms


def _step_size(step: StepResult) -> int:
    return len(json.dumps(_step(step), ensure_ascii=False, separators=(",", ":")).encode())


def _fewer_certificates(result: Result, excess: int) -> Result:
    """Those that end last go first."""
    kept = _fewer(result.certificates, excess, _nearness, lambda entry: len(entry.step) + 45)
    return _counted(replace(result, certificates=kept), len(result.certificates) - len(kept))


def _nearness(entry: CertificateSeen) -> float:
    return -entry.not_after.timestamp()


def _shorter_sentences(result: Result, _: int) -> Result:
    return replace(result, message=cut(result.message, _SHORT))


def _fewer(
    items: Sequence[_T], excess: int, worth: Callable[[_T], Any], size: Callable[[_T], int]
) -> tuple[_T, ...]:
    """Without the least worthy ones that together take ``excess`` bytes (and the count of them, 20)."""
    left, gone = excess + 20, set[int]()
    for index in sorted(range(len(items)), key=lambda i: worth(items[i])):
        if left <= 0:
            break
        gone.add(index)
        left -= size(items[index])
    return tuple(item for index, item in enumerate(items) if index not in gone)


def _counted(result: Result, omitted: int) -> Result:
    return replace(result, omitted=result.omitted + omitted)
