"""The time, passed in wherever it is needed, so that tests need not wait for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Knows the time."""

    def monotonic(self) -> float:
        """Seconds on the clock by which the wire keeps its deadlines."""

    def now(self) -> datetime:
        """The time of day, with its zone."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The real time: the event loop's clock, and UTC."""

    def monotonic(self) -> float:
        """The event loop's clock."""
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
