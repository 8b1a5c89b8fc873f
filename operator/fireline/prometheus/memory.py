"""A metrics source held in memory, for unit tests of what reads figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fireline.api.metrics import Sample
from fireline.errors import MetricsError
from fireline.prometheus.source import LoadedRule

Answer = Callable[[str, datetime | None], list[Sample]]


class InMemorySource:
    """Implements :class:`~fireline.prometheus.source.MetricsSource` with a function from query to vector.

    ``down`` holds the error text of an outage while there is one, ``error`` its class; ``asked`` collects
    the queries.
    """

    def __init__(
        self, answer: Answer, *, rules: Iterable[LoadedRule] = (), documents: Mapping[str, Any] | None = None
    ) -> None:
        self.answer = answer
        self.loaded = list(rules)
        self.documents = dict(documents or {})
        """``data`` of further paths."""
        self.down: str | None = None
        self.error: type[MetricsError] = MetricsError
        self.asked: list[str] = []

    async def instant(self, query: str, *, at: datetime | None = None) -> list[Sample]:
        """The function's answer."""
        await self.healthy()
        self.asked.append(query)
        return self.answer(query, at)

    async def range(self, query: str, *, start: datetime, end: datetime, step: timedelta) -> list[Sample]:
        """The function's answers at each step."""
        found: list[Sample] = []
        at = start
        while at <= end:
            found.extend(await self.instant(query, at=at))
            at += step
        return found

    async def batch(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """The function's answer to each query."""
        return {name: await self.instant(query) for name, query in queries.items()}

    async def whole(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """The function's answers, which are always whole."""
        return await self.batch(queries)

    async def rules(self, groups: Iterable[str]) -> list[LoadedRule]:
        """The rules given at construction that are in these groups."""
        await self.healthy()
        names = set(groups)
        return [rule for rule in self.loaded if rule.group in names]

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """One of ``documents``, whatever the parameters."""
        del params
        await self.healthy()
        if path in self.documents:
            return self.documents[path]
        raise MetricsError(f"no answer to {path} is held in memory")

    async def healthy(self) -> None:
        """Raises MetricsError while ``down`` is set."""
        if self.down:
            raise self.error(self.down)
