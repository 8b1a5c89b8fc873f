"""Calendar windows across the ends of periods, in Prometheus' own engine.

Two SLOs over the same events: the rules of one know the period that begins, those of the other still the one
that ends, as if the operator were away. Ten hours before the end one event in four fails for an hour, and
three hours after it one in ten for half an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import pytest

from fireline.api.plan import Manifest
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import render_windows
from tests import promtool
from tests.rules.specs import a_manifest, a_spec, compiled

pytestmark = pytest.mark.bed

HOUR, SLICE = 3600, 300
STEP = 1800
"""Rules are evaluated so often: what they read of the past is given every five minutes."""
BEFORE, AFTER = 12 * HOUR, 6 * HOUR
"""How much of the period that ends has data, and when the new one is looked at."""
BAD = {(-10 * HOUR, -9 * HOUR): 0.5, (3 * HOUR, 3 * HOUR + 1800): 0.2}
"""Bad events a second, of two, between two moments told from the end of the period."""

GIVEN = {
    names.slice5m(names.TOTAL): names.TOTAL,
    names.slice5m(names.BAD): names.BAD,
    names.rate(names.TOTAL, names.SLOW_WINDOWS[0]): names.TOTAL,
}
"""What rules read of the past, and whose events it tells."""


@dataclass(frozen=True)
class End:
    """The end of a calendar period; ``hours`` are those of the one that ends, and of the next."""

    calendar: str
    zone: str
    local: str
    hours: tuple[int, int]

    @property
    def at(self) -> int:
        """Unix time."""
        return int(datetime.fromisoformat(self.local).replace(tzinfo=ZoneInfo(self.zone)).timestamp())

    @property
    def grain(self) -> float:
        """Seconds by which the age of data younger than the period may be off: it is looked up 720 times in
        it."""
        return self.hours[0] * HOUR / 720

    @cached_property
    def answers(self) -> list[list[promtool.Got]]:
        """All that is public half an hour before the end, and six hours after it."""
        slos = [self.slo("away"), self.slo("new")]
        series = {names.series(metric, slo): notation(kind) for slo in slos for metric, kind in GIVEN.items()}
        groups = [
            *rules(slos[0], at=self.at - HOUR),
            *rules(slos[1], at=self.at),
        ]
        public = '{__name__=~"slo:(sli|error_budget_consumed|coverage):.*",window!~"[0-9].*"}'
        times = (BEFORE - STEP, BEFORE + AFTER)
        asked = [(time, public) for time in times]
        return promtool.evaluate(
            {"groups": groups}, series, asked, step=STEP, scrape=SLICE, start=self.at - BEFORE
        )

    def slo(self, namespace: str) -> Objective:
        """99.9 % over the period."""
        window = {"calendar": self.calendar, "timeZone": self.zone}
        return compiled(a_manifest(a_spec(window=window), namespace=namespace))

    def found(self, number: int, namespace: str) -> Mapping[str, float]:
        """Public figures of an SLO."""
        return {
            got.labels["__name__"].removeprefix("slo:"): got.value
            for got in self.answers[number]
            if got.labels["namespace"] == namespace
        }


def rules(slo: Objective, *, at: int) -> list[Manifest]:
    """What is recorded of its period as of a Unix time, but for what is given."""
    rendered = [render_rule(slo, at=at), render_windows(slo.namespace, slo.source, [wanted(slo)], at=at)]
    own = {names.OBJECTIVE, names.INFO, names.ERROR_BUDGET}

    def kept(group: Manifest, record: str | None) -> bool:
        return record in own or (":slow" in group["name"] and record not in GIVEN)

    return [
        {**group, "rules": [rule for rule in group["rules"] if kept(group, rule.get("record"))]}
        for group in plain_rules(rendered)["groups"]
    ]


def notation(kind: str) -> str:
    """Slices of five minutes with two events a second."""
    return " ".join(f"{events(kind, at):g}" for at in range(-BEFORE, AFTER + 1, SLICE))


def events(kind: str, at: int) -> float:
    """Events a second in the slice that ends at a time told from the end of the period."""
    if kind == names.TOTAL:
        return 2
    return next((bad for (begin, end), bad in BAD.items() if begin < at <= end), 0)


def burn(begin: int, end: int) -> float:
    """What the slices that end in ``(begin, end]`` burn, in budgets."""
    slices = [at for at in range(-BEFORE, AFTER + 1, SLICE) if begin < at <= end]
    return sum(events(names.BAD, at) for at in slices) / (2 * len(slices)) / 0.001


ENDS = {
    "the end of January": End("Month", "UTC", "2027-02-01", (744, 672)),
    "29 February": End("Month", "Europe/Berlin", "2028-03-01", (696, 743)),
    "a month with clocks forward": End("Month", "Europe/Berlin", "2027-04-01", (743, 720)),
    "a month with clocks back on its last day": End("Month", "Europe/Berlin", "2027-11-01", (745, 720)),
    "a week with clocks forward on its last day": End("Week", "Europe/Berlin", "2027-03-29", (167, 168)),
    "a week with clocks back on its last day": End("Week", "Europe/Berlin", "2027-11-01", (169, 168)),
    "a week before clocks go back, half an hour off": End("Week", "Asia/Kolkata", "2027-10-25", (168, 168)),
    "a quarter that begins a quarter past": End("Quarter", "Asia/Kathmandu", "2027-10-01", (2208, 2208)),
    "a year": End("Year", "America/New_York", "2029-01-01", (8784, 8760)),
}


@pytest.fixture(params=ENDS.values(), ids=ENDS.keys(), scope="module")
def end(request: pytest.FixtureRequest) -> End:
    """Each of them."""
    one: End = request.param
    return one


def test_events_before_the_end_do_not_count_after_it(end):
    found = end.found(1, "new")
    assert found["error_budget_consumed:ratio"] == pytest.approx(burn(0, AFTER) * 6 / end.hours[1])
    assert 1 - found["sli:ratio"] == pytest.approx(burn(0, AFTER) * 0.001)
    assert found["coverage:ratio"] == pytest.approx(1)


def test_until_the_end_they_count(end):
    found = end.found(0, "away")
    age = (BEFORE - STEP) / HOUR / end.hours[0]
    assert found["error_budget_consumed:ratio"] == pytest.approx(
        burn(-BEFORE - SLICE, -STEP) * age, rel=0.01 + end.grain / BEFORE
    )
    assert found["coverage:ratio"] == pytest.approx(age, rel=0.05)


def test_while_the_operator_is_away_the_old_period_goes_on(end):
    """Its figures stay finite: they are those of as long a time as the period that ended."""
    found = end.found(1, "away")
    seen = BEFORE + AFTER
    spent = burn(-BEFORE - SLICE, AFTER)
    assert 1 - found["sli:ratio"] == pytest.approx(spent * 0.001)
    share = seen / HOUR / end.hours[0]
    assert found["error_budget_consumed:ratio"] == pytest.approx(spent * share, rel=0.01 + end.grain / seen)
    assert 0 < found["coverage:ratio"] < 1
