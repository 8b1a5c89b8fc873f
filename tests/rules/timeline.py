"""Traffic as counters, and what fires when: rules are judged by Prometheus' own engine (promtool)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from fireline.api.plan import Manifest
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests import promtool
from tests.rules.needed import Rule, needed

GONE = None
Seen = dict[int, list[promtool.Got]]
"""What one query saw, by seconds."""


def rules_of(*objectives: Objective) -> Manifest:
    """All rules of the SLOs of one namespace, as one plain file."""
    first, windows = objectives[0], [objective.window for objective in objectives]
    return plain_rules(
        [*map(render_rule, objectives), render_windows(first.namespace, first.source, windows)]
    )


@dataclass(frozen=True)
class Phase:
    """A stretch of steady traffic. ``bad`` is the share of bad events; None means no series at all."""

    minutes: float
    bad: float | None
    per_minute: int = 100_000


@dataclass(frozen=True)
class Story:
    """Phases of traffic and the alerts they cause, evaluated every ``step`` seconds."""

    objective: Objective
    phases: tuple[Phase, ...]
    step: int = 30
    scrape: int = 30
    service: str = "checkout"

    @cached_property
    def series(self) -> dict[str, str]:
        """Good and bad counters in promtool's notation, one value per scrape."""
        good, bad = ["0"], ["0"]
        total_good = total_bad = 0
        for phase in self.phases:
            steps = round(phase.minutes * 60 / self.scrape)
            if phase.bad is None:
                good.append(f"_x{steps}")
                bad.append(f"_x{steps}")
                continue
            events = round(phase.per_minute * self.scrape / 60)
            failed = round(events * phase.bad)
            for values, each, so_far in ((good, events - failed, total_good), (bad, failed, total_bad)):
                values.append(f"{so_far + each}+{each}x{steps - 1}")
            total_good += (events - failed) * steps
            total_bad += failed * steps
        return {
            f'http_requests_total{{service="{self.service}",code="200"}}': " ".join(good),
            f'http_requests_total{{service="{self.service}",code="500"}}': " ".join(bad),
        }

    def starts(self, phase: int) -> int:
        """When a phase begins, in seconds."""
        return round(60 * sum(p.minutes for p in self.phases[:phase]))

    @property
    def end(self) -> int:
        """When the last phase ends, in seconds."""
        return self.starts(len(self.phases))

    @property
    def bounds(self) -> list[int]:
        """When the phases begin, and the end, in seconds."""
        return [self.starts(phase) for phase in range(len(self.phases) + 1)]

    @property
    def times(self) -> range:
        """The evaluations."""
        return range(0, self.end + 1, self.step)

    @property
    def firing(self) -> dict[int, set[str]]:
        """The firing tiers at each evaluation, by seconds."""
        return self.evaluated.firing

    def burn(self, window: str, *, at: int) -> float:
        """The burn rate over a window at the begin of a phase or at the end; KeyError if there is none."""
        return self.evaluated.burns[at][window]

    @cached_property
    def evaluated(self) -> Evaluated:
        """What the rules made of the traffic."""
        evaluate(self)
        found: Evaluated = vars(self)["evaluated"]
        return found

    def ever(self, *, since: int = 0, until: int | None = None) -> set[str]:
        """All tiers that fired between two times."""
        last = self.end if until is None else until
        return set().union(*(tiers for at, tiers in self.firing.items() if since <= at <= last))

    def first(self, tier: str, *, since: int = 0) -> int | None:
        """The first evaluation at or after ``since`` with this tier firing."""
        return next((at for at, tiers in self.firing.items() if at >= since and tier in tiers), None)

    def first_without(self, tier: str, *, since: int) -> int | None:
        """The first evaluation at or after ``since`` without this tier firing."""
        return next((at for at, tiers in self.firing.items() if at >= since and tier not in tiers), None)


@dataclass(frozen=True)
class Evaluated:
    """Firing tiers at each evaluation, and burn rates by window at each bound of a phase."""

    firing: dict[int, set[str]]
    burns: dict[int, dict[str, float]]


def evaluate(*stories: Story, wanted: Callable[[Rule], bool] | None = None) -> None:
    """Fills in ``evaluated`` of several stories in one promtool run.

    Each has an SLO and a service of its own; the shared windows are evaluated once for all. ``wanted``: of
    all the alerts and burn rates only these, see ``needed``.
    """
    step, scrape = stories[0].step, stories[0].scrape
    times = max((story.times for story in stories), key=len)
    bounds = sorted({at for story in stories for at in story.bounds})
    queries = [(at, 'ALERTS{alertstate="firing"}') for at in times]
    queries += [(at, "slo:burn_rate:ratio") for at in bounds]
    series = {name: values for story in stories for name, values in story.series.items()}
    rules = rules_of(*(story.objective for story in stories))
    rules = needed(rules, wanted) if wanted else rules
    answers = promtool.evaluate(rules, series, queries, step=step, scrape=scrape)
    alerts = dict(zip(times, answers, strict=False))
    burns = dict(zip(bounds, answers[len(times) :], strict=True))
    for story in stories:
        # Where a cached property keeps what it has found.
        vars(story)["evaluated"] = _of(story, alerts, burns)


def _of(story: Story, alerts: Seen, burns: Seen) -> Evaluated:
    def mine(seen: list[promtool.Got]) -> list[promtool.Got]:
        return [got for got in seen if got.labels["slo"] == story.objective.name]

    return Evaluated(
        firing={at: {got.labels["slo_tier"] for got in mine(alerts[at])} for at in story.times},
        burns={at: {got.labels["window"]: got.value for got in mine(burns[at])} for at in story.bounds},
    )
