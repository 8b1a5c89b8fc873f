"""``explain --prometheus``: what the raw series say now, and which rules Prometheus has really loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fireline.cli.explaining.arithmetic import Line, allowed, things
from fireline.prometheus.source import MetricsSource
from fireline.promql.durations import Duration
from fireline.promql.expr import selector
from fireline.slo import names
from fireline.slo.exact import Count, Question, Stretch, count_query, read_counts
from fireline.slo.model import Objective

WINDOWS = (Duration.of(minutes=5), Duration.of(hours=1), Duration.of(days=1))
"""Short enough to be cheap for any service; the whole window is what `status` is for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What Prometheus answered. ``loaded`` are the spec hashes it has rules of; mostly one."""

    lines: tuple[Line, ...]
    loaded: tuple[str, ...]


async def ask(objective: Objective, source: MetricsSource, now: datetime) -> Asked:
    """Counts over three windows and the loaded rules. Raises MetricsError."""
    info = selector(names.INFO, {"namespace": objective.namespace, "slo": objective.name})
    loaded = {sample.labels.get("spec_hash", "") for sample in await source.instant(info)}
    lines = (
        [await _counted(objective, source, window, now) for window in WINDOWS] if objective.counted else []
    )
    return Asked(tuple(lines), tuple(sorted(loaded)))


async def _counted(objective: Objective, source: MetricsSource, window: Duration, now: datetime) -> Line:
    assert objective.counted is not None  # noqa: S101 - ask has looked
    end, seconds = int(now.timestamp()), window.milliseconds // 1000
    question = Question("Count", (Stretch(end - seconds, end, joined=False),))
    samples = await source.instant(count_query(objective.counted, question), at=now.replace(microsecond=0))
    count = read_counts(objective.counted, question, samples)[question.stretches[0]]
    return _line(objective, window, count)


def _line(objective: Objective, window: Duration, count: Count) -> Line:
    name, noun = f"Raw, {window}", things(objective)
    if count.points == 0 and count.total == 0:
        return Line(name, "Unknown", (f"no series of the total in the last {window}",))
    if count.bad is None:
        return Line(
            name, f"? of {count.total:.6g}", ("bad cannot be told from good: a series is missing, or NaN",)
        )
    figure = f"{count.bad:.6g} bad of {count.total:.6g} {noun}"
    if count.total <= 0:
        return Line(name, figure, (f"no traffic in the last {window}: nothing is spent",))
    share = count.bad / count.total
    burn = share / float(objective.budget_ratio)
    return Line(name, figure, (f"{share:.4%} bad ÷ {allowed(objective)} = burn {burn:.3g}",))
