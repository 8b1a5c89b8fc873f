"""Each burn tier fires when, and only when, it should: judged by Prometheus' own engine."""

from __future__ import annotations

from functools import cache

import pytest

from fireline.slo.model import Tier
from tests.builders import an_objective
from tests.rules.timeline import Phase, Story, evaluate
from tests.truth import indicators

pytestmark = pytest.mark.bed

TIERS = an_objective().tiers
ids = [tier.name for tier in TIERS]


def minutes(tier: Tier) -> tuple[float, float]:
    return tier.long.seconds / 60, tier.short.seconds / 60


def threshold(tier: Tier) -> float:
    return float(tier.factor) * 0.001


def stories_of(tier: Tier) -> dict[str, tuple[Phase, ...]]:
    """The traffic of each test below, judged in one promtool run."""
    long, short = minutes(tier)
    limit = threshold(tier)
    return {
        "just-above": (Phase(long * 1.25, limit * 1.02),),
        "just-below": (Phase(long * 1.25, limit * 0.98),),
        "only-short": (Phase(long, 0), Phase(short, limit * 4), Phase(short, 0)),
        "only-long": (Phase(long, 0), Phase(short, limit * 20), Phase(short * 2, 0), Phase(short, 0)),
        "recovery": (Phase(long, 0), Phase(long / 3, limit * 4), Phase(short * 2, 0)),
    }


@cache
def told(tier: Tier) -> dict[str, Story]:
    """Its alert and the burn rates of its two windows, without the other tiers.

    Stories of days are evaluated every 2m30s: the ratios do not depend on it.
    """
    coarse = tier.long.seconds > 6 * 3600
    step, scrape = (150, 75) if coarse else (30, 30)
    stories = {
        name: Story(an_objective(name=name, indicator=indicators.bad(name)), phases, step, scrape, name)
        for name, phases in stories_of(tier).items()
    }
    windows = {str(tier.long), str(tier.short)}
    evaluate(
        *stories.values(),
        wanted=lambda rule: (
            (rule.get("labels", {}).get("slo_tier") == tier.name and "alert" in rule)
            or (rule.get("record") == "slo:burn_rate:ratio" and rule["labels"]["window"] in windows)
        ),
    )
    return stories


@pytest.mark.parametrize("tier", TIERS, ids=ids)
def test_a_steady_burn_just_above_the_threshold_fires(tier):
    story = told(tier)["just-above"]
    assert tier.name in story.firing[story.end]


@pytest.mark.parametrize("tier", TIERS, ids=ids)
def test_a_steady_burn_just_below_the_threshold_never_fires(tier):
    assert tier.name not in told(tier)["just-below"].ever()


@pytest.mark.parametrize("tier", TIERS, ids=ids)
def test_only_the_short_window_above_the_threshold_is_not_enough(tier):
    story = told(tier)["only-short"]
    assert story.burn(str(tier.short), at=story.starts(2)) > float(tier.factor)
    assert tier.name not in story.ever()


@pytest.mark.parametrize("tier", TIERS, ids=ids)
def test_only_the_long_window_above_the_threshold_is_not_enough(tier):
    story = told(tier)["only-long"]
    quiet = story.starts(3)
    assert story.burn(str(tier.long), at=quiet) > float(tier.factor)
    assert tier.name in story.ever(until=story.starts(2))
    assert tier.name not in story.ever(since=quiet)


@pytest.mark.parametrize("tier", TIERS, ids=ids)
def test_it_resolves_within_its_short_window_after_recovery(tier):
    story = told(tier)["recovery"]
    recovered = story.starts(2)
    assert tier.name in story.firing[recovered]
    resolved = story.first_without(tier.name, since=recovered)
    assert resolved is not None
    assert resolved - recovered <= tier.short.seconds + 2 * story.step


def test_a_total_outage_pages_within_a_minute_and_a_half_and_resolves_within_five_minutes():
    told = Story(an_objective(), (Phase(6 * 60, 0), Phase(20, 1), Phase(15, 0)))
    began, ended = told.starts(1), told.starts(2)
    fired, resolved = told.first("PageFast", since=began), None
    assert fired is not None
    assert fired - began <= 90
    resolved = told.first_without("PageFast", since=ended)
    assert resolved is not None
    assert resolved - ended <= 300


def test_twenty_percent_errors_page_within_five_minutes():
    told = Story(an_objective(), (Phase(6 * 60, 0), Phase(30, 0.2)))
    fired = told.first("PageFast", since=told.starts(1))
    assert fired is not None
    assert fired - told.starts(1) <= 300


def test_two_percent_errors_page_within_44_minutes():
    told = Story(an_objective(), (Phase(6 * 60, 0), Phase(60, 0.02)))
    fired = told.first("PageFast", since=told.starts(1))
    assert fired is not None
    assert fired - told.starts(1) <= 44 * 60


def test_a_half_hour_old_slo_with_a_short_outage_fires_its_fast_tier_only():
    told = Story(an_objective(), (Phase(28, 0), Phase(2, 1), Phase(90, 0)))
    assert told.ever() == {"PageFast"}


def test_quiet_traffic_fires_nothing():
    told = Story(an_objective(), (Phase(8 * 60, 0.0005),))
    assert told.ever() == set()
