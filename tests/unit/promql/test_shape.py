"""What an expression looks like from outside: whether it filters, what it drops, how far it looks back."""

from __future__ import annotations

import promql_parser
import pytest

from fireline.promql.shape import bare_metric, drops, filters, longest_range, takes_nan

FILTERS = (
    "x > 1",
    "(x > 1)",
    "1 < x",
    "-(x > 1)",
    "sum by (a) (x) >= 2",
    "count(x == 0)",
    "abs(x > 1)",
    "x > 1 and y",
    "x and y > 1",
    "x > 1 unless y",
    "x > 1 or y < 2",
    "x > 1 or absent(y)",
    "absent_over_time(x[5m])",
    "(x > 1) * 2",
    "x + (y > 1)",
    "topk(3, x > 1)",
    "x > on (a) group_left () y",
)
ALWAYS = (
    "x",
    "sum(x)",
    "x > bool 1",
    "(x > bool 1) + 1",
    "x or y > 1",
    "x > 1 or vector(1)",
    "x and y",
    "x unless y > 1",
    "x * 2",
    "rate(x[5m])",
    "vector(1)",
)


@pytest.mark.parametrize("text", FILTERS)
def test_a_comparison_decides(text: str) -> None:
    assert filters(text)


@pytest.mark.parametrize("text", ALWAYS)
def test_an_expression_without_a_deciding_comparison_always_yields(text: str) -> None:
    assert not filters(text)


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("x", []),
        ("sum(x)", ["a", "b"]),
        ("sum by (a) (x)", ["b"]),
        ("sum without (a) (x)", ["a"]),
        ("sum without (a) (sum by (a, b) (x))", ["a"]),
        ("sum without (c) (sum by (a) (x))", ["b"]),
        ("(sum by (a) (x)) > 3", ["b"]),
        ("2 * sum by (a) (x)", ["b"]),
        ("x / on (a) y", ["b"]),
        ("x and on (a) y", []),
        ("x * on (a) group_left (b) y", []),
        ("sum by (a) (x) or y", []),
        ("sum by (a) (x) or sum(y)", ["b"]),
        ("abs(sum(x))", []),
    ],
)
def test_only_labels_that_are_certainly_gone_are_dropped(text: str, dropped: list[str]) -> None:
    assert drops(promql_parser.parse(text), ["a", "b"]) == dropped


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("x", "1ms"),
        ("rate(x[5m]) / rate(y[1h])", "1h"),
        ("max_over_time(rate(x[5m])[1d:1m])", "1d"),
        ("x[", "1ms"),
        ("avg_over_time(x[90m] offset 1w)", "1h30m"),
    ],
)
def test_the_longest_range_is_found(text: str, longest: str) -> None:
    assert str(longest_range(text)) == longest


def test_nan_passes_only_what_asks_for_a_difference() -> None:
    assert takes_nan("sum(x != 1) > 0")
    assert not takes_nan("x != bool 1")
    assert not takes_nan("x > 1 and y == 0")


def test_a_bare_metric_is_nothing_but_a_selector() -> None:
    assert bare_metric('(x_total{a="b"})') == "x_total"
    assert [bare_metric(text) for text in ("sum(x_total)", "x_total > 1", '{a="b"}', "x[")] == [None] * 4
