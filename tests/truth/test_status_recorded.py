"""The budget in ``.status`` from recorded history: our own rules had run for the whole window."""

from __future__ import annotations

import pytest

from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.truth.conftest import SHORT, SHORT_DAYS
from tests.truth.live import Live, tolerance
from tests.truth.slos import condition

pytestmark = pytest.mark.bed

NAMES = [f"short-{name}" for name in SHORT]


@pytest.fixture(scope="module")
def statuses(live: Live) -> dict[str, Manifest]:
    """Every status once its budget comes from the recorded series, evaluated every 2m30s."""
    return {
        name: wait_for(
            lambda name=name: live.figures("recorded", name, "Recorded"),
            what=f"recorded figures of {name}",
            seconds=240,
        )
        for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_budget_is_what_truly_happened(live: Live, statuses, name):
    budget = statuses[name]["budget"]
    truth = live.truth(name, statuses[name], window=SHORT_DAYS)
    told = live.bed.prometheus.query(
        f'{{__name__=~"slo:.*(ratio|3d)",namespace="recorded",slo="{name}"}}[15m]'
    )
    assert abs(float(budget["consumed"]) - truth) <= tolerance(live.services[name], truth), (
        budget,
        truth,
        told,
    )
    assert float(budget["coverage"]) >= 95


@pytest.mark.parametrize("name", NAMES)
def test_recorded_events_are_those_that_happened(live: Live, statuses, name):
    """To two digits, from the recorded rates alone."""
    events = statuses[name]["budget"]["events"]
    total, bad = live.events(name, statuses[name], window=SHORT_DAYS)
    assert float(events["total"]) == pytest.approx(total, rel=0.06, abs=1)
    assert float(events["bad"]) == pytest.approx(bad, rel=0.06, abs=1)


@pytest.mark.parametrize("name", NAMES)
def test_exact_figures_of_the_same_slo_agree(live: Live, statuses, name):
    """A twin whose rules never ran has only raw history to go by, and comes to the same."""
    slo = next(one for one in live.recorded if one["metadata"]["name"] == name)
    live.apply([{**slo, "metadata": {"name": name, "namespace": "twins"}}])
    twin = wait_for(lambda: live.figures("twins", name), what=f"exact figures of {name}")
    consumed = float(statuses[name]["budget"]["consumed"])
    margin = 2 * tolerance(live.services[name], consumed)
    assert float(twin["budget"]["consumed"]) == pytest.approx(consumed, abs=margin)


def test_rules_that_ran_all_along_are_loaded_at_once(statuses):
    for status in statuses.values():
        assert condition(status, "RulesLoaded")["status"] == "True"
        assert condition(status, "Ready")["status"] == "True"
