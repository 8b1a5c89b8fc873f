"""The budget in ``.status``, written by the running operator, against integer truth.

``kubectl apply`` → operator → real Prometheus over a month of each scenario → status. Then events
are added, and every status must follow.
"""

from __future__ import annotations

import re

import pytest

from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.truth.live import Live, tolerance
from tests.truth.scenarios import SCENARIOS
from tests.truth.slos import an_slo, condition

pytestmark = pytest.mark.bed

NAMESPACE = "exact"
NUMBERS = ("total", "consumed", "remaining", "coverage")
NAMES = [make.__name__.replace("_", "-") for make in SCENARIOS]
KNOWN = [name for name in NAMES if name != "no-traffic"]
MOVED = [name for name in NAMES if name != "missing-errors"]
"""Those whose events may change; nothing ever fails in the other one."""


@pytest.fixture(scope="module")
def first(live: Live) -> dict[str, Manifest]:
    """Every status once it has figures, or has to say that there are none."""
    live.apply(an_slo(name, namespace=NAMESPACE) for name in NAMES)

    def settled(name: str) -> Manifest:
        if name in KNOWN:
            return live.figures(NAMESPACE, name)
        status = live.status(NAMESPACE, name)
        return status if status["budget"]["source"] == "Exact" else {}

    return {name: wait_for(lambda name=name: settled(name), what=f"figures of {name}") for name in NAMES}


@pytest.fixture(scope="module")
def moved(live: Live, first: dict[str, Manifest]) -> dict[str, Manifest]:
    """The statuses before some more events happened in every scenario."""
    for name in MOVED:
        total, bad = live.services[name].events(0, live.end)
        if bad < 2:
            live.exporter.add(name, good=1, bad=1)
        else:
            live.exporter.add(name, good=total // 1000, bad=bad // 5)
    return first


@pytest.mark.parametrize("name", KNOWN)
def test_the_budget_consumed_is_what_truly_happened(live: Live, first, name):
    consumed = float(first[name]["budget"]["consumed"])
    truth = live.truth(name, first[name])
    assert abs(consumed - truth) <= tolerance(live.services[name], truth), (consumed, truth, live.end)


@pytest.mark.parametrize("name", KNOWN)
def test_all_figures_agree_with_one_another(first, name):
    budget, sli = first[name]["budget"], first[name]["sli"]
    assert budget["source"] == "Exact"
    assert budget["total"] == "0.1"
    assert float(budget["remaining"]) == pytest.approx(100 - float(budget["consumed"]), abs=0.11)
    share = 1 if name != "young" else 1 / 3
    assert (100 - float(sli["window"])) * 1000 * share == pytest.approx(
        float(budget["consumed"]), rel=0.01, abs=1
    )
    exhausted = float(budget["consumed"]) >= 100
    assert condition(first[name], "BudgetHealthy")["reason"] == ("Exhausted" if exhausted else "WithinBudget")


@pytest.mark.parametrize("name", KNOWN)
def test_events_are_those_that_happened(live: Live, first, name):
    """To two digits. What is left is the budget of a whole window at the rate seen, less the bad ones."""
    events = first[name]["budget"]["events"]
    total, bad = live.events(name, first[name])
    assert float(events["total"]) == pytest.approx(total, rel=0.06, abs=1)
    assert float(events["bad"]) == pytest.approx(bad, rel=0.06, abs=1)
    share = 1 if name != "young" else 1 / 3
    left = 0.001 * total / share - bad
    assert float(events["left"]) == pytest.approx(left, rel=0.06, abs=1 + 0.01 * abs(0.001 * total))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_a_plain_number(first, name):
    status = first[name]
    numbers = [*status.get("sli", {}).values(), *(burn["value"] for burn in status.get("burnRates", ()))]
    numbers += [status["budget"][key] for key in NUMBERS if key in status["budget"]]
    assert len(numbers) >= 2
    for text in numbers:
        assert re.fullmatch(r"<?-?\d+(\.\d+)?", text), text


def test_a_service_nobody_ever_called_has_no_figures_and_an_unknown_budget(first):
    status = first["no-traffic"]
    assert status["budget"] == {
        "source": "Exact",
        "total": "0.1",
        "weighting": "Events",
        "coverage": status["budget"]["coverage"],
    }
    assert float(status["budget"]["coverage"]) > 99
    assert "sli" not in status
    assert condition(status, "BudgetHealthy")["status"] == "Unknown"


def test_a_gap_in_scraping_is_shown_as_coverage(first):
    assert 99.5 < float(first["scrape-gap"]["budget"]["coverage"]) < 99.9


@pytest.mark.parametrize("name", MOVED)
def test_the_budget_follows_what_happens_next(live: Live, moved, name):
    before = moved[name]["budget"].get("consumed", "0.0")
    step = {"no-traffic": 1.0, "one-event": 1.0}.get(name, 0.05 * float(before))

    def follows() -> bool:
        status = live.figures(NAMESPACE, name)
        consumed, truth = float(status["budget"]["consumed"]), live.truth(name, status)
        assert abs(consumed - float(before)) >= step, (consumed, before)
        assert abs(consumed - truth) <= tolerance(live.services[name], truth), (consumed, truth, live.end)
        return True

    wait_for(follows, what=f"the budget of {name} follows its events")
