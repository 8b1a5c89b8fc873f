"""Budgets of examples/perf-budget.yaml fire and rest, judged by Prometheus' own engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from fireline.api.plan import Manifest
from fireline.cli.performance.objectives import limits, manifest
from fireline.cli.performance.reading import read
from fireline.slo.model import Objective
from tests import promtool
from tests.rules.specs import compiled, rules_for

pytestmark = pytest.mark.bed

EXAMPLE = Path(__file__).parents[2] / "examples" / "perf-budget.yaml"
PER_MINUTE = 6000


@dataclass(frozen=True)
class Phase:
    """A stretch of steady traffic: shares of the requests that take at most 200 ms, 500 ms and 1 s."""

    minutes: int
    within: tuple[float, float, float]


FINE = (0.6, 0.97, 0.995)
"""p50 within 200 ms, p95 within 500 ms, p99 within 1 s."""


@dataclass(frozen=True)
class Story:
    """Phases of createEvent requests, and what its three objectives make of them."""

    phases: Sequence[Phase]
    step: int = 30
    scrape: int = 30

    @cached_property
    def series(self) -> dict[str, str]:
        """The histogram in promtool's notation, one value per scrape; cumulative as histograms are."""
        where = 'job="shop",operation="createEvent"'
        names = [f'http_request_duration_seconds_bucket{{{where},le="{le}"}}' for le in ("0.2", "0.5", "1")]
        names.append(f"http_request_duration_seconds_count{{{where}}}")
        values: dict[str, list[str]] = {name: ["0"] for name in names}
        so_far = [0, 0, 0, 0]
        each_scrape = PER_MINUTE * self.scrape // 60
        for phase in self.phases:
            steps = phase.minutes * 60 // self.scrape
            for index, share in enumerate((*phase.within, 1.0)):
                each = round(each_scrape * share)
                values[names[index]].append(f"{so_far[index] + each}+{each}x{steps - 1}")
                so_far[index] += each * steps
        return {name: " ".join(parts) for name, parts in values.items()}

    @cached_property
    def firing(self) -> dict[int, set[tuple[str, str]]]:
        """(percentile, tier) of the firing alerts at every other evaluation, by seconds."""
        end = 60 * sum(phase.minutes for phase in self.phases)
        times = list(range(0, end + 1, 2 * self.step))
        answers = promtool.evaluate(
            rules(),
            self.series,
            [(at, 'ALERTS{alertstate="firing"}') for at in times],
            step=self.step,
            scrape=self.scrape,
        )
        return {
            at: {(got.labels["percentile"], got.labels["slo_tier"]) for got in answer}
            for at, answer in zip(times, answers, strict=True)
        }

    def between(self, start: float, end: float) -> set[tuple[str, str]]:
        """Everything that fired between two minutes."""
        return set().union(*(found for at, found in self.firing.items() if start * 60 <= at <= end * 60))


def objectives(*, endpoint: str | None = None) -> list[Objective]:
    """The example's objectives, or those of one endpoint."""
    budgets, findings = read(str(EXAMPLE))
    assert budgets is not None, findings
    wanted = [one for one in limits(budgets.table) if endpoint in {None, one.endpoint.name}]
    return [compiled(manifest(budgets.table, limit, namespace=None)) for limit in wanted]


def rules() -> Manifest:
    return rules_for(objectives(endpoint="createEvent"))


def test_prometheus_accepts_the_rules_of_every_budget():
    assert promtool.check(rules_for(objectives())) == ""


def test_a_slow_tail_pages_once_and_rests_after_recovery():
    # 20 % take longer than a second: twenty times what p99 allows.
    told = Story([Phase(60, FINE), Phase(50, (0.55, 0.78, 0.8)), Phase(20, FINE)])

    assert told.between(0, 60) == set()
    during = told.between(60, 110)
    assert ("p99", "PageFast") in during
    assert {percentile for percentile, _ in during} == {"p99"}
    assert ("p99", "PageFast") not in told.between(117, 130)


def test_a_median_and_a_p95_beyond_their_limits_are_tickets_and_wake_nobody():
    # For most of a day nothing is as quick as usual, and 20 % take between 500 ms and a second.
    told = Story([Phase(60, FINE), Phase(22 * 60, (0.0, 0.8, 0.995)), Phase(180, FINE)], step=150, scrape=75)

    assert told.between(0, 60) == set()
    assert told.between(60, 23 * 60) == {
        ("p50", "TicketFast"),
        ("p95", "TicketFast"),
        ("p95", "TicketSlow"),
    }
    resting = told.between(25.5 * 60, 26 * 60)
    assert resting == {("p95", "TicketSlow")}, "its short window is six hours"
