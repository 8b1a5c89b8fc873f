"""Raw answers → what the rules would have recorded."""

from __future__ import annotations

import dataclasses
from math import inf, nan

import pytest
from tests.builders import RATIO, an_objective

from fireline.api.metrics import Sample
from fireline.promql.durations import Duration
from fireline.slo.replay.counts import PART, Answers, Question, counts, questions
from fireline.slo.replay.track import Track

FIVE = Duration.of(minutes=5)


def counted(how, total, part):
    def rates(values):
        return {} if values is None else {(): Track(0, 30, values)}

    indicator = dataclasses.replace(RATIO, counts=how)
    answered = {("total", FIVE): rates(total), (PART, FIVE): rates(part)}
    return counts(indicator, answered, FIVE)


@pytest.mark.parametrize(
    ("how", "total", "part", "bad"),
    [
        ("Bad", [10.0, 10.0, 0.0], [1.0, None, None], [1.0, 0.0, 0.0]),
        ("Bad", [10.0, 10.0], None, None),
        ("Bad", [10.0, None], [nan, inf], [0.0, None]),
        ("Bad", [None], [3.0], [3.0]),
        ("Good", [10.0, 10.0, None], [9.0, None, 5.0], [1.0, 10.0, None]),
        ("Good", [10.0], [12.0], [0.0]),
        ("Below", [10.0, 10.0, 0.0], [8.0, None, None], [2.0, None, 0.0]),
        ("Below", [0.0, 10.0], [nan, nan], [0.0, None]),
    ],
)
def test_bad_events_fall_back_as_the_rules_do(how, total, part, bad):
    found = counted(how, total, part)
    if bad is None:
        bad = [0.0] * len(total)
    assert found.bad[()].values == bad


def test_nan_and_infinity_never_enter_the_total():
    assert counted("Bad", [nan, inf, -1.0, 2.0], None).total[()].values == [None, None, None, 2.0]


def test_a_group_without_bad_series_has_no_bad_events():
    def group(name):
        return (("region", name),)

    total = {group("eu"): Track(0, 30, [5.0]), group("us"): Track(0, 30, [7.0])}
    found = counts(RATIO, {("total", FIVE): total, (PART, FIVE): {group("us"): Track(0, 30, [1.0])}}, FIVE)
    assert {key: track.values for key, track in found.bad.items()} == {group("eu"): [0.0], group("us"): [1.0]}


def test_samples_of_pieces_come_together_in_any_order():
    question = Question("total", FIVE, "x", 600, 720, 30)
    answers = Answers(question)
    answers.add([Sample({"region": "eu"}, 3.0, 660.0), Sample({"region": "eu"}, 4.0, 720.0)])
    answers.add([Sample({"region": "eu"}, 1.0, 600.0)])
    assert answers.rates() == {(("region", "eu"),): Track(600, 30, [1.0, None, 3.0, None, 4.0])}


def test_only_what_long_windows_are_made_of_is_asked_for_from_before_the_start():
    asked = questions(an_objective(), earliest=0, start=90_000, end=180_010, step=30)
    starts = {(one.kind, str(one.window)): one.start for one in asked}
    assert {start for (_, window), start in starts.items() if window == "5m"} == {0}
    assert {start for (_, window), start in starts.items() if window != "5m"} == {90_000}
    assert {one.end for one in asked} == {180_000}


def test_a_question_is_cut_into_pieces_without_a_seam():
    question = Question("total", FIVE, "x", 0, 300, 30)
    pieces = list(question.pieces(4))
    assert [len(piece) for piece in pieces] == [4, 4, 3]
    assert [at for piece in pieces for at in piece] == list(range(0, 301, 30))
    assert question.points == 11
