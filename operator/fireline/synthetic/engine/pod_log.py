"""The log of a probe's pod: one JSON object per line on stdout, redacted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TextIO

from fireline.synthetic.engine.clock import Clock
from fireline.synthetic.engine.faults import fault
from fireline.synthetic.engine.progress import Phase, Quiet, StepReport
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.message import document, rfc3339
from fireline.synthetic.result import Result

_SAID_BEFORE = frozenset({"v", "steps", "evidence"})


class PodLog(Quiet):
    """Follows a run and writes what happens."""

    def __init__(
        self, redactor: Redactor, clock: Clock, *, about: Mapping[str, str], out: TextIO | None = None
    ) -> None:
        self._redactor = redactor
        self._clock = clock
        self._about = {name: value for name, value in about.items() if value}
        self._out = out or sys.stdout

    def on_attempt_failed(self, phase: Phase, name: str, *, attempt: int, message: str, wait: float) -> None:
        """One line."""
        where = {"phase": phase, "step": name, "attempt": attempt}
        self.line("warning", "attempt failed", **where, message=message, wait=wait)

    def on_step_ended(self, report: StepReport) -> None:
        """One line."""
        step = report.result
        told = {"outcome": step.outcome, "ms": step.ms, "attempts": step.attempts, "reason": report.reason}
        texts = {"message": step.message, "evidence": report.evidence}
        level = "info" if step.outcome in {"success", "skipped"} else "warning"
        self.line(level, "step ended", phase=report.phase, step=step.name, **told, **texts)

    def ended(self, result: Result) -> None:
        """The last line; the evidence stands with its step."""
        told = {key: value for key, value in document(result).items() if key not in _SAID_BEFORE}
        self.line("info", "run ended", **told)

    def line(self, level: str, event: str, **told: Any) -> None:
        """One line; texts in it are redacted, empty ones left out."""
        said = {key: self._fit(value) for key, value in told.items() if value not in ("", None)}
        now = rfc3339(self._clock.now())
        record = {"timestamp": now, "level": level, "event": self._fit(event), **self._about, **said}
        with suppress(OSError):  # nobody reads the log any more
            print(json.dumps(record, ensure_ascii=False), file=self._out, flush=True)

    def _fit(self, value: Any) -> Any:
        return self._redactor.redact(value) if isinstance(value, str) else value


class Libraries(logging.Handler):
    """What asyncio and libraries log, redacted like everything else; a traceback as its last line."""

    def __init__(self, log: PodLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        error = record.exc_info[1] if record.exc_info else None
        why = fault(error) if error else ""
        self._log.line(record.levelname.lower(), record.getMessage(), logger=record.name, message=why)
