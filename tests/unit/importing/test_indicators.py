"""What becomes of queries: the plainest indicator with the same meaning, or a word on why there is none."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing.reading import imported

from fireline.cli.importing.result import Result

T = 'requests_total{job="shop"}'
E = 'requests_total{code=~"5..",job="shop"}'
TOTAL = f"sum(rate({T}[{{{{.window}}}}]))"
COUNTED = {"ratio": {"bad": {"metric": E}, "total": {"metric": T}}}


def of_sloth(bad: str = "", total: str = TOTAL, *, raw: str = "", **slo: Any) -> Result:
    """The import of one Sloth objective with these queries."""
    sli = (
        {"raw": {"error_ratio_query": raw}} if raw else {"events": {"error_query": bad, "total_query": total}}
    )
    entry = {"name": "api", "objective": 99.9, "sli": sli, "alerting": {}} | slo
    return imported({"version": "prometheus/v1", "service": "shop", "slos": [entry]})


def indicator(result: Result) -> Any:
    assert len(result.manifests) == 1, result.losses
    return result.manifests[0]["spec"]["indicator"]


@pytest.mark.parametrize(
    "bad",
    [
        f"sum(rate({E}[{{{{.window}}}}]))",
        f"(sum(rate({E}[{{{{ .window }}}}])))",
        f"sum(rate({E}[{{{{- .window -}}}}])) or vector(0)",
    ],
)
def test_a_summed_rate_becomes_its_selector(bad: str) -> None:
    result = of_sloth(bad)
    assert indicator(result) == COUNTED
    assert result.losses == []


def test_increases_become_rates_since_only_their_quotient_counts() -> None:
    result = of_sloth(*(f"sum(increase({each}[{{{{.window}}}}]))" for each in (E, T)))
    assert indicator(result) == COUNTED


def test_an_increase_over_a_rate_is_no_ratio_of_events_but_stays_the_ratio_it_was() -> None:
    result = of_sloth(f"sum(increase({E}[{{{{.window}}}}]))")
    assert set(indicator(result)) == {"errorRatio"}
    (loss,) = result.losses
    assert (loss.effect, loss.path) == ("Changed", "slos[0].sli.events.error_query")
    assert "weighted by time instead of events" in loss.why


def test_a_histogram_without_one_of_its_buckets_becomes_a_latency() -> None:
    count, bucket = 'latency_seconds_count{job="shop"}', 'latency_seconds_bucket{job="shop",le="0.25"}'
    rates = [f"sum(rate({each}[{{{{.window}}}}]))" for each in (count, bucket)]
    result = of_sloth(f"({rates[0]}\n-\n{rates[1]})", rates[0])
    assert indicator(result) == {
        "latency": {"histogram": 'latency_seconds{job="shop"}', "type": "Classic", "below": "250ms"}
    }


@pytest.mark.parametrize("le", ["0.0005", "+Inf", "0.250", "abc"])
def test_a_bound_fireline_would_not_find_stays_a_query(le: str) -> None:
    rates = [f"sum(rate({each}[{{{{.window}}}}]))" for each in ("l_count", f'l_bucket{{le="{le}"}}')]
    found = indicator(of_sloth(f"{rates[0]} - {rates[1]}", rates[0]))
    assert "query" in found["ratio"]["bad"]
    assert le in found["ratio"]["bad"]["query"]


def test_a_bucket_with_other_labels_stays_a_query() -> None:
    rates = [
        f"sum(rate({each}[{{{{.window}}}}]))" for each in ('l_count{a="1"}', 'l_bucket{le="0.25",a="2"}')
    ]
    assert "query" in indicator(of_sloth(f"{rates[0]} - {rates[1]}", rates[0]))["ratio"]["bad"]


@pytest.mark.parametrize(
    "raw",
    [
        'sum(count_over_time(up{job="x"}[{{.window}}])) - sum(sum_over_time(up{job="x"}[{{.window}}]))',
        "",
    ],
)
def test_samples_of_a_boolean_gauge_become_its_availability(raw: str) -> None:
    if raw:
        found = of_sloth(raw, 'sum(count_over_time(up{job="x"}[{{.window}}]))')
    else:
        found = of_sloth(raw='1 - avg(avg_over_time(up{job="x"}[{{.window}}]))')
    assert indicator(found) == {"availability": {"metric": 'up{job="x"}'}}


def test_any_other_gauge_stays_a_free_ratio() -> None:
    query = "1 - avg(avg_over_time(share_of_good[{{.window}}]))"
    assert indicator(of_sloth(raw=query)) == {
        "errorRatio": {"query": query.replace("{{.window}}", "$window")}
    }


def test_a_ready_made_ratio_of_counters_is_counted() -> None:
    result = of_sloth(raw=f"sum(rate({E}[{{{{.window}}}}])) / {TOTAL}")
    assert indicator(result) == COUNTED


def test_groups_of_both_queries_become_groups_of_the_objective() -> None:
    bad, total = (f"sum by (region) (rate({each}[{{{{.window}}}}]))" for each in (E, T))
    result = of_sloth(bad, total)
    assert indicator(result) == COUNTED
    assert result.manifests[0]["spec"]["groupBy"] == ["region"]


def test_groups_by_a_reserved_label_are_added_up_and_said() -> None:
    bad, total = (f"sum by (namespace) (rate({each}[{{{{.window}}}}]))" for each in (E, T))
    result = of_sloth(bad, total)
    assert "groupBy" not in result.manifests[0]["spec"]
    (loss,) = result.losses
    assert loss.effect == "Changed"
    assert "is grouped by namespace, and Fireline adds the groups up" in loss.why


def test_series_nobody_can_count_are_added_up_and_said() -> None:
    result = of_sloth(*(f"rate({each}[{{{{.window}}}}])" for each in (E, T)))
    (loss,) = result.losses
    assert loss.effect == "Changed"
    assert "may yield several series" in loss.why


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (f"sum(rate({E}[{{{{.window}}}}])) default 0", "looks like MetricsQL"),
        ("sum(rate(errors_total))", "looks like MetricsQL"),
        (f"sum(rate({E}[5m]))", "does not read [$window]"),
        (f"sum(rate({E}[{{{{.window}}}}] offset 5m))", "has an offset"),
        (f"sum(rate({E}[{{{{.window}}}}])) * {{{{.factor}}}}", "template other than {{.window}}"),
        ("sum(", "is not PromQL"),
        ("", "is missing"),
    ],
)
def test_what_fireline_cannot_measure_is_left_out_with_the_reason_at_the_query(bad: str, why: str) -> None:
    result = of_sloth(bad)
    assert (result.manifests, result.left_out) == ([], 1)
    told = {loss.path: loss.why for loss in result.losses if loss.effect == "Lost"}
    assert why in told["slos[0].sli.events.error_query"]
    assert told["slos[0]"] == "is left out: nothing usable remains of it"
