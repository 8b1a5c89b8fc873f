"""The status of a check as it was left, without what cannot be read: people edit it, and backups restore it.

Everything the operator knows of a check is in its status, and the schema lets more pass than makes sense:
a time without a zone, a count below 0. One such value must neither keep the check from going on nor make
up numbers, so ``plan`` reads a status through :func:`sound`, and the next write mends it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from fireline.synthetic.runs import moment

_TIMES = frozenset(
    {"lastScheduled", "lastSuccess", "startedAt", "endedAt", "slot", "until", "since", "next"}
    | {"through", "busyUntil", "hour", "lastTransitionTime"}
)
_YEARS = range(1990, 2200)
_NEEDED = frozenset({"hour", "day", "lastTransitionTime", "notAfter", "sum"})
"""What an object cannot be without; ``until`` is another where it stands beside a schedule."""


def sound(status: Mapping[str, Any]) -> dict[str, Any]:
    """The status without times that are none, counts below 0, and entries that lack what tells them apart."""
    found: dict[str, Any] = _sound("", status)
    return found


def _sound(key: str, value: Any) -> Any:
    """The value, or None where there is nothing to keep."""
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list):
        return [kept for one in value if (kept := _sound(key, one)) is not None]
    if isinstance(value, str):
        return value if _reads(key, value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return max(0, value)
    return value


def _object(given: Mapping[str, Any]) -> dict[str, Any] | None:
    kept = {key: told for key, value in given.items() if (told := _sound(key, value)) is not None}
    lost = given.keys() - kept.keys()
    if lost & _NEEDED or ("until" in lost and "schedule" in given):
        return None
    if "trigger" in given and not kept.keys() & {"slot", "startedAt", "endedAt"}:
        return None
    return kept


def _reads(key: str, text: str) -> bool:
    if key in _TIMES:
        return _is_time(text)
    if key == "notAfter":
        return _is_time(text, any_year=True)
    if key == "day":
        return len(text) == len("2026-11-22") and _is_time(f"{text}T00:00:00Z")
    return key != "sum" or _is_amount(text)


def _is_time(text: str, *, any_year: bool = False) -> bool:
    if not text.endswith("Z"):
        return False
    try:
        return moment(text).year in _YEARS or any_year
    except ValueError:
        return False


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 <= amount < 1 << 62
