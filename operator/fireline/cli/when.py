"""Times and lengths of time on a command line: ``30d`` ago, or a moment such as ``2026-11-01T08:00:00Z``."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from fireline.errors import PromQLError
from fireline.promql.durations import Duration


def moment(text: str, *, option: str) -> int:
    """Unix time of an RFC 3339 time or of a date, in UTC unless it says otherwise.

    Raises click's UsageError naming the option.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"{option}: {text!r} is no time; write it like 2026-11-01T08:00:00Z or 2026-11-01"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def since(text: str, until: int, *, option: str) -> int:
    """Unix time of the start of a stretch that ends at ``until``: so long before it, or a moment.

    Raises click's UsageError naming the option when it is neither, or not before ``until``.
    """
    try:
        start = until - Duration.parse(text).milliseconds // 1000
    except PromQLError:
        start = moment(text, option=option)
    if start >= until:
        raise click.UsageError(f"{option}: {text} is not before {shown(until)}; nothing is between them")
    return start


def length(text: str, *, option: str) -> int:
    """Seconds of a duration; 0 is allowed. Raises click's UsageError naming the option."""
    if text in {"0", "0s"}:
        return 0
    try:
        return Duration.parse(text).milliseconds // 1000
    except PromQLError as error:
        raise click.UsageError(f"{option}: {error}") from None


def shown(at: float) -> str:
    """A Unix time for people: ``2026-11-01 08:00`` in UTC, with seconds where there are some."""
    text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(":00") if text.endswith(":00") else text


def timestamp(at: float) -> str:
    """A Unix time for machines: RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
