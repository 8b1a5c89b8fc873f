"""Prometheus' answers and refusals as our data and errors."""

from __future__ import annotations

import json
import math

import pytest

from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.prometheus import answers


def test_a_vector_keeps_labels_value_and_time():
    (sample,) = answers.samples([{"metric": {"slo": "a"}, "value": [1.5, "0.25"]}])
    assert (sample.labels, sample.value, sample.at) == ({"slo": "a"}, 0.25, 1.5)


def test_a_matrix_gives_a_sample_per_step():
    found = answers.samples([{"metric": {}, "values": [[1, "1"], [2, "2"]]}])
    assert [(sample.at, sample.value) for sample in found] == [(1, 1), (2, 2)]


def test_nan_and_infinity_are_left_for_the_caller_to_judge():
    found = answers.samples([{"metric": {}, "value": [1, text]} for text in ("NaN", "+Inf", "-Inf")])
    assert math.isnan(found[0].value)
    assert [sample.value for sample in found[1:]] == [math.inf, -math.inf]


def test_a_native_histogram_has_no_plain_value():
    assert answers.samples([{"metric": {}, "histogram": [1, {"count": "3"}]}]) == []


@pytest.mark.parametrize("strange", [[1], [{"value": [1, "1"]}], [{"metric": {}, "value": [1, "x"]}], ["a"]])
def test_another_shape_is_an_error_and_no_crash(strange):
    with pytest.raises(MetricsError, match="shape"):
        answers.samples(strange)


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (422, "execution", "query processing would load too many samples into memory in query execution"),
        (503, "timeout", "query timed out in expression evaluation"),
        (422, "execution", "expanding series: the query hit the max number of series limit"),
        (504, "", "gateway time-out"),
        (413, "", "request entity too large"),
    ],
)
def test_a_question_that_is_too_big_is_told_from_other_refusals(status, kind, message):
    body = json.dumps({"status": "error", "errorType": kind, "error": message}).encode()
    error = answers.refusal(status, body.decode())
    assert isinstance(error, MetricsTooHeavy)
    assert str(error) == f"Prometheus answered {status}: {message}"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"errorType":"bad_data","error":"invalid parameter"}'),
        (422, b'{"errorType":"execution","error":"many-to-many matching not allowed"}'),
        (503, b"Service Unavailable"),
        (401, b"Unauthorized"),
    ],
)
def test_any_other_refusal_is_not_too_heavy(status, body):
    error = answers.refusal(status, body.decode())
    assert not isinstance(error, MetricsTooHeavy)
    assert str(status) in str(error)


def test_a_redirect_says_where_to():
    assert "https://login" in str(answers.refusal(302, "", "https://login"))


def test_only_rules_of_the_groups_asked_for_are_told():
    def group(name):
        rule = {"name": "r", "health": "err", "lastError": "boom", "labels": {"namespace": "shop"}}
        return {"name": name, "file": "f", "rules": [rule]}

    found = answers.rules({"data": {"groups": [group("slo-a"), group("other")]}}, frozenset({"slo-a"}))
    assert [(rule.group, rule.name, rule.error) for rule in found] == [("slo-a", "r", "boom")]
    assert found[0].labels == {"namespace": "shop"}


def a_vector(**more):
    return {"status": "success", "data": {"resultType": "vector", "result": []}, **more}


@pytest.mark.parametrize(
    "remarks",
    [
        {},
        {"warnings": []},
        {"warnings": None},
        {"warnings": ["PromQL warning: mixed histograms"]},
        {"infos": ["x"]},
    ],
)
def test_an_answer_is_whole_when_nothing_says_that_something_is_missing(remarks):
    assert answers.whole(a_vector(**remarks)) == []


def test_a_warning_that_data_is_missing_is_an_error_in_the_servers_words():
    with pytest.raises(MetricsError, match="store-7 unavailable"):
        answers.whole(a_vector(warnings=["PromQL info: x", "store-7 unavailable"]))


@pytest.mark.parametrize("kind", ["scalar", "string", "matrix"])
def test_what_is_no_vector_is_named(kind):
    with pytest.raises(MetricsError, match=f"yields a {kind}, not an instant vector"):
        answers.whole({"data": {"resultType": kind, "result": [1, "1"]}})


@pytest.mark.parametrize(
    "strange",
    [{}, {"data": None}, {"data": []}, {"data": {"resultType": "vector"}}, {"data": {"result": []}}],
)
def test_an_answer_of_another_shape_is_never_whole(strange):
    with pytest.raises(MetricsError, match="shape"):
        answers.whole(strange)
