"""What a Prometheus knows about its series, asked once per question however many SLOs need the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

from fireline.api.metrics import Sample
from fireline.errors import MetricsError
from fireline.prometheus.source import MetricsSource
from fireline.promql.selectors import Selector

_RECENT_SECONDS = 3600
"""Labels and names are those of the last hour: what vanished a week ago is no help today."""


class Catalog:
    """Answers of one server. Every method raises MetricsError when it cannot be asked.

    What old or reduced servers do not offer (metadata, the list of rules) is answered with "nothing known".
    """

    def __init__(self, source: MetricsSource) -> None:
        self._source = source
        self._asked: dict[Hashable, asyncio.Future[Any]] = {}
        self._since = ("start", str(int(time.time()) - _RECENT_SECONDS))

    async def samples(self, query: str) -> list[Sample]:
        """The instant vector of a query."""
        found: list[Sample] = await self._once(("query", query), lambda: self._source.instant(query))
        return found

    async def value(self, query: str) -> float | None:
        """The one value of a query; None when it is empty."""
        found = await self.samples(query)
        return found[0].value if found else None

    async def exists(self, expression: str) -> bool:
        """Whether an expression yields anything now, native histograms included."""
        return bool(await self.samples(f"count({expression}\n)"))

    async def label_names(self, selector: Selector) -> list[str]:
        """Labels on the series of a selector in the last hour, without the metric's name."""
        found = await self._get("labels", [("match[]", str(selector)), self._since])
        return [str(name) for name in found or () if name != "__name__"]

    async def label_values(self, label: str, selector: Selector | None = None) -> list[str]:
        """Values of a label on the series of a selector (default: on all) in the last hour."""
        match = [("match[]", str(selector))] if selector else []
        return [str(value) for value in await self._get(f"label/{label}/values", [*match, self._since]) or ()]

    async def kinds(self, metric: str) -> set[str]:
        """Types the scraped targets declare for a metric (``counter``, ``gauge``, …); empty when unknown.

        OpenMetrics declares ``x`` and exposes ``x_total``.
        """
        family = metric.removesuffix("_total")
        found = [
            await self._known("metadata", [("metric", name)]) or {}
            for name in dict.fromkeys((metric, family))
        ]
        entries = [entry for answer in found for listed in answer.values() for entry in listed]
        return {str(entry.get("type")) for entry in entries} - {"unknown", "untyped", "None"}

    async def recorded_by(self, metric: str) -> list[str]:
        """Expressions of the rules that record a metric; empty when it is scraped."""
        asked = [("type", "record"), ("rule_name[]", metric)]
        groups = (await self._known("rules", asked) or {}).get("groups", ())
        return [
            str(rule.get("query", ""))
            for group in groups
            for rule in group.get("rules", ())
            # Old servers ignore the filters.
            if rule.get("type") == "recording" and rule.get("name") == metric
        ]

    async def _known(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        """Like ``_get`` for what not every server offers: None there."""
        try:
            return await self._get(path, params)
        except MetricsError:
            await self._source.healthy()
            return None

    async def _get(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        return await self._once((path, *params), lambda: self._source.get(path, params))

    async def _once(self, key: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The first to ask starts the request, everyone awaits the same answer."""
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(ask())
        return await self._asked[key]
