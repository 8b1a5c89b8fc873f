"""The series bad events come from, as Prometheus' own engine finds them: small cases counted by hand.

Counters grow every 30 s for ten minutes; 30 more is one a second.
"""

from __future__ import annotations

import pytest

from fireline.slo.failing import exemplars, failing_series
from tests import promtool
from tests.rules.kinds import slo
from tests.rules.specs import compiled

pytestmark = pytest.mark.bed

AT = 600
SERIES = {
    'requests_total{code="500",handler="/pay"}': "0+30x20",
    'requests_total{code="503",handler="/cart"}': "0+15x20",
    'requests_total{code="200",handler="/pay"}': "0+300x20",
    'duration_seconds_count{handler="/pay"}': "0+60x20",
    'duration_seconds_bucket{handler="/pay",le="0.3"}': "0+30x20",
    'duration_seconds_bucket{handler="/pay",le="+Inf"}': "0+60x20",
    'duration_seconds_count{handler="/cart"}': "0+60x20",
    'duration_seconds_bucket{handler="/cart",le="0.3"}': "0+60x20",
    'probe_success{instance="a"}': "1x20",
    'probe_success{instance="b"}': "1x10 0x9",
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="failure"}': "0+3x20",
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="success"}': "0+27x20",
}
BAD = {"metric": 'requests_total{code=~"5.."}'}
TOTAL = {"metric": "requests_total"}
BOTH = {("500", "/pay"): 1.0, ("503", "/cart"): 0.5}
KINDS = {
    "bad": ({"ratio": {"bad": BAD, "total": TOTAL}}, {}, BOTH),
    "good": ({"ratio": {"good": {"metric": 'requests_total{code="200"}'}, "total": TOTAL}}, {}, BOTH),
    "grouped": ({"ratio": {"bad": BAD, "total": TOTAL}}, {"groupBy": ["handler"]}, BOTH),
    "query": (
        {
            "ratio": {
                "bad": {"query": 'sum by (handler) (rate(requests_total{code=~"5.."}[$window]))'},
                "total": {"query": "sum by (handler) (rate(requests_total[$window]))"},
            }
        },
        {},
        {("", "/pay"): 1.0, ("", "/cart"): 0.5},
    ),
    "latency": (
        {"latency": {"histogram": "duration_seconds", "below": "300ms"}},
        {},
        {("", "/pay"): 1.0},
    ),
    "availability": ({"availability": {"metric": "probe_success"}}, {}, {("", ""): 10 / 300}),
    "check": ({"synthetic": {"check": "flow"}}, {}, {("", ""): 0.1}),
}


@pytest.fixture(scope="module")
def found():
    """What each kind's query yields."""
    queries = {
        name: failing_series(compiled(slo(name, indicator=kind, **more)))
        for name, (kind, more, _) in KINDS.items()
    }
    vectors = promtool.evaluate({"groups": []}, SERIES, [(AT, query) for query in queries.values()])
    return dict(zip(queries, vectors, strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_the_series_with_bad_events_are_found_with_their_labels(found, name):
    wanted = KINDS[name][2]
    got = {(one.labels.get("code", ""), one.labels.get("handler", "")): one.value for one in found[name]}
    assert got == pytest.approx(wanted)


@pytest.mark.parametrize(
    "indicator",
    [
        {"threshold": {"query": "max(queue_depth)", "operator": "LessThan", "value": "1000"}},
        {"errorRatio": {"query": "sum(rate(a[$window])) / sum(rate(b[$window]))"}},
        {"composite": {"method": "Worst", "objectives": [{"name": "a"}, {"name": "b"}]}},
    ],
)
def test_other_kinds_have_no_series_to_tell_apart(indicator):
    objective = compiled(slo("other", indicator=indicator))
    assert (failing_series(objective), exemplars(objective)) == (None, None)


def test_native_histograms_are_told_apart_one_by_one():
    indicator = {"latency": {"histogram": "duration_seconds", "below": "300ms", "type": "Native"}}
    query = failing_series(compiled(slo("native", indicator=indicator)))
    assert promtool.evaluate({"groups": []}, SERIES, [(AT, query)]) == [[]]
    assert "sum(" not in query


def test_traces_are_those_of_bad_events_or_the_slowest():
    bad = compiled(slo("bad", indicator=KINDS["bad"][0]))
    slow = compiled(slo("slow", indicator=KINDS["latency"][0]))
    assert exemplars(bad) == ('sum(rate(requests_total{code=~"5.."}[5m]))', False)
    assert exemplars(slow) == ("rate(duration_seconds_bucket[5m])", True)
    assert exemplars(compiled(slo("good", indicator=KINDS["good"][0]))) is None
