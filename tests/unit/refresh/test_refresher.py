"""The loops: what is asked, what is remembered, and who is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.builders import an_objective
from tests.unit.refresh.world import CHECKOUT, World

from fireline.errors import MetricsForbidden
from fireline.prometheus.source import LoadedRule
from fireline.slo.model import Composite

MEMBERS = Composite("Worst", (("a", Decimal(1)),))


def test_one_refresh_asks_a_handful_of_queries_for_all_slos():
    alone, many = World(an_objective()), World(*(an_objective(name=f"slo{n}") for n in range(50)))
    alone.refresh()
    many.refresh()
    assert len(alone.source.asked) == len(many.source.asked) <= 15


def test_recorded_figures_reach_the_observer():
    world = World(an_objective())
    world.refresh()
    assert (world.seen().source, world.seen().consumed) == ("Recorded", 0.25)


def test_only_slos_whose_rounded_figures_changed_are_planned_again():
    world = World(an_objective())
    world.refresh()
    assert world.enqueued == [CHECKOUT]
    world.figures["slo:error_budget_consumed:ratio"] = 0.25001
    world.refresh()
    assert world.enqueued == [CHECKOUT]
    world.figures["slo:error_budget_consumed:ratio"] = 0.26
    world.refresh()
    assert world.enqueued == [CHECKOUT] * 2


def test_one_failed_refresh_is_no_outage():
    world = World(an_objective())
    world.refresh()
    world.source.down = "connection refused"
    world.refresh()
    assert world.seen().down is None
    world.refresh()
    assert world.seen().down == "connection refused"


def test_an_outage_keeps_the_last_figures_and_is_told_once():
    world = World(an_objective())
    world.refresh()
    before = world.seen()
    world.source.down = "connection refused"
    for _ in range(3):
        world.refresh()
    world.source.down = "other words"
    world.refresh()
    assert world.seen() == replace(before, down="connection refused")
    assert world.enqueued == [CHECKOUT] * 2


def test_credentials_that_are_mended_step_by_step_show_what_is_wrong_now():
    world = World(an_objective())
    world.source.down, world.source.error = "password_file: No such file", MetricsForbidden
    for _ in range(3):
        world.refresh()
    world.source.down = "401"
    world.refresh()
    assert world.seen().down == "password_file: No such file"
    world.refresh()
    assert world.seen().down == "401"


def test_after_an_outage_figures_are_fresh_again():
    world = World(an_objective())
    world.source.down = "connection refused"
    world.refresh()
    world.refresh()
    world.source.down = None
    world.refresh()
    assert (world.seen().down, world.seen().consumed) == (None, 0.25)


def test_rules_that_do_not_evaluate_bring_their_error_text():
    file = "/rules/shop-slo-checkout-1b2c.yaml"
    other = "/rules/pay-slo-checkout-9f8e.yaml"
    world = World(
        an_objective(),
        rules=[
            LoadedRule("slo-checkout", other, "slo:total:rate5m", "err", "not ours"),
            LoadedRule("slo-checkout", file, "slo:total:rate5m", "err", "many-to-many"),
        ],
    )
    world.refresh()
    assert world.seen().load_error == "rule slo:total:rate5m: many-to-many"


def test_many_broken_rules_all_get_their_error_text_in_the_end():
    names = [f"slo{number}" for number in range(120)]
    world = World(
        *(an_objective(name=name) for name in names),
        rules=[
            LoadedRule(f"slo-{name}", f"/rules/shop-slo-{name}-1b2c.yaml", "slo:total:rate5m", "err", "bad")
            for name in names
        ],
    )
    for _ in range(3):
        world.refresh()
    told = [world.seen(one).load_error for one in world.objectives]
    assert told == ["rule slo:total:rate5m: bad"] * len(names)


def test_a_composite_is_recorded_from_the_start_and_never_counted():
    world = World(an_objective(name="plain"), an_objective(indicator=None, counted=None, composite=MEMBERS))
    world.figures["slo:coverage:ratio"] = 0.01
    world.run_until(lambda: world.seen(world.objectives[0]).source == "Exact")
    composite = world.seen(world.objectives[1])
    assert (composite.source, composite.consumed) == ("Recorded", 0.25)
    assert world.counting().turns.place(("shop", "checkout")) is None


def test_an_slo_that_becomes_a_composite_is_not_counted_any_more():
    world = World(an_objective())
    world.figures.clear()
    world.run_until(lambda: world.seen().source == "Exact")
    world.objectives[0] = an_objective(indicator=None, counted=None, composite=MEMBERS)
    world.refresh()
    assert world.counting().turns.next_due() is None


def test_groups_and_events_are_asked_for_where_an_slo_has_them():
    world = World(an_objective(group_by=("region",)))
    world.refresh()
    asked = [query for query in world.source.asked if "slo_window" in query]
    assert len(asked) == 2
    assert any('group_by!=""' in query for query in asked)


def test_a_source_without_url_is_not_configured():
    world = World(an_objective(source="silent"))
    assert not world.refresher.observe(world.objectives[0]).configured


def test_an_slo_that_is_observed_gets_exact_figures_without_a_refresh():
    world = World(an_objective())
    world.figures.clear()
    world.refresher.observe(world.objectives[0])
    world.run_until(lambda: world.seen().source == "Exact")
    assert world.seen().consumed == pytest.approx(1, rel=0.01)
    assert CHECKOUT in world.enqueued


def test_a_changed_objective_never_shows_the_figures_of_the_old_one():
    world = World(an_objective("99.9"))
    world.figures.clear()
    world.run_until(lambda: world.seen().source == "Exact")
    world.objectives[0] = an_objective("99")
    assert world.refresher.observe(world.objectives[0]).consumed is None
    world.run_until(lambda: world.seen().source == "Exact")
    assert world.seen().consumed == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("change", [{"percent": "99"}, {"window": "7d"}])
def test_recorded_figures_of_the_old_objective_or_window_are_not_taken_for_those_of_the_new(change):
    world = World(an_objective(spec_hash="old"))
    world.hashes = ["old"]
    world.refresh_at(0)
    assert world.seen().consumed == 0.25
    world.objectives[0] = an_objective(spec_hash="new", **change)
    assert world.seen().consumed is None  # not even before the next refresh
    world.refresh_at(30)
    assert world.seen().consumed is None
    world.hashes = ["new"]
    world.refresh_at(60)
    world.refresh_at(330)
    assert world.seen().consumed is None  # the shared windows may not have followed yet
    world.refresh_at(360)
    assert (world.seen().source, world.seen().consumed) == ("Recorded", 0.25)


def test_an_edit_that_changes_no_figure_keeps_the_recorded_ones():
    world = World(an_objective(spec_hash="old"))
    world.hashes = ["old"]
    world.refresh()
    world.objectives[0] = an_objective(spec_hash="new")
    assert world.seen().consumed == 0.25


def test_an_slo_that_loses_its_recorded_history_is_counted_again_at_once():
    """With a window of a day, figures kept from yesterday would hide all of an outage."""
    world = World(an_objective())
    world.run_until(lambda: world.counting().turns.resting(("shop", "checkout")) is not None)
    world.figures["slo:coverage:ratio"] = 0.9
    before = world.counts()
    world.run_until(lambda: world.counts() > before)


def test_shared_windows_that_are_not_evaluated_are_noticed():
    world = World(an_objective())
    world.refresh()
    assert world.seen().windows_loaded is False
    world.figures['count by (namespace) (slo:error_budget:ratio{sli!=""})'] = 1
    world.refresh()
    assert world.seen().windows_loaded is True


def test_a_changed_indicator_never_shows_the_figures_of_the_old_one():
    world = World(an_objective())
    world.refresh()
    changed = an_objective(sli="v1-another")
    assert world.seen(changed).consumed is None


def test_slos_without_figures_are_pending_and_know_their_place():
    world = World(an_objective(name="first"), an_objective(name="second"))
    world.refresh()
    assert [(world.seen(one).source, world.seen(one).queue) for one in world.objectives] == [
        ("Pending", 2),
        ("Pending", 1),
    ]


def test_where_exact_queries_are_refused_recorded_figures_must_do():
    world = World(an_objective())
    world.figures["slo:coverage:ratio"] = 0.1
    world.refuses_exact = True
    world.run_until(lambda: world.seen().source == "Recorded")
    assert (world.seen().consumed, world.seen().coverage) == (0.25, 0.1)


def test_an_slo_that_is_gone_is_forgotten():
    world = World(an_objective())
    objective = world.objectives[0]
    world.refresh()
    world.objectives.clear()
    world.refresh()
    assert world.seen(objective).consumed is None
    assert list(world.refresher.figures([])) == []
