"""One Prometheus server, asked through prometheus-api-client in threads.

Used by :mod:`fireline.prometheus.replicas`, which puts several of these behind one source. Whoever
imports this module imports the client library: Replicas does so late, and the CLI never.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from prometheus_api_client.prometheus_connect import PrometheusConnect

from fireline.api.metrics import Sample
from fireline.errors import MetricsTooHeavy
from fireline.http.session import BoundedSession
from fireline.http.threads import in_daemon_thread
from fireline.http.translate import translated
from fireline.prometheus import answers
from fireline.prometheus.http import METRICS
from fireline.prometheus.source import LoadedRule, OnQuery, Outcome
from fireline.settings import Source

T = TypeVar("T")

_AT_A_TIME = 4
"""Requests under way to one server; more would only queue inside it."""
_ONLY_WHOLE = {"Thanos": {"partial_response": "false", "max_source_resolution": "0s"}}
"""By default Thanos answers from the stores it can reach and tells by a warning only that others are missing,
and it may read downsampled data: figures that look right and are not."""
_GRACE_SECONDS = 5.0
"""How much longer than the server we wait, so that its own words about a time-out reach us."""


class Replica:
    """One server. Implements :class:`~fireline.prometheus.source.MetricsSource`."""

    def __init__(self, url: str, source: Source, *, name: str = "", on_query: OnQuery | None = None) -> None:
        self.url = url.rstrip("/")
        self._source = source
        self._name = name
        self._on_query = on_query
        self._connection: PrometheusConnect | None = None
        # Plain seconds: Prometheus refuses a fraction with a unit.
        self._params = {"timeout": f"{source.timeout_seconds:g}", **_ONLY_WHOLE.get(source.kind, {})}
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def instant(self, query: str, *, at: datetime | None = None) -> list[Sample]:
        """See :meth:`MetricsSource.instant`."""
        params = self._params | ({"time": repr(at.timestamp())} if at else {})

        def ask() -> list[Sample]:
            return answers.samples(self._connect().custom_query(query, params=params))

        return await self._ask("query", ask)

    async def range(self, query: str, *, start: datetime, end: datetime, step: timedelta) -> list[Sample]:
        """See :meth:`MetricsSource.range`. Whole seconds: the library rounds the ends."""

        def ask() -> list[Sample]:
            seconds = f"{step.total_seconds():g}"
            found = self._connect().custom_query_range(query, start, end, seconds, params=self._params)
            return answers.samples(found)

        return await self._ask("query_range", ask)

    async def batch(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """See :meth:`MetricsSource.batch`. One after the other: the operator is not the only client."""
        return {name: await self.instant(query) for name, query in queries.items()}

    async def whole(self, queries: Mapping[str, str]) -> dict[str, list[Sample]]:
        """See :meth:`MetricsSource.whole`. The library drops warnings, so its session is used."""
        found: dict[str, list[Sample]] = {}
        for name, query in queries.items():
            params = [("query", query), *self._params.items()]
            document = await self._ask("query", partial(self._get, "/api/v1/query", params))
            found[name] = answers.whole(document)
        return found

    async def rules(self, groups: Iterable[str]) -> list[LoadedRule]:
        """See :meth:`MetricsSource.rules`."""
        names = frozenset(groups)
        params = [("rule_group[]", name) for name in sorted(names)]
        document = await self._ask("rules", lambda: self._get("/api/v1/rules", params))
        return answers.rules(document, names)

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """See :meth:`MetricsSource.get`."""
        document = await self._ask(path, lambda: self._get(f"/api/v1/{path}", list(params)))
        return answers.data(document)

    async def healthy(self) -> None:
        """See :meth:`MetricsSource.healthy`. Asks a query, which proxies and Thanos answer too."""
        question = [("query", "vector(1)")]
        await self._ask("healthy", lambda: self._get("/api/v1/query", question, timeout=_GRACE_SECONDS))

    async def _ask(self, what: str, ask: Callable[[], T]) -> T:
        """Runs a blocking request in a thread and tells errors apart; reports time and outcome."""
        async with self._slots:
            started = time.monotonic()
            outcome: Outcome = "error"
            try:
                result = await in_daemon_thread(lambda: self._translated(ask))
                outcome = "ok"
            except MetricsTooHeavy:
                outcome = "too_heavy"
                raise
            finally:
                if self._on_query:
                    self._on_query(what, outcome, time.monotonic() - started)
            return result

    def _translated(self, ask: Callable[[], T]) -> T:
        return translated(ask, url=self.url, access=self._source, name=self._name, errors=METRICS)

    def _get(self, path: str, params: list[tuple[str, str]], *, timeout: float | None = None) -> Any:
        """GET for what the library has no call for, over its session."""
        connection = self._connect()
        session = connection._session  # ours, given to it below
        return session.get(f"{self.url}{path}", params=params, timeout=timeout or connection._timeout).json()

    def _connect(self) -> PrometheusConnect:
        if self._connection is None:
            self._connection = PrometheusConnect(
                url=self.url,
                session=BoundedSession(self._source, METRICS),
                timeout=math.ceil(self._source.timeout_seconds + _GRACE_SECONDS),
            )
        return self._connection

    def close(self) -> None:
        """Closes pooled connections."""
        if self._connection is not None:
            self._connection.close()
