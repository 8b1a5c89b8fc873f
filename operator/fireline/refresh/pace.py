"""How much of Prometheus exact queries may take: a share of one core, with room for newcomers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

BURST_SECONDS = 15.0
"""Seconds of query time that may be saved up, and that newcomers may take in advance."""
AUDIT_BURST_SECONDS = 2.0
"""The same for audits, which nobody waits for."""


@dataclass(slots=True)
class Pace:
    """A purse of query seconds: it fills at ``share`` seconds per second, every query pays its time."""

    share: float
    at: float
    """The time ``purse`` was last true, in seconds of any steady clock."""
    burst: float = BURST_SECONDS
    """Most seconds that are saved up."""
    purse: float = BURST_SECONDS

    def pay(self, seconds: float, now: float) -> None:
        """Takes the time a query took."""
        self._fill(now)
        self.purse -= seconds

    def wait(self, now: float, *, newcomer: bool) -> float:
        """Seconds until the next query may start; a newcomer may go ahead on credit."""
        self._fill(now)
        floor = -self.burst if newcomer else 0.0
        return max(0.0, (floor - self.purse) / self.share)

    def _fill(self, now: float) -> None:
        self.purse = min(self.burst, self.purse + (now - self.at) * self.share)
        self.at = now
