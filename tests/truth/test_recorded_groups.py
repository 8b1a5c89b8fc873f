"""Recorded figures of groups, composites, young and changed objectives against what the generator counted.

The service has four regions: one that is always there, one that lives for 25 minutes and fails a lot of very
many requests, one whose samples are dropped for a while, and one where nobody calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fireline.slo.model import Objective
from fireline.slo.readings import Reading
from tests.bed.kubeclient import Manifest
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.everyway import END, PERIODS, START, Frame, failing, story, utc
from tests.truth.recorded import Life, backfill_rules, phase, read_at
from tests.truth.scenarios import DAY, REQUESTS
from tests.truth.slos import compiled
from tests.truth.store import write_blocks
from tests.truth.ways import Count, lag, possible, slices

pytestmark = pytest.mark.bed

NAMESPACE = "groups"
FRAME = Frame()
BUDGET = 0.01
SLICES = {"budgeting": "Timeslices", "timeslice": {"length": "5m", "objective": "99"}}
BERLIN = {"calendar": "Month", "timeZone": "Europe/Berlin"}
BRIEF = (utc("2027-10-31 15:00"), utc("2027-10-31 15:25"))
DROPPED = ((utc("2027-10-31 20:00"), 5400), (utc("2027-11-01 02:00"), 180))
"""(begin, length): Prometheus gets no samples of one region."""
BORN = END - 12 * 3600
CHANGED = END - 20 * 3600
"""When an objective, and an indicator, became others."""
MAINTENANCE = [{"cron": "40 0 * * *", "duration": "30m", "timeZone": "Europe/Berlin"}]


def dropped(at: int) -> bool:
    """Whether the samples of a Unix time are lost."""
    return any(begin <= at < begin + length for begin, length in DROPPED)


def maintained(at: int) -> bool:
    """Whether it is maintenance: in winter time again on the first of November."""
    return any(0 <= at - utc(text) < 1800 for text in ("2027-10-30 22:40", "2027-10-31 23:40"))


def counting(service: str) -> Manifest:
    """Failed requests among all."""
    return {
        "ratio": {
            "bad": {"metric": f'{REQUESTS}{{service="{service}",code="500"}}'},
            "total": {"metric": f'{REQUESTS}{{service="{service}"}}'},
        }
    }


def composite(method: str, **weights: str) -> dict[str, Any]:
    """Members and weights; an underscore stands for a hyphen."""
    members = [{"name": name.replace("_", "-"), "weight": weight} for name, weight in weights.items()]
    if method == "Worst":
        members = [{"name": one["name"]} for one in members]
    return {"indicator": {"composite": {"method": method, "objectives": members}}}


REGIONS = {
    "eu": FRAME.served("world", region="eu", wrong=lambda at: 0.3 if failing(at) else 0.001),
    "us": FRAME.served("world", region="us", wrong=lambda _: 0.4, rate=lambda _: 3000, lives=BRIEF),
    "ap": FRAME.served(
        "world", region="ap", wrong=lambda at: 0.2 if failing(at) else 0.004, rate=lambda _: 300, gaps=dropped
    ),
    "sa": FRAME.served("world", region="sa", wrong=lambda _: 0, rate=lambda _: 0),
}
OTHERS = {
    "story": story(NAMESPACE),
    "idle": FRAME.served("idle", wrong=lambda _: 0, rate=lambda _: 0),
    "young": FRAME.served("young", wrong=lambda _: 0.02, lives=(BORN, END)),
    "maintained": FRAME.served("maintained", wrong=lambda at: 0.5 if maintained(at) else 0.002),
}
TWO_DAYS = END - 2 * DAY
WORLD = counting("world")
SPECS: dict[str, dict[str, Any]] = {
    "regions": {"indicator": WORLD, "groupBy": ["region"]},
    "regions-good": {
        "indicator": {
            "ratio": {
                "good": {"metric": f'{REQUESTS}{{service="world",code="200"}}'},
                "total": WORLD["ratio"]["total"],
            }
        },
        "groupBy": ["region"],
    },
    "regions-slices": {"indicator": WORLD, "groupBy": ["region"], **SLICES},
    "regions-berlin": {"indicator": WORLD, "groupBy": ["region"], "window": BERLIN},
    "all-regions": {"indicator": WORLD},
    "story": {"indicator": counting("story")},
    "story-berlin": {"indicator": counting("story"), "window": BERLIN},
    "idle": {"indicator": counting("idle")},
    "young": {"indicator": counting("young")},
    "young-slices": {"indicator": counting("young"), **SLICES},
    "maintained-berlin": {"indicator": counting("maintained"), "window": BERLIN, "maintenance": MAINTENANCE},
    "weighted": composite("Weighted", story="3", regions="1", idle="1"),
    "worst": composite("Worst", story="1", regions_slices="1", idle="1"),
    "weighted-berlin": {**composite("Weighted", story_berlin="1", regions_berlin="2"), "window": BERLIN},
    "new-objective": {"indicator": WORLD},
    "new-indicator": {"indicator": counting("story")},
    "half-known": composite("Worst", story="1", gone="1"),
}


def slo(name: str, objective: str = "99", **spec: Any) -> Objective:
    """99 % over two days, unless said otherwise."""
    return compiled(
        "world", namespace=NAMESPACE, name=name, objective=objective, **{"window": {"rolling": "2d"}, **spec}
    )


@pytest.fixture(scope="module")
def readings(tools: Tools, bed_directory: Path) -> Mapping[str, Reading]:
    """What a refresh at the end reads."""
    directory = bed_directory / "groups"
    services = [*REGIONS.values(), *OTHERS.values()]
    objectives = {name: slo(name, **spec) for name, spec in SPECS.items()}
    before = (slo("new-objective", "99.9", indicator=WORLD), slo("new-indicator", indicator=WORLD))
    lives = [
        *(Life(one, since=CHANGED if name.startswith("new-") else None) for name, one in objectives.items()),
        *(Life(one, until=CHANGED) for one in before),
    ]
    data = write_blocks(tools, services, directory)
    with Prometheus(tools, directory, data=data) as prometheus:
        backfill_rules(tools, prometheus, data, lives, start=START, end=END)
        return {name: found for (_, name), found in read_at(prometheus, objectives.values(), END).items()}


def seen(region: str, begin: float, end: float) -> tuple[float, float]:
    """Events of a region of which Prometheus got samples."""
    service = REGIONS[region]
    total, bad = service.events(begin, end)
    for lost in DROPPED if region == "ap" else ():
        inside = service.events(max(begin, lost[0]), min(end, sum(lost)))
        total, bad = total - inside[0], bad - inside[1]
    return total, bad


def ratio(count: Count, begin: float, end: float) -> float:
    """Share of bad events, in budgets."""
    total, bad = count(begin, end)
    return bad / total / BUDGET


def world(begin: float, end: float) -> tuple[float, float]:
    """Events of all regions."""
    counted = [seen(region, begin, end) for region in REGIONS]
    return sum(total for total, _ in counted), sum(bad for _, bad in counted)


def sliced(name: str, region: str) -> Count:
    """Slices of a region, as the rules of an SLO cut them."""
    late = phase({"name": f"{NAMESPACE}/slo-{name}:slices", "interval": "5m"})
    return partial(slices, partial(seen, region), 300, late)


def groups(reading: Reading) -> dict[str, float]:
    """Budget consumed by region."""
    assert reading.groups is not None
    return {dict(one.labels)["region"]: one.consumed for one in reading.groups.worst}


@pytest.mark.parametrize("name", ["regions", "regions-good", "all-regions"])
def test_all_regions_together_weigh_by_their_events(readings, name):
    """Of 25 minutes the first scrape interval is not seen."""
    assert readings[name].consumed == pytest.approx(ratio(world, TWO_DAYS, END), rel=0.005)
    assert readings[name].coverage == 1


@pytest.mark.parametrize("name", ["regions", "regions-good"])
def test_each_region_has_spent_its_own_budget(readings, name):
    truth = {region: ratio(partial(seen, region), TWO_DAYS, END) for region in ("eu", "us", "ap")}
    assert groups(readings[name]) == pytest.approx(truth, rel=0.005)
    assert list(groups(readings[name])) == sorted(truth, key=truth.get, reverse=True)
    assert readings[name].groups.number == 3, "where nobody calls there is nothing to spend"


def test_regions_that_were_gone_before_the_period_do_not_count(readings):
    begin, last = PERIODS["berlin"]
    over = (END - begin) / (last - begin)
    found = groups(readings["regions-berlin"])
    assert set(found) == {"eu", "ap"}
    for region, consumed in found.items():
        truth = possible(partial(ratio, partial(seen, region)), begin, END, lag())
        assert min(truth) * 0.99 <= consumed / over <= max(truth) * 1.01
    truth = possible(partial(ratio, world), begin, END, lag())
    assert min(truth) * 0.99 <= readings["regions-berlin"].consumed / over <= max(truth) * 1.01


def test_slices_of_each_region_are_judged_for_themselves(readings):
    """The last verdict on a region that is gone stands for a minute too long."""
    name = "regions-slices"
    counted = {region: sliced(name, region)(TWO_DAYS, END) for region in ("eu", "us", "ap")}
    # The idle region cannot be cut by events: all of its slices are good.
    counted["sa"] = counted["eu"][0], 0
    total, bad = (sum(one) for one in zip(*counted.values(), strict=True))
    assert readings[name].consumed == pytest.approx(bad / total / BUDGET, rel=0.01)
    truth = {region: bad / total / BUDGET for region, (total, bad) in counted.items()}
    assert groups(readings[name]) == pytest.approx(truth, rel=0.01)


@pytest.mark.parametrize(("name", "rel"), [("young", 0.01), ("young-slices", 0.015)])
def test_half_a_day_has_spent_a_quarter_of_two(readings, name, rel):
    """The age is looked up on a grid of four minutes; the first slice is judged after five to ten."""
    burn = 100 if "slices" in name else ratio(OTHERS["young"].events, BORN + 30, END)
    assert readings[name].consumed == pytest.approx(burn / 4, rel=rel)
    assert readings[name].coverage == pytest.approx(0.25, abs=0.003)


def test_a_month_without_its_maintenance(readings):
    """It counts from five minutes after its end, and is no age and no part of the month."""
    begin, last = PERIODS["berlin"]
    night, out = utc("2027-10-31 23:40"), 2100

    def outside(begin: float, end: float) -> float:
        total, bad = OTHERS["maintained"].events(begin, end)
        inside = OTHERS["maintained"].events(night, night + out)
        return (bad - inside[1]) / (total - inside[0]) / BUDGET

    truth = possible(outside, begin, END, lag())
    over = (END - begin - out) / (last - begin - out)
    found = readings["maintained-berlin"]
    assert min(truth) * 0.98 <= found.consumed / over <= max(truth) * 1.02
    assert found.coverage == pytest.approx(1, abs=0.01)


def test_a_composite_is_made_of_what_its_members_spent(readings):
    regions, own = ratio(world, TWO_DAYS, END), ratio(OTHERS["story"].events, TWO_DAYS, END)
    assert readings["idle"].consumed is None, "a member without traffic spends nothing, and is a member"
    assert readings["weighted"].consumed == pytest.approx((3 * own + regions) / 5, rel=0.005)
    assert readings["worst"].consumed == pytest.approx(readings["regions-slices"].consumed)
    assert readings["worst"].consumed > own
    for name in ("weighted", "worst"):
        assert readings[name].coverage == 1


def test_a_composite_of_months_is_made_of_its_members_months(readings):
    own, regions = (readings[f"{name}-berlin"].consumed for name in ("story", "regions"))
    assert readings["weighted-berlin"].consumed == pytest.approx((own + 2 * regions) / 3, rel=0.002)


def test_a_composite_with_a_member_that_was_never_seen_says_nothing(readings):
    found = readings["half-known"]
    assert (found.consumed, found.window, found.coverage) == (None, None, None)


def test_another_objective_judges_the_same_counts_anew(readings):
    """Its rules recorded for a day and more as another objective: that is history of this one too."""
    found = readings["new-objective"]
    assert found.consumed == pytest.approx(ratio(world, TWO_DAYS, END), rel=0.005)
    assert found.coverage == 1


def test_another_indicator_begins_a_history_of_its_own(readings):
    found, age = readings["new-indicator"], (END - CHANGED) / (2 * DAY)
    assert found.consumed == pytest.approx(ratio(OTHERS["story"].events, CHANGED, END) * age, rel=0.01)
    assert found.coverage == pytest.approx(age, abs=0.005)
    assert found.burn["1d"] == pytest.approx(ratio(OTHERS["story"].events, CHANGED, END), rel=0.01)
