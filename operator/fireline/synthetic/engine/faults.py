"""What is told of a fault of our own: enough to find it, and nothing that a variable held."""

from __future__ import annotations

from pathlib import PurePath


def fault(error: BaseException) -> str:
    """``ValueError in judging.py line 71: …`` The message may hold a secret: redact it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return f"{type(error).__name__}: {error}"
    file = PurePath(trace.tb_frame.f_code.co_filename).name
    return f"{type(error).__name__} in {file} line {trace.tb_lineno}: {error}"
