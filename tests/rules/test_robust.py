"""What must not go wrong whatever SLOs a namespace holds, in Prometheus' own engine.

Rules that several SLOs share end for all of them when one series cannot be matched: nothing that one
SLO, or a pod of the namespace, brings may do that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests import promtool
from tests.rules import kinds
from tests.rules.kinds import counter, slo
from tests.rules.needed import needed

pytestmark = pytest.mark.bed

HOUR = 3600
_MONTH = {"window": {"calendar": "Month"}}
_REQUESTS: dict[str, str] = {
    f'requests_total{{code="{code}",region="{region}",_part="{region}"}}': counter([(120, gain)])
    for region in ("eu", "us")
    for code, gain in (("200", 27), ("500", 3))
}
_IN_BURSTS = " ".join(["_x39", *["0+30x39 _x79"] * 2])
_EU = 'requests_total{region="eu"}'


def _ratio(metric: str) -> dict[str, Any]:
    bad = metric.replace("{", '{code="500",') if "{" in metric else f'{metric}{{code="500"}}'
    return {"ratio": {"bad": {"metric": bad}, "total": {"metric": metric}}}


def _worst(*members: str) -> dict[str, Any]:
    return {"composite": {"method": "Worst", "objectives": [{"name": name} for name in members]}}


def _weighted(*members: str) -> dict[str, Any]:
    return {"composite": {"method": "Weighted", "objectives": [{"name": name} for name in members]}}


def _from_to(start: str, end: str) -> dict[str, Any]:
    return {"maintenance": [{"from": f"1970-01-01T{start}:00Z", "to": f"1970-01-01T{end}:00Z"}]}


_STOPPED = 'stopped_total{job="shop"}'
_HALF = 'rate(stopped_total{code="500"}[$window]) / on (job) sum by (job) (rate(stopped_total[$window]))'
_FREE = {"errorRatio": {"query": _HALF}}

SLOS = [
    slo("month", namespace="parts", indicator=_ratio("requests_total"), **_MONTH),
    slo("by-part", namespace="parts", indicator=_ratio("requests_total"), groupBy=["_part"]),
    slo("plain", namespace="rogue", indicator=_ratio("requests_total")),
    slo("upkept", namespace="rogue", indicator=_ratio(_EU), **_from_to("00:05", "00:10")),
    slo("born", namespace="closed", indicator=_ratio("requests_total"), **_from_to("00:00", "01:30")),
    slo("rare", namespace="bursts", indicator=_ratio("bursts_total"), window={"rolling": "30d"}),
    slo("night", namespace="nan", indicator=_FREE),
    slo("targets", namespace="nan", indicator={"availability": {"metric": "up"}}),
    slo("part", namespace="nested", indicator=_ratio(_STOPPED)),
    slo("inner", namespace="nested", indicator=_worst("part")),
    slo("outer", namespace="nested", indicator=_weighted("part", "inner")),
    slo("this", namespace="nested", indicator=_worst("part", "that")),
    slo("that", namespace="nested", indicator=_worst("part", "this")),
]
SERIES = {
    **_REQUESTS,
    # Half of all fails for 40 minutes, then nothing happens any more.
    'stopped_total{code="200",job="shop"}': counter([(40, 30), (80, 0)]),
    'stopped_total{code="500",job="shop"}': counter([(40, 30), (80, 0)]),
    'up{instance="1"}': "1x240",
    'up{instance="2"}': "1x100 NaN 1x138",
    'bursts_total{code="200"}': _IN_BURSTS,
    'bursts_total{code="500"}': _IN_BURSTS,
    **{
        f'{metric}{{namespace="rogue",slo="{slo}",sli="{sli}",pod="{pod}"}}': "1x240"
        for metric in ("slo:objective:ratio", "slo:maintenance:excluded")
        for slo, sli in (("other", "v1-0"), ("upkept", "v1-0"))
        for pod in ("a", "b")
    },
    **{
        f'{metric}{{namespace="rogue",slo="other",sli="v1-0",pod="{pod}"}}': "1x240"
        for metric in ("slo:total:rate5m", "slo:bad:rate5m")
        for pod in ("a", "b")
    },
}


@pytest.fixture(scope="module")
def answers() -> Mapping[str, list[promtool.Got]]:
    """Everything the tests look at, from one run: promtool tells of rules that cannot be evaluated."""
    asked = {
        "month": (2 * HOUR, "slo:bad:rateMonth_UTC / slo:total:rateMonth_UTC"),
        "burn": (2 * HOUR, 'slo:burn_rate:ratio{window="1h"}'),
        "consumed": (2 * HOUR, "slo:error_budget_consumed:ratio"),
        "bad targets": (HOUR, 'slo:bad:rate1h{namespace="nan",slo="targets"}'),
        "burn then": (HOUR // 2, 'slo:burn_rate:ratio{namespace="nested",window="5m"}'),
        "burn now": (2 * HOUR - 60, 'slo:burn_rate:ratio{namespace="nested",window="5m"}'),
        "no data": (2 * HOUR, 'ALERTS{slo_tier="NoData"}'),
        "consumed in bursts": (2 * HOUR, 'slo:error_budget_consumed:ratio{namespace="bursts"}'),
    }
    found = promtool.evaluate(kinds.rules_of(kinds.compiled(SLOS)), SERIES, asked.values())
    return dict(zip(asked, found, strict=True))


def one(found: list[promtool.Got], **labels: str) -> float:
    """The value of the one sample with these labels."""
    (value,) = [
        got.value for got in found if all(got.labels.get(name) == value for name, value in labels.items())
    ]
    return value


def test_a_group_may_have_any_name_next_to_a_calendar_window(answers):
    assert one(answers["month"], slo="month") == pytest.approx(0.1)
    assert one(answers["month"], slo="by-part", _part="eu") == pytest.approx(0.1)


def test_series_of_others_that_look_like_ours_end_no_shared_rule(answers):
    assert one(answers["burn"], slo="plain") == pytest.approx(100)
    assert one(answers["burn"], slo="upkept") == pytest.approx(100)


def test_the_age_of_an_slo_born_in_maintenance_is_the_time_it_was_measured(answers):
    """From 01:35, when the first clean rate was there, to 02:00, of a day without the maintenance."""
    measured, whole = 25 * 60, 24 * HOUR - 95 * 60
    assert one(answers["consumed"], slo="born") == pytest.approx(100 * measured / whole, rel=0.1)


def test_what_is_measured_for_minutes_an_hour_has_a_budget(answers):
    """Never at a full hour, at which the age of older SLOs is looked up."""
    age = 2 - 20 / 60
    assert one(answers["consumed in bursts"]) == pytest.approx(500 * age / 720, rel=0.05)


def test_a_free_ratio_of_nothing_is_idle_and_not_gone(answers):
    assert not [got for got in answers["no data"] if got.labels["slo"] == "night"]
    assert one(answers["consumed"], slo="night") > 0


def test_a_gauge_that_is_no_number_once_is_not_all_targets_down(answers):
    assert one(answers["bad targets"]) == 0


def test_composites_that_read_each_other_come_down_with_their_members(answers):
    burning = {got.labels["slo"]: got.value for got in answers["burn then"]}
    assert burning["this"] == burning["that"] == pytest.approx(500)
    assert not [got for got in answers["burn now"] if got.value > 0]


def test_a_composite_of_a_composite_has_no_budget_instead_of_half_of_one(answers):
    known = {got.labels["slo"] for got in answers["consumed"]}
    assert {"part", "inner"} <= known
    assert not {"outer", "this", "that"} & known


def test_data_that_was_missed_before_a_maintenance_is_missed_after_it():
    """Gone after 20 minutes, maintenance from 1:40 to 2:45, and still gone."""
    one_slo = slo("gone", indicator=_ratio("requests_total"), **_from_to("01:40", "02:45"))
    series = {f'requests_total{{code="{code}"}}': counter([(20, 30)]) for code in ("200", "500")}
    asked = [(minute * 60, 'ALERTS{slo_tier="NoData"}') for minute in (99, 130, 175)]
    before, during, after = promtool.evaluate(kinds.rules_of(kinds.compiled([one_slo])), series, asked)
    assert [len(found) for found in (before, during, after)] == [1, 0, 1]


def test_one_outage_does_not_make_an_objective_useless():
    """Ten minutes of nothing but errors spend the budget for a day, which is until the next day."""
    day = 24 * 60
    series = {
        'requests_total{code="200"}': counter([(day, 30), (10, 0), (2 * day - 10, 30)]),
        'requests_total{code="500"}': counter([(day, 0), (10, 30), (2 * day - 10, 0)]),
    }
    hours = range(day * 60 + HOUR, 3 * day * 60, HOUR)
    rules = kinds.rules_of(kinds.compiled([slo("once", indicator=_ratio("requests_total"))]))
    alerts = needed(rules, lambda rule: rule["labels"].get("slo_tier") in {"Ineffective", "Exhausted"})
    asked = [(2 * day * 60 - HOUR, 'ALERTS{slo_tier="Exhausted"}')]
    asked += [(at, 'ALERTS{slo_tier="Ineffective"}') for at in hours]
    spent, *useless = promtool.evaluate(alerts, series, asked, step=150)
    assert len(spent) == 1
    assert not any(useless)


def test_a_period_counts_no_hour_twice_when_an_hour_has_just_ended():
    """Shared rules may be evaluated seconds before the rules of an SLO, which tell them the time."""
    rules = kinds.rules_of(kinds.compiled([slo("month", indicator=_ratio("requests_total"), **_MONTH)]))
    shared_first = {"groups": sorted(rules["groups"], key=lambda group: "windows" not in group["name"])}
    asked = [(HOUR + seconds, "slo:bad:rateMonth_UTC") for seconds in range(-60, 121, 30)]
    counted = [one(found) for found in promtool.evaluate(shared_first, _REQUESTS, asked)]
    assert counted == sorted(counted)
