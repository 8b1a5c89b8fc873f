"""Traffic as counters, and what fires when: rules are judged by Prometheus' own engine (promtool)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fireline.api.plan import Manifest
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests import promtool

GONE = None


def rules_of(objective: Objective) -> Manifest:
    """All rules of one SLO and its namespace, as one plain file."""
    return plain_rules(
        [
            render_rule(objective),
            render_windows(objective.namespace, objective.source, [objective.window]),
        ]
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
            'http_requests_total{service="checkout",code="200"}': " ".join(good),
            'http_requests_total{service="checkout",code="500"}': " ".join(bad),
        }

    def starts(self, phase: int) -> int:
        """When a phase begins, in seconds."""
        return round(60 * sum(p.minutes for p in self.phases[:phase]))

    @property
    def end(self) -> int:
        """When the last phase ends, in seconds."""
        return self.starts(len(self.phases))

    @property
    def firing(self) -> dict[int, set[str]]:
        """The firing tiers at each evaluation, by seconds."""
        return self._evaluated[0]

    def burn(self, window: str, *, at: int) -> float:
        """The burn rate over a window at the begin of a phase or at the end; KeyError if there is none."""
        return self._evaluated[1][at][window]

    @cached_property
    def _evaluated(self) -> tuple[dict[int, set[str]], dict[int, dict[str, float]]]:
        times = range(0, self.end + 1, self.step)
        bounds = [self.starts(phase) for phase in range(len(self.phases) + 1)]
        queries = [(at, 'ALERTS{alertstate="firing"}') for at in times]
        queries += [(at, "slo:burn_rate:ratio") for at in bounds]
        answers = promtool.evaluate(
            rules_of(self.objective), self.series, queries, step=self.step, scrape=self.scrape
        )
        alerts, burns = answers[: len(times)], answers[len(times) :]
        return (
            {at: {got.labels["slo_tier"] for got in seen} for at, seen in zip(times, alerts, strict=True)},
            {
                at: {got.labels["window"]: got.value for got in seen}
                for at, seen in zip(bounds, burns, strict=True)
            },
        )

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
