"""One source, its SLOs, and the loops over them: for tests of what is asked and who is told."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime

from fireline.api.metrics import Sample
from fireline.api.plan import Key
from fireline.errors import MetricsError
from fireline.prometheus.memory import InMemorySource
from fireline.refresh import Refresher
from fireline.refresh.recorded import refresh
from fireline.settings import Settings, Source

SETTINGS = Settings(
    sources={"default": Source(urls=("http://prometheus",)), "silent": Source()}, refresh_seconds=0.01
)
CHECKOUT = Key("ServiceLevelObjective", "shop", "checkout")
LABELS = {"namespace": "shop", "slo": "checkout", "sli": "v1-0123456789"}


class World:
    """One source, its SLOs and what was enqueued. ``figures`` maps a metric to its value."""

    def __init__(self, *objectives, rules=()):
        self.objectives = list(objectives)
        self.figures = {"slo:error_budget_consumed:ratio": 0.25, "slo:coverage:ratio": 1.0}
        self.exact = {"total": 1000.0, "part": 1.0, "points": 288.0}
        self.refuses_exact = False
        self.hashes: list[str] = []
        self.source = InMemorySource(self.answer, rules=rules)
        self.enqueued: list[Key] = []
        self.refresher = Refresher(
            SETTINGS,
            {"default": self.source},
            objectives=lambda: self.objectives,
            enqueue=self.enqueued.extend,
        )

    def answer(self, query, at):
        if query.startswith("label_replace(sum(slo:error_budget_consumed"):
            return self.recorded()
        if "fireline" in query:
            if self.refuses_exact:
                raise MetricsError("many-to-many matching not allowed")
            when = at.timestamp()
            return [Sample({"fireline": name}, value, when) for name, value in self.exact.items()]
        if query.startswith(("vector", "min_over_time")):
            return []
        if query == "slo:info":
            return [Sample({**LABELS, "spec_hash": one}, 1.0, 0.0) for one in self.hashes]
        return [Sample(LABELS, self.figures[query], 0.0)] if query in self.figures else []

    def recorded(self):
        """The recorded budget, computed just now from a slice that ended just now."""
        now = time.time()
        parts = {"consumed": self.figures["slo:error_budget_consumed:ratio"], "computed": now, "slice": now}
        return [Sample({"fireline": name}, value, now) for name, value in parts.items()]

    def counting(self):
        return self.refresher._counting["default"]

    def counts(self):
        """How many exact counts were asked for."""
        return sum('"points"' in query for query in self.source.asked)

    def refresh_at(self, seconds):
        """One reading of the recorded figures as of a moment."""
        now = datetime.fromtimestamp(1_700_000_000 + seconds, UTC)
        asyncio.run(refresh(self.source, self.objectives, self.refresher.readings, now=now))

    def refresh(self):
        asyncio.run(self.refresher.refresh_once("default"))

    def seen(self, objective=None):
        return self.refresher.readings.peek(objective or self.objectives[0])

    def run_until(self, reached, seconds=20):
        """Runs both loops until ``reached()``."""

        async def both():
            running = asyncio.create_task(self.refresher.run())
            async with asyncio.timeout(seconds):
                while not reached():
                    assert not running.done(), running
                    await asyncio.sleep(0.001)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

        asyncio.run(both())
