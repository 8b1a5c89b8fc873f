"""The closed formula of ``bench-detection`` against hand-counted cases and against plain counting."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.bench import detection_lag
from tests.bench.detection_theory import Times, expected
from tests.builders import an_objective

TIERS = {tier.name: tier for tier in an_objective().tiers}
PAGE_FAST = TIERS["PageFast"]
BUDGET = 0.001
STEP = 0.25
"""Minutes between two looks of the plain count."""


def test_a_total_outage_pages_after_52_seconds_and_is_over_after_4_minutes_56():
    # 14.4 x 0.1 % = 1.44 % of an hour are 0.864 minutes; the 5m window holds 1.44 % after 4.928 minutes.
    assert expected(PAGE_FAST, BUDGET, share=1, length=20) == Times(
        fires=pytest.approx(0.864), resets=pytest.approx(4.928)
    )


def test_two_percent_page_after_43_minutes():
    # 1.44 / 2 = 0.72 of an hour; 28 % of five minutes.
    assert expected(PAGE_FAST, BUDGET, share=0.02, length=120) == Times(
        fires=pytest.approx(43.2), resets=pytest.approx(1.4)
    )


@pytest.mark.parametrize(("share", "length"), [(0.0144, 360), (0.01, 360), (0.02, 43), (1, 0.8)])
def test_what_is_too_small_or_too_short_never_fires(share, length):
    assert expected(PAGE_FAST, BUDGET, share=share, length=length) is None


@given(name=st.sampled_from(sorted(TIERS)), share=st.floats(0.002, 1), length=st.integers(4, 1440).map(float))
def test_the_formula_agrees_with_counting(name, share, length):
    tier = TIERS[name]
    long, short = tier.long.seconds / 60, tier.short.seconds / 60
    threshold = float(tier.factor) * BUDGET
    # On the very edge one look more or less decides.
    assume(abs(share * min(length, long) / long - threshold) > share * STEP / long)
    told = expected(tier, BUDGET, share=share, length=length)

    def bad(window: float, at: float) -> float:
        """Minutes of errors among the last ``window`` minutes, weighted, as a share of them."""
        return share * max(0.0, min(at, length) - max(at - window, 0.0)) / window

    looks = range(round((length + short) / STEP) + 2)
    firing = [
        look * STEP for look in looks if min(bad(long, look * STEP), bad(short, look * STEP)) > threshold
    ]
    if told is None:
        assert firing == []
    else:
        assert firing[0] - told.fires <= STEP + 1e-6
        assert firing[0] >= told.fires - 1e-6
        assert firing[-1] - length == pytest.approx(told.resets, abs=STEP + 1e-6)


def test_only_what_is_read_from_recorded_series_may_be_late():
    allowed = {
        name: (detection_lag.to_fire(tier), detection_lag.to_reset(tier)) for name, tier in TIERS.items()
    }
    assert allowed == {
        "PageFast": (0, 0),
        "PageSlow": (3.5, 0),
        "TicketFast": (12.5, 4.5),
        "TicketSlow": (12.5, 4.5),
    }
