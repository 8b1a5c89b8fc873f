"""What the answer to an exact question means, for each way of counting."""

from __future__ import annotations

import math

import pytest
from tests.builders import RATIO

from fireline.api.metrics import Sample
from fireline.slo.exact import Count, Question, Stretch, count_query, first_query, read_counts, read_first
from fireline.slo.model import Indicator

DAY = Stretch(86_400 * 100, 86_400 * 101)


def counting(counts):
    return Indicator(total=RATIO.total, part=RATIO.part, counts=counts, presence=RATIO.presence)


def answer(counts="Bad", stretch=DAY, **parts):
    samples = [Sample({"fireline": name}, float(value), float(stretch.end)) for name, value in parts.items()]
    return read_counts(counting(counts), Question("Count", (stretch,)), samples)[stretch]


def test_bad_events_are_taken_as_they_are():
    assert answer(total=1000, part=3, points=288) == Count(total=1000, bad=3, points=288)


def test_the_overlap_before_a_stretch_is_taken_off():
    count = answer(total=1100, total_before=100, part=5, part_before=2, points=288)
    assert count == Count(total=1000, bad=3, points=288)


def test_without_bad_series_nothing_was_bad():
    assert answer(total=1000, points=288).bad == 0


def test_good_events_leave_the_rest_as_bad():
    assert answer("Good", total=1000, part=990, points=288).bad == 10


def test_without_good_series_everything_was_bad():
    assert answer("Good", total=1000, points=288).bad == 1000


def test_without_the_latency_bucket_nobody_knows_while_there_is_traffic():
    assert answer("Below", total=1000, points=288) == Count(total=1000, bad=None, points=288)


def test_without_traffic_a_missing_bucket_does_not_matter():
    assert answer("Below", total=0, points=288) == Count(total=0, bad=0, points=288)


def test_a_stretch_without_any_series_holds_nothing():
    assert answer() == Count(total=0, bad=0, points=0)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize("part", ["total", "part", "part_before"])
def test_a_number_that_is_none_is_no_answer(part, wrong):
    assert answer(**({"total": 1000, "part": 3, "points": 288} | {part: wrong})).bad is None


def test_points_on_both_edges_do_not_make_more_than_full_coverage():
    assert answer(total=1, points=289).points == 288


def test_each_step_of_a_range_answers_its_own_stretch():
    days = (DAY, Stretch(DAY.end, DAY.end + 86_400))
    samples = [Sample({"fireline": "total"}, float(n), float(day.end)) for n, day in enumerate(days, start=1)]
    counts = read_counts(RATIO, Question("Count", days), samples)
    assert [counts[day].total for day in days] == [1, 2]


def test_the_window_is_filled_in_and_times_its_seconds_it_is_events():
    query = count_query(RATIO, Question("Count", (Stretch(0, 3600, joined=False),)))
    assert 'sum(rate(http_requests_total{service="checkout"}[3600s]))\n) * 3600' in query
    assert "$window" not in query
    assert "offset" not in query


def test_a_joined_stretch_reads_an_overlap_on_the_grid_of_its_end():
    query = count_query(RATIO, Question("Count", (DAY,)))
    assert "[97200s]))\n) * 97200" in query
    assert "[10800s]))\n) * 10800)[86400s:86400s] offset 86400s" in query


def test_what_is_not_counted_by_counters_needs_no_overlap():
    samples = Indicator(
        total="sum(count_over_time(up[$window])) / $seconds",
        part="sum(sum_over_time(up[$window])) / $seconds",
        counts="Good",
        presence="group(up)",
        joined=False,
    )
    query = count_query(samples, Question("Count", (DAY,)))
    assert "(sum(count_over_time(up[86400s])) / 86400\n) * 86400" in query
    assert "offset" not in query


def test_a_comment_in_a_query_swallows_nothing():
    commented = Indicator(total="a # all", part="b # bad", counts="Bad", presence="c # there")
    for line in count_query(commented, Question("Count", (DAY,))).splitlines():
        assert line.endswith(("# all", "# bad", "# there")) or "#" not in line
    assert "c # there\n" in first_query(commented, 86_400)


def test_the_first_sample_is_looked_for_at_the_end_too_where_no_step_of_a_subquery_may_lie():
    assert first_query(RATIO, 86_400).endswith(f"[86400s:60s]) or (time() + 0 * sum({RATIO.presence}\n))")
    assert "[60s:1s]" in first_query(RATIO, 60)


def test_the_first_of_several_times_counts_and_nan_does_not():
    samples = [Sample({}, value, 0.0) for value in (math.nan, 200.0, 100.0)]
    assert read_first(samples) == 100
    assert read_first([]) is None
