"""Charts of a backtest: what is drawn where, and that nothing of it can break the page."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import an_objective

from fireline.cli.charts.page import page
from fireline.cli.charts.picture import picture
from fireline.cli.charts.scale import Linear, Log, time_label, time_ticks
from fireline.cli.charts.svg import path, thinned
from fireline.promql.durations import Duration
from fireline.slo.replay.counts import PART, questions
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import Outcome, Replay
from fireline.slo.replay.record import Recorded
from fireline.slo.replay.track import Track

SVG = "{http://www.w3.org/2000/svg}"
START, END, STEP = 1_789_000_200, 1_789_000_200 + 6 * 3600, 30
OUTAGE = Incident("<script>alert(1)</script> & co", START + 3600, START + 5400)


def outcome(*, bad: bool = True, traffic: bool = True, percent: str = "99.9") -> Outcome:
    """Six hours with half an hour of errors."""
    objective = an_objective(percent, window="7d")
    answered = {}
    for asked in questions(objective, earliest=START, start=START, end=END, step=STEP):
        times = range(asked.start, asked.end + 1, STEP)
        share = [0.5 if bad and OUTAGE.start <= at < OUTAGE.end else 0.0 for at in times]
        values = [10.0 * one if asked.kind == PART else 10.0 for one in share]
        answered[asked.kind, asked.window] = {(): Track(asked.start, STEP, values)} if traffic else {}
    recorded = Recorded(objective, answered, start=START, step=STEP, end=END)
    return Replay.of(recorded, start=START, end=END).outcome(objective, [OUTAGE], grace=0)


def test_an_alert_is_a_bar_from_where_it_fires_to_where_it_ends():
    one = outcome()
    drawn = ET.fromstring(picture([[one]], [OUTAGE]))
    [period] = next(judged.alert.periods for judged in one.alerts if judged.alert.tier == "PageFast")
    [bar] = [
        rect
        for rect in drawn.iter(f"{SVG}rect")
        if (rect.findtext(f"{SVG}title") or "").startswith("PageFast at 99.9 %")
    ]
    left, width = 170, 1100 - 170 - 24
    scale = Linear(START, END, left, left + width)
    assert float(bar.attrib["x"]) == pytest.approx(scale(period.start), abs=0.06)
    end = float(bar.attrib["x"]) + float(bar.attrib["width"])
    assert end == pytest.approx(scale(period.end), abs=0.11)


def test_texts_of_users_are_texts_in_the_picture_and_on_the_page():
    for text in (picture([[outcome()]], [OUTAGE]), page([[outcome()]], [OUTAGE])):
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text


def test_a_page_loads_and_runs_nothing():
    text = page([[outcome(), outcome(percent="99")]], [OUTAGE])
    for word in ("<script", "src=", "href=", "url(", "@import", "http:", "https:"):
        assert word not in text, word


def test_a_page_without_known_incidents_says_nothing_of_precision():
    assert "Precision" in page([[outcome()]], [OUTAGE])
    assert "Precision" not in page([[outcome()]], None)


def test_without_data_there_is_no_line_and_the_verdict_says_so():
    text = picture([[outcome(traffic=False)]], [])
    assert ET.fromstring(text).find(f".//{SVG}path") is None
    assert "99.9 %: no data" in text


def test_every_slo_has_a_chart_of_its_own_below_the_other():
    drawn = ET.fromstring(picture([[outcome()], [outcome(bad=False)]], []))
    charts = [child for child in drawn if child.attrib.get("class") == "chart"]
    first, second = (float(chart.attrib["y"]) for chart in charts)
    assert (first, second) == (0, float(charts[0].attrib["height"]))
    assert float(drawn.attrib["height"]) == second + float(charts[1].attrib["height"])


def test_a_hole_in_the_data_is_a_hole_in_the_line():
    assert path([[(0, 1), (1, 2)], [(5, 3), (6, 4)]]) == "M0 1L1 2M5 3L6 4"


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(-50, 50)), min_size=1, max_size=200))
def test_thinning_keeps_the_extremes_of_each_pixel_and_draws_at_most_four(points):
    ordered = sorted(points, key=lambda point: point[0])
    kept = list(thinned(ordered))
    assert set(kept) <= set(ordered)
    for pixel in range(21):
        before = [y for x, y in ordered if int(x) == pixel]
        after = [y for x, y in kept if int(x) == pixel]
        assert len(after) <= 4
        assert (min(before, default=0), max(before, default=0)) == (
            min(after, default=0),
            max(after, default=0),
        )


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6), st.integers(1, 12))
def test_ticks_are_inside_and_not_too_many(low, size, most):
    ticks = Linear(low, low + size, 0, 100).ticks(most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * abs(size) <= tick <= low + size + 1e-6 * abs(size) for tick in ticks)


@pytest.mark.parametrize(
    ("length", "step"), [("20m", "5m"), ("6h", "1h"), ("3d", "12h"), ("30d", "5d"), ("365d", "46d")]
)
def test_times_are_round_in_utc(length, step):
    seconds = Duration.parse(length).milliseconds // 1000
    ticks = time_ticks(START, START + seconds, 8)
    every = Duration.parse(step).milliseconds // 1000
    assert {two - one for one, two in itertools.pairwise(ticks)} == {every}
    assert all(at % every == 0 for at in ticks)


def test_days_are_named_and_hours_have_their_time():
    midnight = 20_705 * 86_400
    assert time_label(midnight, [midnight, midnight + 3600]) == "Sep 9"
    assert time_label(midnight + 3600, [midnight, midnight + 3600]) == "01:00"


def test_a_logarithmic_scale_shows_each_power_alike_and_nothing_below_its_edge():
    scale = Log(0.1, 100, 300, 0)
    assert [round(scale(value), 6) for value in (0.1, 1, 10, 100)] == [300, 200, 100, 0]
    assert scale(0) == 300
    assert [round(tick, 6) for tick in scale.ticks()] == [0.1, 1, 10, 100]
