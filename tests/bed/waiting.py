"""Wait for a fact instead of sleeping: poll with a deadline and say what was missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(found: Callable[[], T | None], *, what: str, seconds: float = 300.0, every: float = 0.1) -> T:
    """Call ``found`` until it returns something true, and return that.

    Raises AssertionError naming ``what`` and the last value seen after ``seconds``. Errors of ``found``
    (AssertionError, LookupError, OSError, and ValueError of ``(one,) = none``: the usual "not there yet")
    count as not found.
    """
    deadline = time.monotonic() + seconds
    while True:
        last: object
        try:
            last = value = found()
            if value:
                return value
        except (AssertionError, LookupError, OSError, ValueError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}; last seen: {str(last)[:2000]}")
        time.sleep(every)
