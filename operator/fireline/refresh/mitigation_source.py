"""One Prometheus, asked about all triggers at once and about users' queries one by one. Part of
``mitigations``.

It is asked through connections of its own, with a short time-out: neither exact budgets nor a slow query of a
user delay what decides about first aid.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from fireline.api.metrics import Sample
from fireline.errors import MetricsError
from fireline.mitigation.model import NOT_LOOKED
from fireline.mitigation.questions import AskedAlert, Question, SLOName, ages, batch, known_slos, vector
from fireline.mitigation.storm import Burning
from fireline.mitigation.verdicts import Facts, Rules, Verdict, of_query, read, unknown
from fireline.prometheus.replicas import Replicas
from fireline.prometheus.source import MetricsSource, OnQuery
from fireline.refresh.mitigation_rules import rules_of
from fireline.settings import Settings

ANSWER_SECONDS = 4.0
"""How long one question may take; what takes longer cannot be asked every few seconds."""
DEADLINE_SECONDS = 12.0
"""How long all of a round may take, another replica that is asked after the first one included."""
AT_A_TIME = 2
"""Users' queries under way to one Prometheus."""
SLOW_SECONDS = 15.0
"""How often what changes slowly is asked for: rules, and how many SLOs have data."""


def quick_sources(settings: Settings, on_query: Callable[[str], OnQuery]) -> dict[str, MetricsSource]:
    """The sources that have a URL, each with a time-out that fits a question asked every few seconds.

    ``on_query`` gives the callback that counts and times the requests to a source, by its name.
    """
    return {
        name: Replicas.of(
            source.model_copy(update={"timeout_seconds": min(source.timeout_seconds, ANSWER_SECONDS)}),
            name=name,
            on_query=on_query(name),
        )
        for name, source in settings.sources.items()
        if source.urls
    }


class TriggerSource:
    """What one Prometheus last said. On the event loop only; ``steady`` gives seconds that never jump."""

    def __init__(
        self, name: str, source: MetricsSource, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.facts: Facts | Verdict = unknown(NOT_LOOKED, "Prometheus has not been asked yet")
        """The last round's answers, or why there are none."""
        self.burning = Burning(name, error="not looked at yet")
        """How many SLOs page, as of the last round; how many there are is not asked here."""
        self._name = name
        self._source = source
        self._steady = steady
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._rules = Rules()
        self._rules_due = float("-inf")
        self._firing: frozenset[object] = frozenset()
        self._known_due = float("-inf")
        self._known = 0

    @property
    def error(self) -> str:
        """Why the last round came to nothing; empty when it did not."""
        return self.facts.message if isinstance(self.facts, Verdict) else ""

    async def ask(self, questions: Sequence[Question], *, composites: Collection[SLOName]) -> Facts | Verdict:
        """One round: what all triggers by SLO and by alert need, and how much burns. Never raises."""
        queries = batch(questions, composites=composites)
        if self._steady() >= self._known_due:
            queries["known"] = known_slos()
        alerts = [one.alert for one in questions if one.alert is not None]
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                answers = await self._source.whole(queries)
                found = read(answers, self._rules)
                self.facts = read(answers, await self._rules_now(alerts, found))
        except MetricsError as error:
            return self._failed(str(error))
        except TimeoutError:
            return self._failed(f"no answer within {DEADLINE_SECONDS:g} s")
        if "known" in answers:
            self._known = _count(answers, "known")
            self._known_due = self._steady() + SLOW_SECONDS
        paging = _count(answers, "paging")
        self.burning = Burning(self._name, known=self._known, paging=paging)
        return self.facts

    async def query(self, query: str) -> Verdict:
        """What one query of a user says. Never raises."""
        aged = ages(query)
        asked = {"value": vector(query)} | ({"ages": aged} if aged else {})
        async with self._slots:
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    answers = await self._source.whole(asked)
            except MetricsError as error:
                return unknown("QueryFailed", f"the query has no answer: {error}")
            except TimeoutError:
                return unknown("QueryFailed", f"the query has no answer within {DEADLINE_SECONDS:g} s")
        return of_query(aged, answers["value"], answers.get("ages", ()))

    async def _rules_now(self, alerts: Sequence[AskedAlert], found: Facts) -> Rules:
        """Asked for now and then, and at once where that would be too late: something begins or ceases to
        fire, another alert is meant, or what was told last leaves something open."""
        firing: frozenset[object] = frozenset(
            frozenset(one.labels.items())
            for one in found.alerts
            if any(each.fits(one.labels) for each in alerts)
        )
        wanted = frozenset(alerts)
        open_ = self._rules.error or any(one.health != "ok" for one in self._rules.rules)
        if open_ or self._steady() >= self._rules_due or firing | wanted != self._firing:
            self._rules = await rules_of(self._source, alerts, at=found.now)
            self._rules_due = self._steady() + SLOW_SECONDS
            self._firing = firing | wanted
        return self._rules

    def _failed(self, why: str) -> Verdict:
        self.facts = unknown("PrometheusUnreachable", why)
        self.burning = Burning(self._name, error=why)
        return self.facts


def _count(answers: Mapping[str, Sequence[Sample]], name: str) -> int:
    return int(max((one.value for one in answers[name]), default=0))
