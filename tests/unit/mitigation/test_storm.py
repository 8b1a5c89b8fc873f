"""A storm is many SLOs that page at once; few SLOs make none, and what is not known is not calm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.mitigation.storm import LEAST_PAGING, LEAST_SLOS, Burning, storm


def one(wanted: int, known: int, paging: int, error: str = "", source: str = "default") -> Burning:
    return Burning(source, wanted=wanted, known=known, paging=paging, error=error)


@pytest.mark.parametrize(
    ("burning", "verdict", "words"),
    [
        ([one(10, 10, 4)], True, "4 of 10 SLOs page (40 %), and more than 30 % is a storm"),
        ([one(10, 10, 3)], False, "3 of 10 SLOs page"),
        ([one(1000, 1000, 301)], True, "301 of 1000 SLOs page (30 %), and more than 30 % is a storm"),
        ([one(4, 4, 2)], False, "2 of 4 SLOs page"),
        ([one(4, 4, 3)], True, "3 of 4 SLOs page (75 %), and more than 30 % is a storm"),
        ([one(3, 3, 3)], False, "3 SLOs are too few to tell a storm from an incident"),
        ([], False, "0 SLOs are too few to tell a storm from an incident"),
        ([one(10, 0, 0, "connection refused")], None, "source default: connection refused"),
        ([one(3, 0, 0, "connection refused")], False, "3 SLOs are too few to tell a storm from an incident"),
        ([one(20, 3, 0)], None, "only 3 of 20 SLOs have data"),
        ([one(20, 10, 0)], False, "0 of 10 SLOs page"),
        ([one(5, 5, 2), one(5, 5, 2, source="b")], True, "4 of 10 SLOs page (40 %), and more than 30 %"),
        ([one(5, 5, 0), one(5, 0, 0, "gone", "b")], None, "source b: gone"),
        ([one(5, 5, 5), one(5, 0, 0, "gone", "b")], True, "5 of 5 SLOs page (100 %)"),
        ([one(5, 5, 0), one(0, 0, 0, "gone", "b")], False, "0 of 5 SLOs page"),
    ],
)
def test_what_is_a_storm(burning, verdict, words):
    found, said = storm(burning, percent=30.0)
    assert found is verdict
    assert said.startswith(words)


def test_the_share_is_of_those_that_have_data():
    assert storm([one(10, 5, 3)], percent=50.0)[0] is True


NUMBERS = st.integers(0, 100)


@given(st.lists(st.builds(one, NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "gone"])), max_size=4))
def test_calm_is_only_said_of_what_is_known(burning):
    found, _ = storm(burning, percent=30.0)
    asked = [each for each in burning if each.wanted]
    wanted = sum(each.wanted for each in asked)
    if found is False and wanted >= LEAST_SLOS:
        assert not any(each.error for each in asked)
        assert 2 * sum(each.known for each in asked) >= wanted
    if found:
        assert sum(each.paging for each in asked) >= LEAST_PAGING


def test_slos_that_page_have_data_though_they_were_counted_before_they_had_any() -> None:
    """How many have data is asked less often than how many page: an outage may begin in between."""
    assert storm([Burning("default", wanted=4, known=2, paging=4)], percent=30.0)[0] is True
