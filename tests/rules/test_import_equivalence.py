"""Imported SLOs beside the rules of the tools they come from: the same traffic, evaluated together.

Equal are the 5m and 1h ratios, and at every step the pages that rest on them. What differs, and why:

* Alerts that rest on windows beyond an hour begin or end up to five minutes later: those windows are
  sums of recorded rates over five minutes, which is what makes them cheap.
* On a service younger than a long window the other tools take minutes for days, and fire tickets at
  the first failure; here the window counts by the share of it that is there.
* Pyrra waits (``for``) before it fires, 2 minutes to 3 hours; here the short window does that job.
* Where there is no traffic Sloth records NaN and, for 30 days after, knows no budget; and it takes the
  mean of ratios for the period, in which a quiet minute weighs like a busy one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from tests import promtool
from tests.rules import peers
from tests.rules.specs import compiled, rules_for
from tests.unit.importing.reading import imported

pytestmark = pytest.mark.bed

ERRORS = 'http_requests_total{job="checkout",code=~"5.."}'
REQUESTS = 'http_requests_total{job="checkout"}'
COUNT = 'http_request_duration_seconds_count{job="checkout"}'
BUCKET = 'http_request_duration_seconds_bucket{job="checkout",le="0.3"}'
PROBE = 'probe_success{job="checkout"}'
NIGHT, DAY = 1_000, 100_000
OUR_PAGES, OUR_TICKETS = ("PageFast", "PageSlow"), ("TicketFast", "TicketSlow")
BURNING = ("pending", "firing")
"""An alert whose condition holds, whether or not it has waited long enough."""

Wanted = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True)
class Phase:
    """Steady traffic in region eu; region us has a tenth and never fails. None: no series at all."""

    minutes: int
    bad: float | None
    per_minute: int = DAY


@dataclass(frozen=True)
class Slo:
    """One SLO in both worlds. ``source`` is its document, ``rules`` what its tool makes of it."""

    name: str
    source: dict[str, Any]
    rules: list[dict[str, Any]]
    ratio: str
    """The tool's series of error ratios, with ``$w`` for the window."""
    budget: float
    pyrra: bool = False


def rate(selector: str, by: str = "") -> str:
    return f"sum{by}(rate({selector}[$w]))"


def sloth(name: str, objective: float, bad: str, total: str) -> Slo:
    events = {
        "error_query": bad.replace("$w", "{{.window}}"),
        "total_query": total.replace("$w", "{{.window}}"),
    }
    slo = {"name": name, "objective": objective, "sli": {"events": events}, "alerting": {}}
    return Slo(
        f"checkout-{name}",
        {"version": "prometheus/v1", "service": "checkout", "slos": [slo]},
        peers.sloth(f"checkout-{name}", objective, bad, total),
        f'slo:sli_error:ratio_rate$w{{sloth_id="checkout-{name}"}}',
        (100 - objective) / 100,
    )


def pyrra(name: str, target: float, indicator: Any, *, metric: str, bad: str, total: str) -> Slo:
    document = {
        "apiVersion": "pyrra.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name},
        "spec": {"target": f"{target}", "window": "4w", "indicator": indicator},
    }
    rules = peers.pyrra(name, target, metric, bad, total)
    return Slo(
        name, document, rules, f'{metric}:burnrate$w{{slo="{name}"}}', (100 - target) / 100, pyrra=True
    )


ALL = {
    "Sloth, errors": sloth("errors", 99.9, rate(ERRORS), rate(REQUESTS)),
    "Sloth, latency by region": sloth(
        "latency",
        99,
        f"{rate(COUNT, ' by (region) ')} - {rate(BUCKET, ' by (region) ')}",
        rate(COUNT, " by (region) "),
    ),
    "Pyrra, errors by region": pyrra(
        "pyrra-errors",
        99.5,
        {"ratio": {"errors": {"metric": ERRORS}, "total": {"metric": REQUESTS}, "grouping": ["region"]}},
        metric="http_requests",
        bad=rate(ERRORS, " by (region) "),
        total=rate(REQUESTS, " by (region) "),
    ),
    "Pyrra, latency": pyrra(
        "pyrra-latency",
        99,
        {"latency": {"success": {"metric": BUCKET}, "total": {"metric": COUNT}}},
        metric="http_request_duration_seconds",
        bad=f"({rate(COUNT)} - {rate(BUCKET)})",
        total=rate(COUNT),
    ),
    "Pyrra, probe": pyrra(
        "pyrra-probe",
        99,
        {"bool_gauge": {"metric": PROBE}},
        metric="probe_success",
        bad=f"(sum(count_over_time({PROBE}[$w])) - sum(sum_over_time({PROBE}[$w])))",
        total=f"sum(count_over_time({PROBE}[$w]))",
    ),
}


