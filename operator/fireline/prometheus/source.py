"""What Fireline asks of a Prometheus: the protocol its users depend on.

:mod:`fireline.refresh` reads figures through it; :class:`~fireline.prometheus.replicas.Replicas` speaks
to real servers, :class:`~fireline.prometheus.memory.InMemorySource` answers unit tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from fireline.api.metrics import Sample

Outcome = Literal["ok", "error", "too_heavy"]

OnQuery = Callable[[str, Outcome, float], None]
"""Told after each HTTP request: what was asked (``query``, ``query_range``, ``rules``, ``healthy``),
how it ended, and the seconds it took. Called in the event loop; feeds the operator's metrics."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One rule as Prometheus has loaded it. ``error`` is the text of its last failed evaluation.

    ``file`` says where it came from: a file for Prometheus and Thanos, a namespace of rules for Mimir.
    """

    group: str
    file: str
    name: str
    health: Literal["ok", "err", "unknown"]
    error: str
    labels: Mapping[str, str] = field(default_factory=dict)


class MetricsSource(Protocol):
    """One Prometheus, or several replicas of it that behave as one.

    Every method raises MetricsTooHeavy when the server gave up for the size of the question (sample
    limit, time-out), and MetricsError when it could not answer at all. Values come as Prometheus
    gives them: NaN and infinities are left in, the callers decide what they mean.
    """

    async def instant(self, query: str, *, at: datetime | None = None) -> list[Sample]:
        """The instant vector of ``query`` at a time (default: the server's now)."""

    async def range(self, query: str, *, start: datetime, end: datetime, step: timedelta) -> list[Sample]:
        """One sample per series and step, ``start`` and ``end`` included; ``Sample.at`` tells the step."""

    async def batch(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """The instant vectors of several named queries, all answered by the same replica."""

    async def whole(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """As :meth:`batch`, for what must not be judged by half: an answer that warns of missing data is a
        MetricsError."""

    async def rules(self, groups: Iterable[str]) -> list[LoadedRule]:
        """The rules loaded under these group names; a group that is not loaded is simply missing."""

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """``data`` of one GET of ``/api/v1/PATH``: what the CLI asks about metadata, labels and rules."""

    async def healthy(self) -> None:
        """Returns when the server is up and ready; raises MetricsError when it is not."""
