"""What one run of a check came to, and how the operator reads it.

A run writes it as its pod's termination message (or the prober serves it); the operator reads it back
with :func:`parse`. Pods are not trusted to write it well: a custom image may write anything, and the
kubelet cuts a message at 4096 bytes, so that reading names what is wrong and where. Written by
``fireline.synthetic.message``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from fireline.synthetic import fields
from fireline.synthetic.fields import Malformed
from fireline.synthetic.text import readable

Outcome = Literal["success", "failure", "error", "infra"]
StepOutcome = Literal["success", "failure", "error", "infra", "skipped"]

VERSION = 1
OUTCOMES: tuple[Outcome, ...] = ("success", "failure", "error", "infra")
STEP_OUTCOMES: tuple[StepOutcome, ...] = (*OUTCOMES, "skipped")

MESSAGE_BYTES = 512
STEP_MESSAGE_BYTES = 200
EVIDENCE_BYTES = 1024

_KUBELET_CUTS_AT = 4096
_MOST_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step came to: ``ms`` is the time of all its attempts and of the waiting between them.

    ``message`` says what went wrong, also in an attempt that was made up for by a later one.
    """

    name: str
    outcome: StepOutcome
    ms: int = 0
    attempts: int = 1
    message: str = ""


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """Until when the certificate is valid that a step was shown."""

    step: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """One finished run.

    ``duration_ms`` is the time of the measured steps alone, None when nothing was measured.
    ``cleanup`` tells of sweep and cleanup; ``cleanup_failed``, that something may have been left behind,
    never changes the outcome. ``omitted`` counts entries of lists that found no room in the message.
    """

    outcome: Outcome
    step: str = ""
    reason: str = ""
    message: str = ""
    degraded: bool = False
    flaky: bool = False
    attempts: int = 1
    started_at: datetime | None = None
    duration_ms: int | None = None
    steps: tuple[StepResult, ...] = ()
    certificates: tuple[CertificateSeen, ...] = ()
    cleanup: tuple[StepResult, ...] = ()
    cleanup_failed: bool = False
    omitted: int = 0
    evidence: str = ""


def parse(message: str) -> Result | str:
    """The result a pod wrote, or the reason why the message is not one: ``path: what was found``.

    Only ``v`` and ``outcome`` must be there. Unknown fields are ignored, so that a newer image can be
    read. Texts come back cut to what we store, without control characters and halves of characters.
    """
    if not message.strip():
        return "the message is empty"
    try:
        document = json.loads(message)
    except (ValueError, RecursionError) as error:
        size = len(message.encode(errors="replace"))
        cut = f"; it was cut at {_KUBELET_CUTS_AT} bytes" if size >= _KUBELET_CUTS_AT else ""
        return f"not JSON{cut}: {readable(str(error), limit=120)}"
    try:
        return of_mapping(fields.mapping("message", document))
    except Malformed as error:
        return str(error)


def of_mapping(said: Mapping[str, Any]) -> Result:
    """The same from JSON that was read already. Raises Malformed."""
    fields.one_of("v", str(said.get("v")), [str(VERSION)])
    started, duration = said.get("startedAt"), said.get("durationMs")
    return Result(
        outcome=cast("Outcome", fields.one_of("outcome", said.get("outcome"), OUTCOMES)),
        step=fields.word("step", said.get("step"), fields.STEP_NAME),
        reason=fields.word("reason", said.get("reason"), fields.REASON),
        message=_text("message", said, MESSAGE_BYTES),
        degraded=fields.flag("degraded", said.get("degraded")),
        flaky=fields.flag("flaky", said.get("flaky")),
        attempts=fields.whole("attempts", said.get("attempts"), 1, _MOST_ATTEMPTS, default=1),
        started_at=None if started is None else fields.moment("startedAt", started),
        duration_ms=None if duration is None else fields.milliseconds("durationMs", duration),
        steps=_steps("steps", said, most=32),
        certificates=tuple(
            CertificateSeen(
                fields.step_name(f"{path}.step", entry.get("step")),
                fields.moment(f"{path}.notAfter", entry.get("notAfter")),
            )
            for path, entry in fields.entries("certificates", said.get("certificates"), most=32)
        ),
        cleanup=_steps("cleanup", said, most=64),
        cleanup_failed=fields.flag("cleanupFailed", said.get("cleanupFailed")),
        omitted=fields.whole("omitted", said.get("omitted"), 0, 1_000_000, default=0),
        evidence=_text("evidence", said, EVIDENCE_BYTES),
    )


def _steps(key: str, said: Mapping[str, Any], *, most: int) -> tuple[StepResult, ...]:
    """As many at most as status keeps."""
    return tuple(_step(path, entry) for path, entry in fields.entries(key, said.get(key), most=most))


def _step(path: str, entry: Mapping[str, Any]) -> StepResult:
    message = fields.string(f"{path}.message", entry.get("message"), default="")
    return StepResult(
        name=fields.step_name(f"{path}.name", entry.get("name")),
        outcome=cast("StepOutcome", fields.one_of(f"{path}.outcome", entry.get("outcome"), STEP_OUTCOMES)),
        ms=fields.milliseconds(f"{path}.ms", entry.get("ms", 0)),
        attempts=fields.whole(f"{path}.attempts", entry.get("attempts"), 0, _MOST_ATTEMPTS, default=1),
        message=readable(message, limit=STEP_MESSAGE_BYTES),
    )


def _text(key: str, said: Mapping[str, Any], limit: int) -> str:
    return readable(fields.string(key, said.get(key), default=""), limit=limit)
