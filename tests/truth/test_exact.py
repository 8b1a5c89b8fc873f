"""Exact figures from real Prometheus against integer truth, per scenario, way of counting and window.

Native histograms are not here: promtool cannot backfill them. The cluster tests take those from a
real scrape.
"""

from __future__ import annotations

import asyncio

import pytest

from fireline.prometheus.replicas import Replicas
from fireline.refresh.asking import ask
from fireline.settings import Source
from fireline.slo.ledger import Exact, Ledger
from fireline.slo.model import Objective
from tests.bed.prometheus import Prometheus
from tests.builders import an_objective
from tests.truth import indicators
from tests.truth.conftest import END
from tests.truth.scenarios import SCENARIOS
from tests.truth.traffic import Service

pytestmark = pytest.mark.bed

NAMES = [make.__name__.replace("_", "-") for make in SCENARIOS]
WITHOUT_TRAFFIC = ("no-traffic", "one-event")
WITH_TRAFFIC = [name for name in NAMES if name not in WITHOUT_TRAFFIC]
POINT = 0.001
"""0.1 percentage points of the budget: the absolute part of the tolerance."""
WINDOWS = [
    pytest.param(END, "30d", id="30d"),
    pytest.param(END - 41_237, "30d", id="30d-ending-earlier"),
    pytest.param(END - 3 * 86_400, "7d", id="7d"),
    pytest.param(END, "1d", id="1d"),
]


def exact(prometheus: Prometheus, objective: Objective, as_of: int) -> Exact:
    """The figures after all of a fresh ledger's questions."""
    source = Replicas.of(Source(urls=(prometheus.url,)))
    ledger = Ledger(objective, as_of)

    async def ask_all() -> Exact:
        while question := ledger.next_question(as_of):
            await ask(source, ledger, question, now=as_of)
        return ledger.figures()

    return asyncio.run(ask_all())


def check(service: Service, objective: Objective, figures: Exact) -> None:
    """Consumed within the scenario's tolerance or 0.1 points of the truth."""
    begin = figures.as_of - objective.window.nominal.seconds
    truth = service.consumed(begin, figures.as_of, float(objective.budget_ratio))
    assert truth is not None
    assert figures.consumed == pytest.approx(truth, rel=service.tolerance, abs=POINT)
    assert not figures.excess
    assert not figures.heavy
    assert not figures.unknown


@pytest.mark.parametrize("counting", [indicators.bad, indicators.good])
@pytest.mark.parametrize("name", [name for name in WITH_TRAFFIC if name != "latency"])
@pytest.mark.parametrize(("as_of", "window"), WINDOWS)
def test_a_ratio_consumes_what_truly_happened(prometheus, services, *, name, counting, as_of, window):
    objective = an_objective(window=window, indicator=counting(name))
    check(services[name], objective, exact(prometheus, objective, as_of))


@pytest.mark.parametrize(("as_of", "window"), WINDOWS)
def test_a_classic_histogram_consumes_what_truly_happened(prometheus, services, as_of, window):
    objective = an_objective(window=window, indicator=indicators.below("latency"))
    check(services["latency"], objective, exact(prometheus, objective, as_of))


@pytest.mark.parametrize("unit", [43_200, 3600])
def test_figures_do_not_depend_on_the_length_of_the_stretches(prometheus, services, unit):
    objective = an_objective(indicator=indicators.bad("spikes"))
    source = Replicas.of(Source(urls=(prometheus.url,)))
    ledger = Ledger(objective, END, unit=unit)

    async def ask_all() -> Exact:
        while question := ledger.next_question(END):
            await ask(source, ledger, question, now=END)
        return ledger.figures()

    check(services["spikes"], objective, asyncio.run(ask_all()))


def test_without_traffic_there_are_no_figures_but_full_coverage(prometheus):
    figures = exact(prometheus, an_objective(indicator=indicators.bad("no-traffic")), END)
    assert (figures.sli, figures.consumed, figures.total) == (None, None, 0)
    assert figures.coverage == 1


def test_one_single_failed_request_is_counted_as_one(prometheus, services):
    objective = an_objective(indicator=indicators.bad("one-event"))
    figures = exact(prometheus, objective, END)
    assert services["one-event"].events(END - 30 * 86_400, END) == (1, 1)
    assert figures.total == pytest.approx(1, rel=0.01)
    assert figures.consumed == pytest.approx(1000, rel=0.01)


def test_series_that_do_not_exist_have_no_figures_and_no_coverage(prometheus):
    figures = exact(prometheus, an_objective(indicator=indicators.bad("nobody")), END)
    assert (figures.sli, figures.consumed, figures.coverage, figures.age_seconds) == (None, None, 0, 0)


def test_a_missing_bucket_leaves_the_figures_unknown_instead_of_perfect(prometheus):
    figures = exact(prometheus, an_objective(indicator=indicators.below("latency", bound="0.25")), END)
    assert figures.consumed is None
    assert len(figures.unknown) == 31


def test_a_part_that_outnumbers_the_total_is_cut_to_it_and_reported(prometheus):
    mistaken = indicators.bad("quiet-nights")
    mistaken = type(mistaken)(
        total=mistaken.part, part=mistaken.total, counts="Bad", presence=mistaken.presence
    )
    figures = exact(prometheus, an_objective(indicator=mistaken), END)
    assert figures.excess
    assert (figures.bad, figures.sli) == (figures.total, 0)


def test_a_gap_in_scraping_shows_in_coverage_and_not_in_age(prometheus, services):
    figures = exact(prometheus, an_objective(indicator=indicators.bad("scrape-gap")), END)
    missing = len(services["scrape-gap"].gaps) * 60
    # Each point looks back five minutes, so both gaps seem that much shorter.
    assert (1 - figures.coverage) * 30 * 86_400 == pytest.approx(missing - 2 * 300, abs=2 * 300)
    assert figures.age_seconds == 30 * 86_400


def test_the_age_of_a_young_service_counts_from_its_first_sample(prometheus, services):
    figures = exact(prometheus, an_objective(indicator=indicators.bad("young")), END)
    truth = services["young"].age(END - 30 * 86_400, END)
    assert figures.age_seconds == pytest.approx(truth, abs=120)
