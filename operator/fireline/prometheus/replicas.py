"""Several replicas of one Prometheus, used as one source.

Replicas scrape at other moments and have other gaps, so figures jump when they are mixed. A source
therefore sticks to one replica, changes only when that one fails, and repeats a whole batch on the
next rather than finish it there. The app builds one per entry of ``settings.sources``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from fireline.api.metrics import Sample
from fireline.errors import MetricsError, MetricsForbidden, MetricsTooHeavy
from fireline.prometheus.source import LoadedRule, MetricsSource, OnQuery
from fireline.settings import Source

T = TypeVar("T")


class Replicas:
    """Implements :class:`~fireline.prometheus.source.MetricsSource` over one or more replicas.

    ``name``: of the source in the settings, told with every error; empty for a URL of a command line.
    """

    def __init__(self, replicas: Iterable[MetricsSource], *, name: str = "") -> None:
        self._replicas = tuple(replicas)
        self._name = name
        self._current = 0

    @classmethod
    def of(cls, source: Source, *, name: str = "", on_query: OnQuery | None = None) -> Replicas:
        """The source as the settings describe it."""
        # Here and not above: the CLI must not pay for importing the HTTP client.
        from fireline.prometheus.client import Replica  # noqa: PLC0415

        return cls((Replica(url, source, name=name, on_query=on_query) for url in source.urls), name=name)

    async def instant(self, query: str, *, at: datetime | None = None) -> list[Sample]:
        """See :meth:`MetricsSource.instant`."""
        return await self._first_that_answers(lambda one: one.instant(query, at=at))

    async def range(self, query: str, *, start: datetime, end: datetime, step: timedelta) -> list[Sample]:
        """See :meth:`MetricsSource.range`."""
        return await self._first_that_answers(lambda one: one.range(query, start=start, end=end, step=step))

    async def batch(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """See :meth:`MetricsSource.batch`."""
        return await self._first_that_answers(lambda one: one.batch(queries))

    async def whole(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """See :meth:`MetricsSource.whole`."""
        return await self._first_that_answers(lambda one: one.whole(queries))

    async def rules(self, groups: Iterable[str]) -> list[LoadedRule]:
        """See :meth:`MetricsSource.rules`."""
        names = frozenset(groups)
        return await self._first_that_answers(lambda one: one.rules(names))

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """See :meth:`MetricsSource.get`."""
        return await self._first_that_answers(lambda one: one.get(path, params))

    async def healthy(self) -> None:
        """Returns when some replica is up; the one that is becomes the current one."""
        await self._first_that_answers(lambda one: one.healthy())

    async def _first_that_answers(self, ask: Callable[[MetricsSource], Awaitable[T]]) -> T:
        """Asks the current replica, then the others in turn. A question too heavy for one is for all."""
        if not self._replicas:
            urls = f"sources.{self._name or '<name>'}.urls"
            raise MetricsError(f"the source has no URL; set {urls} in the operator's settings")
        start = self._current
        failures: list[MetricsError] = []
        for offset in range(len(self._replicas)):
            index = (start + offset) % len(self._replicas)
            try:
                answer = await ask(self._replicas[index])
            except MetricsTooHeavy as error:
                # A server that hangs looks like a heavy question; one that still answers is not hanging.
                if await _answers(self._replicas[index]):
                    raise
                failures.append(error)
                continue
            except MetricsError as error:
                failures.append(error)
                continue
            self._current = index
            return answer
        everywhere = all(isinstance(error, MetricsForbidden) for error in failures)
        said = "; ".join(map(str, failures))
        raise (MetricsForbidden if everywhere else MetricsError)(
            f"source {self._name}: {said}" if self._name else said
        )


async def _answers(replica: MetricsSource) -> bool:
    try:
        await replica.healthy()
    except MetricsError:
        return False
    return True
