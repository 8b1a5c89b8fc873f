"""A regular expression our checks let through is one Prometheus compiles: judged by promtool itself."""

from __future__ import annotations

import os
import random

import hypothesis
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fireline.errors import PromQLError
from fireline.promql.expr import quote
from fireline.promql.parse import parse_query
from fireline.promql.selectors import parse_selector
from tests import promtool

pytestmark = pytest.mark.bed

SEED = int(os.environ.get("FIRELINE_SEED") or random.SystemRandom().randrange(2**32))
PIECES = (
    *"ab1-^$.|()[]{}*+?,:é&~ ",
    *(r"\d", r"\w", r"\s", r"\b", r"\A", r"\z", r"\n", r"\.", r"\-", r"\/", r"\é", r"\u0041", r"\x41"),
    *(r"\x{41}", r"\pL", r"\pQ", r"\p{Greek}", r"\p{Emoji}", r"\P{^Lu}", r"\<", r"\h", r"\e", r"\Z", r"\\"),
    *("(?:", "(?i)", "(?x)", "(?P<n>", "(?<n>", "(?-u)", "(?s-i:", "(?U)", "[^", "[a-", "[[:alpha:]]", "--"),
    *("{2}", "{1,3}", "{500}", "{1001}", "{2,}", "*?", "+?", "&&", "[]a]"),
)
patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)


def accepted(pattern: str) -> bool:
    try:
        parse_selector(f"x_total{{a=~{quote(pattern)}}}")
    except PromQLError:
        return False
    return True


def refused_by_prometheus(found: list[str]) -> str:
    rules = [
        {"record": f"r:{number}", "expr": f"sum(x_total{{a=~{quote(pattern)}}})"}
        for number, pattern in enumerate(found)
    ]
    return promtool.check({"groups": [{"name": "patterns", "rules": rules}]})


def test_what_passes_our_checks_compiles_in_prometheus():
    found: set[str] = set()

    @hypothesis.seed(SEED)
    @settings(max_examples=3000, phases=[Phase.generate], database=None, deadline=None)
    @given(patterns)
    def collect(pattern: str) -> None:
        if accepted(pattern):
            found.add(pattern)

    collect()
    assert len(found) > 300, f"FIRELINE_SEED={SEED}"
    assert refused_by_prometheus(sorted(found)) == "", f"FIRELINE_SEED={SEED}"


COMMON = (
    "5..",
    "(2|3)..",
    "checkout-.*",
    "/api/v[0-9]+/.+",
    r"eu-west-\d[a-c]?",
    "(?i)post|put",
    "[^/]*",
    "a{2,5}",
    r"\p{L}+",
    r"[\w.-]+",
    "[a-zA-Z_][a-zA-Z0-9_]*",
    "",
)


@pytest.mark.parametrize("pattern", COMMON)
def test_common_expressions_are_welcome(pattern):
    assert accepted(pattern)
    assert refused_by_prometheus([pattern]) == ""


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\u0041", r"\u is no escape Prometheus knows; a character is written as \x{41}"),
        ("(?x)a b", "(?x is no group Prometheus knows; write (…), (?:…), (?P<name>…), (?i)"),
        ("a**", "* repeats a repetition; put it in a group"),
        ("(a{100}){100}", "{100} repeats more than 1000 times"),
        ("[a--b]", "[a-- has a range that ends before it begins"),
        (")(", ") closes a group that was not opened"),
        ("[[a-z](]", "[[a-z](] opens a group that is not closed"),
        (r"\p{Emoji}", r"\p{Emoji} is no class Prometheus knows; write \p{L} or \p{Greek}"),
    ],
)
def test_what_only_our_parser_would_take_is_refused_in_words(pattern, words):
    assert refused_by_prometheus([pattern]) != ""
    message = f"has a regular expression that Prometheus refuses: {words}"
    with pytest.raises(PromQLError) as told:
        parse_selector(f"x_total{{a=~{quote(pattern)}}}")
    assert message in str(told.value)
    with pytest.raises(PromQLError) as told:
        parse_query(f"sum(rate(x_total{{a!~{quote(pattern)}}}[$window]))")
    assert str(told.value) == message