SLOTH, PYRRA = ([name for name in ALL if ALL[name].pyrra == kind] for kind in (False, True))


def series(phases: Iterable[Phase], scrape: int) -> dict[str, str]:
    """Counters and a probe in promtool's notation."""
    written: dict[str, list[str]] = {
        f'http_requests_total{{job="checkout",code="200",region="{region}"}}': ["0"]
        for region in ("eu", "us")
    }
    good_eu, good_us = written
    failed = 'http_requests_total{job="checkout",code="500",region="eu"}'
    written |= {failed: ["0"], PROBE: ["1"]}
    parts: dict[str, tuple[str, ...]] = {}
    for region, good in (("eu", good_eu), ("us", good_us)):
        count = COUNT.replace("}", f',region="{region}"}}')
        bucket = BUCKET.replace("}", f',region="{region}"}}')
        written |= {count: ["0"], bucket: ["0"]}
        parts |= {count: (good, failed) if region == "eu" else (good,), bucket: (good,)}
    reached = dict.fromkeys(written, 0)
    for phase in phases:
        points = round(phase.minutes * 60 / scrape)
        if phase.bad is None:
            for values in written.values():
                values.append(f"_x{points}")
            continue
        events = round(phase.per_minute * scrape / 60)
        bad = round(events * phase.bad)
        step = {good_eu: events - bad, good_us: events // 10, failed: bad}
        step |= {name: sum(step[part] for part in of) for name, of in parts.items()}
        for name, each in step.items():
            first = reached[name] + each
            written[name].append(f"{first}+{each}x{points - 1}")
            reached[name] += each * points
        written[PROBE].append(f"{int(phase.bad < 0.5)}x{points}")
    return {name: " ".join(values) for name, values in written.items()}


def sloths(slo: Slo, *, page: bool) -> Wanted:
    """Sloth's page or ticket of an SLO."""
    severity = "page" if page else "ticket"
    return lambda labels: labels["alertname"] == f"Sloth-{slo.name}" and labels["sloth_severity"] == severity


def pyrras(slo: Slo, short: str) -> Wanted:
    """Pyrra's alert with this short window."""
    return lambda labels: labels.get("slo") == slo.name and labels.get("short") == short


def of(slo: Slo, *tiers: str) -> Wanted:
    """Fireline's alerts of these tiers."""
    return lambda labels: labels.get("slo") == slo.name and labels.get("slo_tier") in tiers


@dataclass(frozen=True)
class Beside:
    """Both rule sets over one stretch of traffic, evaluated every ``step`` seconds."""

    slos: tuple[str, ...]
    phases: tuple[Phase, ...]
    step: int
    scrape: int
    since: int = 0
    """The first evaluation to look at, in seconds."""

    @cached_property
    def times(self) -> list[int]:
        """The evaluations to look at, in seconds."""
        return list(range(self.since, 60 * sum(phase.minutes for phase in self.phases) + 1, self.step))

    @cached_property
    def answers(self) -> list[list[promtool.Got]]:
        """Ratios and alerts of both at each evaluation."""
        chosen = [ALL[name] for name in self.slos]
        result = imported(*(slo.source for slo in chosen))
        assert [loss for loss in result.losses if loss.effect != "Note"] == []
        objects = [
            manifest | {"metadata": manifest["metadata"] | {"namespace": "shop"}}
            for manifest in result.manifests
        ]
        ours = rules_for([compiled(manifest) for manifest in objects])
        groups = [group for slo in chosen for group in slo.rules] + ours["groups"]
        metrics = {slo.ratio.partition("$w")[0] for slo in chosen} | {"slo:bad:rate", "slo:total:rate"}
        asked = f'{{__name__=~"ALERTS|slo:sli:ratio|({"|".join(sorted(metrics))})(5m|1h)"}}'
        return promtool.evaluate(
            {"groups": groups},
            series(self.phases, self.scrape),
            [(at, asked) for at in self.times],
            step=self.step,
            scrape=self.scrape,
        )

    def firing(self, wanted: Wanted, *states: str) -> list[frozenset[str]]:
        """The regions for which an alert fires ("" without groups), at each evaluation."""
        return [
            frozenset(
                got.labels.get("region", "")
                for got in answer
                if got.labels.get("__name__") == "ALERTS"
                and got.labels["alertstate"] in (states or ("firing",))
                and wanted(got.labels)
            )
            for answer in self.answers
        ]

    def share(self, slo: str, window: str) -> list[dict[str, float]]:
        """Fireline's share of bad events for each region, at each evaluation: what its alerts read."""
        bad, total = (self.values(f"slo:{kind}:rate{window}", slo=slo) for kind in ("bad", "total"))
        return [
            {region: some[region] / every for region, every in all_.items() if every > 0 and region in some}
            for some, all_ in zip(bad, total, strict=True)
        ]

    def values(self, series: str, **labels: str) -> list[dict[str, float]]:
        """A series' value for each region, at each evaluation."""
        name, _, inside = series.partition("{")
        pairs = [pair.split("=") for pair in inside.rstrip("}").split(",") if pair]
        wanted = {label: value.strip('"') for label, value in pairs} | labels | {"__name__": name}
        return [
            {
                got.labels.get("region", ""): got.value
                for got in answer
                if all(got.labels.get(label) == value for label, value in wanted.items())
            }
            for answer in self.answers
        ]


HOURS = Beside(
    slos=tuple(ALL),
    phases=(
        Phase(370, 0.0002),
        Phase(20, 1),
        Phase(60, 0.0002, NIGHT),
        Phase(40, 0.3),
        Phase(60, 0.0002),
        Phase(70, 0.013),
        Phase(15, 0, per_minute=0),
        Phase(20, None),
        Phase(30, 0.0002),
        Phase(20, 0.6, NIGHT),
        Phase(40, 0.0002),
    ),
    step=60,
    scrape=30,
)
DAYS = Beside(
    slos=("Sloth, errors", "Pyrra, latency"),
    phases=(
        Phase(74 * 60, 0.0002),
        Phase(60, 0.6),
        Phase(150, 0.0002),
        Phase(240, 0.5, NIGHT),
        Phase(400, 0.0002),
    ),
    step=150,
    scrape=75,
    since=73 * 3600,
)


Episode = tuple[str, int, float]
"""Region, and when an alert began and ended there, in seconds; infinity: not yet."""


def episodes(states: list[frozenset[str]], beside: Beside) -> list[Episode]:
    """All episodes of an alert, by region and time."""
    found: list[Episode] = []
    for region in sorted(frozenset().union(*states)):
        began: int | None = None
        for at, state in zip(beside.times, states, strict=True):
            if region in state and began is None:
                began = at
            elif region not in state and began is not None:
                found.append((region, began, at))
                began = None
        found += [(region, began, math.inf)] if began is not None else []
    return found


def assert_at_most_later(ours: list[frozenset[str]], theirs: list[frozenset[str]], beside: Beside) -> None:
    """Every episode of theirs is one of ours, that begins and ends not before it nor five minutes after."""
    here, there = episodes(ours, beside), episodes(theirs, beside)
    assert [region for region, _, _ in here] == [region for region, _, _ in there]
    for (_, begin, end), (_, their_begin, their_end) in zip(here, there, strict=True):
        assert 0 <= begin - their_begin <= 300, (here, there)
        assert end == their_end or 0 <= end - their_end <= 300, (here, there)


@pytest.mark.parametrize("beside", [HOURS, DAYS], ids=["hours", "days"])
def test_ratios_over_5m_and_1h_are_the_same_at_every_step(beside: Beside) -> None:
    for slo in map(ALL.__getitem__, beside.slos):
        for window in ("5m", "1h"):
            compared = 0
            theirs, ours = beside.values(slo.ratio.replace("$w", window)), beside.share(slo.name, window)
            for at, their, our in zip(beside.times, theirs, ours, strict=True):
                # Without traffic 0/0 is NaN there and no ratio here; a region that never failed has no
                # error series there and hence no ratio, and here it has failed in 0 cases.
                known = {region: value for region, value in their.items() if not math.isnan(value)}
                assert known.keys() <= our.keys(), (slo.name, window, at)
                assert not any(our[region] for region in our.keys() - known.keys()), (slo.name, window, at)
                for region, value in known.items():
                    assert our[region] == pytest.approx(value, rel=1e-3, abs=1e-9), (slo.name, window, at)
                    compared += 1
            assert compared > 0.8 * len(beside.times), (slo.name, window)


@pytest.mark.parametrize(
    ("name", "beside"),
    [pytest.param(name, story, id=name) for story in (HOURS, DAYS) for name in SLOTH if name in story.slos],
)
def test_pages_of_sloth_come_with_the_fast_windows_at_the_same_step_and_else_within_five_minutes(
    name: str, beside: Beside
) -> None:
    slo = ALL[name]
    theirs, ours = beside.firing(sloths(slo, page=True)), beside.firing(of(slo, *OUR_PAGES))
    assert_at_most_later(ours, theirs, beside)

    limit = 14.4 * slo.budget
    short, long = (beside.values(slo.ratio.replace("$w", window)) for window in ("5m", "1h"))
    fast = [
        frozenset(region for region, value in now.items() if value > limit and hour[region] > limit)
        for now, hour in zip(short, long, strict=True)
    ]
    assert any(fast)
    assert fast == beside.firing(of(slo, "PageFast"))


@pytest.mark.parametrize("name", PYRRA)
def test_fast_pages_of_pyrra_begin_and_end_at_the_same_step_but_for_its_waiting(name: str) -> None:
    slo = ALL[name]
    theirs, ours = HOURS.firing(pyrras(slo, "5m"), *BURNING), HOURS.firing(of(slo, "FastBurn"))
    assert any(ours)
    assert ours == theirs

    waits = 2 * 60 // HOURS.step
    for now, told in enumerate(HOURS.firing(pyrras(slo, "5m"))):
        assert told == (frozenset.intersection(*ours[now - waits : now + 1]) if now >= waits else frozenset())


@pytest.mark.parametrize("name", PYRRA)
def test_slow_pages_of_pyrra_begin_at_most_five_minutes_later(name: str) -> None:
    slo = ALL[name]
    theirs, ours = HOURS.firing(pyrras(slo, "30m"), *BURNING), HOURS.firing(of(slo, "MediumBurn"))
    assert any(ours)
    assert_at_most_later(ours, theirs, HOURS)


@pytest.mark.parametrize("name", DAYS.slos)
def test_tickets_begin_and_end_at_most_five_minutes_later(name: str) -> None:
    slo = ALL[name]
    theirs = DAYS.firing(pyrras(slo, "2h"), *BURNING) if slo.pyrra else DAYS.firing(sloths(slo, page=False))
    ours = DAYS.firing(of(slo, *(["SlowBurn"] if slo.pyrra else OUR_TICKETS)))
    assert any(ours)
    assert_at_most_later(ours, theirs, DAYS)


@pytest.mark.parametrize("name", ALL)
def test_on_a_young_service_their_tickets_fire_at_the_first_failure_and_ours_do_not(name: str) -> None:
    slo = ALL[name]
    wanted = pyrras(slo, "6h") if slo.pyrra else sloths(slo, page=False)
    theirs = HOURS.firing(wanted, *BURNING)
    ours = HOURS.firing(of(slo, *(["LongTermBurn"] if slo.pyrra else OUR_TICKETS)))
    assert all(our <= their for our, their in zip(ours, theirs, strict=True))
    assert sum(map(len, ours)) < sum(map(len, theirs))


def test_over_the_slo_window_events_are_counted_and_not_ratios_averaged() -> None:
    bad = sum(phase.minutes * phase.per_minute * (phase.bad or 0) for phase in DAYS.phases)
    total = sum(1.1 * phase.minutes * phase.per_minute for phase in DAYS.phases)
    ours = DAYS.values("slo:sli:ratio", slo="checkout-errors", window="slo")[-1][""]
    assert 1 - ours == pytest.approx(bad / total, rel=0.01)

    recent = [each[""] for each in DAYS.values(ALL["Sloth, errors"].ratio.replace("$w", "5m"))]
    quiet = DAYS.phases[0].bad or 0
    before = DAYS.since // DAYS.step
    averaged = (sum(recent) + quiet * before) / (len(recent) + before)
    assert averaged > 3 * bad / total


def test_without_traffic_sloth_records_what_spoils_its_period() -> None:
    theirs = HOURS.values(ALL["Sloth, errors"].ratio.replace("$w", "5m"))
    assert any(math.isnan(each[""]) for each in theirs if each)
