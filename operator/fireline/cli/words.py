"""Lengths of time as people read them. Used by ``status`` and ``explain``."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_TEN_MINUTES = 600


def rough(seconds: float) -> str:
    """A length of time in its two largest units: ``2d3h``, ``12s``; no seconds from ten minutes on."""
    whole = abs(round(seconds))
    if whole >= _TEN_MINUTES:
        whole -= whole % 60
    parts = _counts(whole)
    first = next((number for number, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return _text(parts[first : first + 2])


def age(seconds: float) -> str:
    """A length of time in its largest unit alone, as kubectl shows ages: ``4d``, ``2h``, ``15m``."""
    whole = max(0, round(seconds))
    count, unit = next((pair for pair in _counts(whole) if pair[0]), (0, "s"))
    return f"{count}{unit}"


def exact(seconds: float) -> str:
    """A length of time in whole seconds, such as ``43m12s``; negative with a leading minus."""
    whole = round(seconds)
    return f"-{_text(_counts(-whole))}" if whole < 0 else _text(_counts(whole))


def _counts(seconds: int) -> list[tuple[int, str]]:
    found = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        found.append((count, unit))
    return found


def _text(parts: list[tuple[int, str]]) -> str:
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
