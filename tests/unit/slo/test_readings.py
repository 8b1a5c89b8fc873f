"""From the answers of one batch to what is known of each SLO."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.builders import an_objective

from fireline.api.metrics import Sample
from fireline.slo.exact import Stretch
from fireline.slo.known import observation, shown
from fireline.slo.ledger import Exact
from fireline.slo.observation import SeenAlert
from fireline.slo.readings import Reading, parse

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = ("shop", "checkout")
OBJECTIVE = an_objective()


def sample(value=1.0, **labels):
    return Sample({"namespace": "shop", "slo": "checkout"} | labels, value, NOW.timestamp())


def read(**answers):
    return parse(answers, {KEY: "v1-new"}, at=NOW)[KEY]


def an_exact(**changes):
    fields = {
        "as_of": NOW.timestamp() - 100,
        "total": 1000.0,
        "bad": 1.0,
        "sli": 0.999,
        "consumed": 1.0,
        "coverage": 1.0,
        "age_seconds": 30 * 86_400.0,
        "present": True,
    }
    return Exact(**(fields | changes))


def test_every_public_series_ends_in_its_place():
    reading = read(
        sli=[sample(0.99, window="5m"), sample(0.9995, window="slo")],
        burn=[sample(10, window="5m"), sample(2, window="1h"), sample(0.5, window="slo")],
        consumed=[sample(0.5)],
        coverage=[sample(0.97)],
        info=[sample(spec_hash="abc")],
        total=[sample()],
        bad=[sample()],
    )
    assert reading == Reading(
        at=NOW,
        hashes=frozenset({"abc"}),
        total_present=True,
        bad_present=True,
        current=0.99,
        window=0.9995,
        consumed=0.5,
        coverage=0.97,
        burn={"5m": 10, "1h": 2},
    )


def test_an_slo_prometheus_says_nothing_about_is_unknown_and_not_zero():
    assert read() == Reading(at=NOW)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_unknown(value):
    reading = read(
        consumed=[sample(value)], sli=[sample(value, window="5m")], burn=[sample(value, window="1h")]
    )
    assert (reading.consumed, reading.current, reading.burn) == (None, None, {})


def test_series_of_an_earlier_indicator_are_not_read():
    reading = read(
        consumed=[sample(9.0, sli="v1-old"), sample(0.5, sli="v1-new")], total=[sample(sli="v1-old")]
    )
    assert reading.consumed == 0.5
    assert not reading.total_present


def test_other_slos_and_other_namespaces_do_not_mix():
    found = parse(
        {"consumed": [sample(0.1), sample(0.2, namespace="pay"), sample(0.3, slo="search")]},
        {KEY: "x", ("pay", "checkout"): "x"},
        at=NOW,
    )
    assert {key: reading.consumed for key, reading in found.items()} == {KEY: 0.1, ("pay", "checkout"): 0.2}


def test_a_tier_fires_when_one_of_its_alerts_does_since_the_first_of_them():
    reading = read(
        alerts=[
            sample(slo_tier="PageFast", alertstate="pending"),
            sample(slo_tier="PageFast", alertstate="firing", region="eu"),
            sample(slo_tier="TicketSlow", alertstate="pending"),
        ],
        since=[sample(NOW.timestamp(), slo_tier="PageFast"), sample(0.0, slo_tier="PageFast", region="eu")],
    )
    assert reading.alerts == (
        SeenAlert("PageFast", firing=True, since=datetime.fromtimestamp(0, UTC)),
        SeenAlert("TicketSlow", firing=False, since=None),
    )


def test_exact_figures_win_while_recorded_history_is_short():
    seen = observation(OBJECTIVE, Reading(at=NOW, consumed=0.1, coverage=0.94), an_exact(consumed=0.7))
    assert (seen.source, seen.consumed, seen.coverage) == ("Exact", 0.7, 1.0)
    assert seen.at == datetime.fromtimestamp(NOW.timestamp() - 100, UTC)


def test_recorded_figures_win_from_95_percent_coverage_on():
    reading = Reading(at=NOW, consumed=0.1, coverage=0.95, window=0.9999)
    seen = observation(OBJECTIVE, reading, an_exact(consumed=0.7))
    assert (seen.source, seen.consumed, seen.window, seen.at) == ("Recorded", 0.1, 0.9999, NOW)


def test_before_the_first_exact_figures_the_budget_is_pending():
    seen = observation(OBJECTIVE, Reading(at=NOW, consumed=0.1, coverage=0.2), None)
    assert (seen.source, seen.consumed) == ("Pending", None)


def test_where_prometheus_refuses_exact_queries_recorded_figures_must_do():
    reading = Reading(at=NOW, consumed=0.1, coverage=0.2)
    seen = observation(OBJECTIVE, reading, None, uncountable=True)
    assert (seen.source, seen.consumed, seen.coverage) == ("Recorded", 0.1, 0.2)


def test_nothing_known_yet_claims_nothing():
    seen = observation(OBJECTIVE, None, None)
    assert (seen.source, seen.at, seen.total_present) == (None, None, None)


def test_the_hash_of_the_present_spec_is_found_beside_an_older_one():
    reading = Reading(at=NOW, hashes=frozenset({"000", OBJECTIVE.spec_hash}))
    assert observation(OBJECTIVE, reading, None).loaded_hash == OBJECTIVE.spec_hash
    assert observation(OBJECTIVE, replace(reading, hashes=frozenset({"000"})), None).loaded_hash == "000"


def test_noise_below_the_last_digit_shows_nothing_new():
    one = observation(
        OBJECTIVE, Reading(at=NOW, current=0.999123, burn={"5m": 0.91}), an_exact(consumed=0.47123)
    )
    two = observation(
        OBJECTIVE, Reading(at=NOW, current=0.9991231, burn={"5m": 0.92}), an_exact(consumed=0.4713)
    )
    assert shown(one) == shown(two)
    assert shown(one) != shown(replace(two, consumed=0.48))
    assert shown(one) != shown(replace(two, down="unreachable"))
    assert shown(one) == shown(replace(two, queue=3))


def test_what_exact_figures_leave_out_is_said_in_whole_hours():
    exact = an_exact(excess=True, heavy=(Stretch(0, 3600), Stretch(3600, 7300)), unknown=(Stretch(0, 60),))
    cut, heavy, unknown = observation(OBJECTIVE, None, exact).remarks
    assert "more events match the indicator's part" in cut
    assert heavy.startswith("3 h of raw history is too heavy")
    assert unknown.startswith("1 h had traffic")


def test_plain_exact_figures_need_no_remark():
    assert observation(OBJECTIVE, None, an_exact()).remarks == ()
