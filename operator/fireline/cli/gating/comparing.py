"""``gate canary``: what to count on both sides, asked for and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from fireline.api.slo import ServiceLevelObjective
from fireline.cli.gating.asking import sound_slos
from fireline.cli.gating.canary import Demand, judge
from fireline.cli.gating.checks import Check
from fireline.cli.gating.counting import Events, count
from fireline.cli.gating.narrowing import matchers, narrowed
from fireline.cli.gating.options import duration
from fireline.cli.gating.server import Server, needed
from fireline.cli.offline import Sound
from fireline.cli.progress import progress
from fireline.errors import FirelineError
from fireline.prometheus.source import MetricsSource
from fireline.promql.parse import parse_query
from fireline.promql.selectors import Matcher
from fireline.slo.indicators import build_indicator

_QUERIES = ("canary_bad", "canary_total", "baseline_bad", "baseline_total")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides to count, and by how many percentage points the first may be worse."""

    name: str
    canary: Events
    baseline: Events
    tolerance: float
    file: str = ""
    line: int = 0


def comparisons(paths: Sequence[str], **given: Any) -> list[Check]:
    """One judgement per SLO, or one for the queries. ``given`` are the command's options.

    Raises click's UsageError for options that do not fit together, a query that is no PromQL, an SLO
    that cannot be narrowed, and a server that cannot be asked.
    """
    asked = needed(given["prometheus"], given["source"], given["config"])
    queries = any(given[name] for name in _QUERIES)
    if paths and queries:
        raise click.UsageError("give either SLOs or queries")
    wanted = _of_queries(given) if queries else _of_slos(paths, asked, given)
    window = duration("--window", given["window"])

    async def judged(source: MetricsSource) -> list[Check]:
        found: list[Check] = []
        with progress("counting events", len(wanted)) as advance:
            for one in wanted:
                demand = Demand(one.tolerance, given["min_events"], given["confidence"])
                canary = await count(source, one.canary, window)
                baseline = await count(source, one.baseline, window)
                found.append(judge(one.name, canary, baseline, demand).placed(one.file, one.line))
                advance(1)
        return found

    return asked.ask(judged)


def _of_queries(given: dict[str, Any]) -> list[Comparison]:
    missing = [f"--{name.replace('_', '-')}" for name in _QUERIES if not given[name]]
    if given["tolerance"] is None:
        missing.append("--tolerance")
    if missing:
        raise click.UsageError(f"with queries also give {', '.join(missing)}")
    for name in _QUERIES:
        try:
            parse_query(given[name])
        except FirelineError as error:
            raise click.UsageError(f"--{name.replace('_', '-')}: {error}") from error
    sides = {
        side: Events(f"({given[f'{side}_total']}\n)", f"({given[f'{side}_bad']}\n)", "Bad")
        for side in ("canary", "baseline")
    }
    return [Comparison("canary", sides["canary"], sides["baseline"], given["tolerance"])]


def _of_slos(paths: Sequence[str], server: Server, given: dict[str, Any]) -> list[Comparison]:
    if not (paths and given["canary"] and given["baseline"]):
        raise click.UsageError("give SLOs with --canary and --baseline, or four queries")
    sides = {side: _matchers(side, given[side]) for side in ("canary", "baseline")}
    if set(sides["canary"]) == set(sides["baseline"]):
        raise click.UsageError("--canary and --baseline are the same labels")
    found = []
    for sound in sound_slos(paths, server, namespace=given["namespace"]):
        try:
            canary, baseline = (_events(sound, sides[side]) for side in ("canary", "baseline"))
        except FirelineError as error:
            raise click.UsageError(f"{sound.document.file}: {sound.document.label}: {error}") from error
        tolerance = given["tolerance"]
        budget = float(sound.objective.budget_ratio * 100)
        found.append(
            Comparison(
                sound.document.label,
                canary,
                baseline,
                budget if tolerance is None else tolerance,
                sound.document.file,
                sound.document.line(("spec", "indicator")),
            )
        )
    return found


def _matchers(side: str, text: str) -> tuple[Matcher, ...]:
    try:
        return matchers(text)
    except FirelineError as error:
        raise click.UsageError(f"--{side}: {error}") from error


def _events(sound: Sound, side: tuple[Matcher, ...]) -> Events:
    slo = ServiceLevelObjective.of(narrowed(sound.document.manifest, side))
    indicators = build_indicator(slo.spec, slo.metadata.namespace)
    assert indicators is not None  # noqa: S101 - narrowed() refuses composites
    return Events.of(indicators[0])
