"""Numbers of the gate as people read them. Pure."""

from __future__ import annotations

from fireline.cli.performance.sizes import size_text

_WHOLE_FROM = 100_000


def plain(value: float) -> str:
    """Up to six significant digits, no exponent, no trailing zeros: ``0.1042``, ``51234``, ``500.04``.

    As many, so that a value just beyond its limit does not look like the limit.
    """
    if abs(value) >= _WHOLE_FROM:
        return f"{value:.0f}"
    text = f"{value:.6g}"
    return f"{float(text):.12f}".rstrip("0").rstrip(".") if "e" in text else text


def milliseconds(value: float) -> str:
    """``431ms``, ``0.42ms``, ``2500ms``."""
    return f"{plain(value)}ms"


def percentage(value: float) -> str:
    """A percentage: ``99.53 %``."""
    return f"{plain(value)} %"


def size(value: float) -> str:
    """Bytes, exact, with a rounded size for people beyond one KiB: ``97280 bytes (95.0KiB)``."""
    exact = f"{value:.0f} bytes"
    return f"{exact} ({size_text(value)})" if value >= 1024 else exact
