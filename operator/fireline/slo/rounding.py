"""Numbers as people read them: rounded text, so that noise below the last digit causes no write."""

from __future__ import annotations

import math


def percent(ratio: float, digits: int) -> str:
    """A ratio as percent with a fixed number of digits, without a negative zero."""
    text = f"{100 * ratio:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def burn_rate(value: float) -> str:
    """A burn rate: two digits matter below 10, none behind the point above 100."""
    digits = 0 if value >= 100 else 1
    text = f"{value:.{digits}f}"
    return "<0.1" if text == "0.0" and value > 0 else text


def duration(seconds: float) -> str:
    """Whole seconds as ``22m54s``; negative ones with a sign."""
    rest = round(seconds)
    sign, rest = ("-", -rest) if rest < 0 else ("", rest)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts) if parts else "0s"


def events(number: float, before: str | None = None) -> str:
    """A number of events to two significant digits (a whole one below 100).

    The text ``before`` stays while the number is within 0.6 of its last digit: mere traffic at the
    edge between two digits must not write a status again and again.
    """
    if before is not None and abs(number - float(before)) <= 0.6 * _step(float(before)):
        return before
    step = _step(number)
    return str(round(number / step) * step)


def whole_events(number: float, before: str | None = None) -> str:
    """The same where a part of an event is none: 0.7 events left allow no further one."""
    return events(math.floor(number) if abs(number) < 100 else number, before)


def bucket(value: float, share: float) -> int | None:
    """Which of the steps of a geometric scale a value is nearest to; None for 0 and below.

    Two values in one bucket differ by less than ``share``.
    """
    return round(math.log(value) / math.log1p(share)) if value > 0 else None


def _step(number: float) -> int:
    """What the second significant digit of a number counts."""
    size = abs(number)
    return 1 if size < 100 else int(10 ** (math.floor(math.log10(size)) - 1))
