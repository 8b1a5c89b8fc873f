"""The outages of ``bench-detection`` under both layouts at once, in Prometheus' own engine.

Every size of an outage is a service of its own, so that one promtool run covers all sizes of one length.
Each service has an SLO under Fireline's rules and the same SLO under the plain layout, which reads the
raw series for every window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.slo.model import NoData, Objective, Tier
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests import promtool
from tests.bed.progress import Progress
from tests.bench.detection_theory import Times, expected
from tests.bench.plain_layout import plain_group
from tests.builders import an_objective
from tests.truth import indicators

PERCENT = "99.9"
_BUDGET = 0.001
_PER_MINUTE = 100_000
_ALERTS = 'ALERTS{alertstate="firing",alertname=~"SLOErrorBudgetBurn.*|Plain(Page|Ticket).*"}'
_PLAIN = "Plain"


@dataclass(frozen=True)
class Grid:
    """Outages of every size and length, judged by some tiers.

    ``shares`` are bad events among all, ``lengths`` minutes, ``step`` and ``scrape`` seconds.
    """

    tiers: tuple[Tier, ...]
    shares: tuple[float, ...]
    lengths: tuple[int, ...]
    step: int
    scrape: int


@dataclass(frozen=True)
class Row:
    """One tier in one outage: by theory, by raw windows, by Fireline. None: never fires."""

    tier: Tier
    share: float
    length: int
    step: int
    theory: Times | None
    raw: Times | None
    fireline: Times | None


def measure(grid: Grid) -> list[Row]:
    """All rows of a grid, a promtool run per length."""
    return [row for length in grid.lengths for row in _one_length(grid, length)]


def _one_length(grid: Grid, length: int) -> list[Row]:
    objectives = [_objective(share) for share in grid.shares]
    quiet = max(round(tier.long.seconds) for tier in grid.tiers)
    # Long enough for the slowest short window to reset, and what recorded stages may add.
    after = max(round(tier.short.seconds) for tier in grid.tiers) + 1800
    begin, end = quiet, quiet + 60 * length
    times = range(begin, end + after + 1, grid.step)
    series: dict[str, str] = {}
    for share, objective in zip(grid.shares, objectives, strict=True):
        series |= _counters(objective.name, share, (quiet, 60 * length, after), grid.scrape)
    answers = _evaluate(objectives, series, times, grid, f"Outages of {_minutes(length)}")
    firing: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for at, answer in zip(times, answers, strict=True):
        for got in answer:
            firing[_identity(got)].append(at)

    def seen(layout: str, objective: Objective, tier: Tier) -> Times | None:
        found = firing.get((layout, objective.name, tier.name))
        if not found:
            return None
        return Times((found[0] - begin) / 60, (found[-1] + grid.step - end) / 60)

    return [
        Row(
            tier,
            share,
            length,
            grid.step,
            expected(tier, _BUDGET, share=share, length=length),
            seen("plain", objective, tier),
            seen("Fireline", objective, tier),
        )
        for share, objective in zip(grid.shares, objectives, strict=True)
        for tier in grid.tiers
    ]


def _objective(share: float) -> Objective:
    """An SLO of a service of its own, with burn alerts only."""
    name = f"down-{share * 1000:g}-of-1000"
    return an_objective(
        PERCENT,
        name=name,
        indicator=indicators.bad(name),
        budget_thresholds=(),
        no_data=NoData(Duration.parse("5m"), alert=False),
        ineffective=False,
    )


def _counters(service: str, share: float, seconds: Iterable[int], scrape: int) -> dict[str, str]:
    """Good and bad requests in promtool's notation: quiet, outage, quiet."""
    each = _PER_MINUTE * scrape // 60
    good, bad, total_good, total_bad = ["0"], ["0"], 0, 0
    for phase, part in zip(seconds, (0.0, share, 0.0), strict=True):
        steps, failed = phase // scrape, round(each * part)
        good.append(f"{total_good + each - failed}+{each - failed}x{steps - 1}")
        bad.append(f"{total_bad + failed}+{failed}x{steps - 1}")
        total_good += steps * (each - failed)
        total_bad += steps * failed
    return {
        f'http_requests_total{{service="{service}",code="{code}"}}': " ".join(values)
        for code, values in (("200", good), ("500", bad))
    }


def _evaluate(
    objectives: list[Objective], series: dict[str, str], times: range, grid: Grid, title: str
) -> list[list[promtool.Got]]:
    windows = render_windows("shop", "default", [objective.window for objective in objectives])
    groups: list[Manifest] = plain_rules([*map(render_rule, objectives), windows])["groups"]
    rules = {"groups": [*groups, *map(plain_group, objectives)]}
    queries = [(at, _ALERTS) for at in times]
    count = sum(len(group["rules"]) for group in rules["groups"])
    # About 40 microseconds for each rule and evaluation on two idle cores.
    guess = round(times[-1] / grid.step * count * 40e-6) + 1
    with Progress(title, guess, note="") as progress, ThreadPoolExecutor(1) as pool:
        work = pool.submit(promtool.evaluate, rules, series, queries, step=grid.step, scrape=grid.scrape)
        while not work.done():
            progress.tick()
        return work.result()


def _identity(got: promtool.Got) -> tuple[str, str, str]:
    """Layout, SLO and tier of a firing alert."""
    name = got.labels["alertname"]
    if name.startswith(_PLAIN):
        return "plain", got.labels["slo"], name.removeprefix(_PLAIN)
    return "Fireline", got.labels["slo"], got.labels["slo_tier"]


def _minutes(length: int) -> str:
    return f"{length // 60} h" if length % 60 == 0 else f"{length} min"
