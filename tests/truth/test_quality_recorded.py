"""Pages judged by what our own rules recorded, against integer truth: nights when a third of few requests
fail wake somebody and cost no budget, spikes of traffic that fail do both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.alerting.quality.measure import Past, Quality, measure
from fireline.alerting.quality.model import DAY, Stretch
from fireline.prometheus.replicas import Replicas
from fireline.refresh.past import Memory, aligned
from fireline.refresh.quality_facts import subjects, tiers_of, without_policy
from fireline.settings import Source
from fireline.slo.model import Objective
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.builders import an_objective
from tests.truth import indicators, scenarios
from tests.truth.recorded import backfill_rules, fired
from tests.truth.store import write_blocks
from tests.truth.traffic import Service

pytestmark = pytest.mark.bed

END = 20_707 * DAY + 79_800
"""Late on a day with a spike."""
NAMES = ("quiet-nights", "spikes")
LATE = 600
BUDGET = 0.001


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    built = scenarios.build(END, days=3, step=30)
    return {name: built[name] for name in NAMES}


@pytest.fixture(scope="module")
def past(tools: Tools, bed_directory: Path, services: dict[str, Service]) -> Iterator[Past]:
    """The last two days of four."""
    directory = bed_directory / "quality-recorded"
    data = write_blocks(tools, services.values(), directory)
    objectives = [objective(name) for name in NAMES]
    with Prometheus(tools, directory, data=data, scrape_interval="1d") as prometheus:
        start = END - 3 * DAY
        backfill_rules(tools, prometheus, data, objectives, start=start, end=END, whole=True)
        file = directory / "alerts.om"
        with file.open("w") as out:
            for one in objectives:
                out.writelines(alerts(prometheus, one))
            out.write("# EOF\n")
        backfill(tools, file, data)
        prometheus.restart()
        source = Replicas.of(Source(urls=(prometheus.url,)))
        yield asyncio.run(Memory(source, aligned(END) - 2 * DAY).extend(subjects(objectives, []), END))


def objective(name: str) -> Objective:
    return an_objective(name=name, window="30d", indicator=indicators.bad(name))


def allowed(service: Service, end: float) -> float:
    """The bad events of 30 days that are the budget of a young SLO, at the traffic it has had so far."""
    begin = end - 30 * DAY
    return BUDGET * service.events(begin, end)[0] * 30 * DAY / service.age(begin, end)


def alerts(prometheus: Prometheus, one: Objective) -> Iterator[str]:
    """What ALERTS would have been: the expressions of its pages where they held."""
    for tier, times in fired(prometheus, one, start=END - 2 * DAY, end=END).items():
        if tier not in {"PageFast", "PageSlow"}:
            continue
        labels = {
            "alertname": "SLOErrorBudgetBurnPage",
            "alertstate": "firing",
            "namespace": "shop",
            "slo": one.name,
            "slo_tier": tier,
            "sev": "sev0" if tier == "PageFast" else "sev1",
            "severity": "critical",
        }
        inside = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
        yield from (f"ALERTS{{{inside}}} 1 {at}\n" for at in times)


def quality(past: Past, name: str) -> Quality:
    return measure(without_policy([objective(name)]), past, past.asked)


@pytest.mark.parametrize("name", NAMES)
def test_slices_add_up_to_what_was_truly_consumed(past, services, name):
    """At the traffic of four days, which the time of day makes differ a little."""
    service = services[name]
    truth = service.events(END - DAY, END)[1] / allowed(service, END)
    assert past.spent["shop", name].between(END - DAY, END) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_each_verdict_is_that_of_the_integers(past, services, name):
    tiers = tiers_of(objective(name))
    found = [one for one in quality(past, name).pages if one.right is not None]
    assert found
    for one in found:
        shares = []
        for episode in one.page.episodes:
            rule, end = tiers[episode.alert.tier], episode.until(END) + LATE
            bad = services[name].events(episode.start - rule.long, end)[1]
            shares.append(bad / allowed(services[name], end) / rule.share)
        assert (max(shares) >= 1) is one.right, (one, shares)


def test_pages_at_night_were_for_nothing_and_those_of_spikes_right(past):
    night, spikes = quality(past, "quiet-nights"), quality(past, "spikes")
    assert night.judged >= 1
    assert night.precision == 0
    assert spikes.precision == 1


def test_every_spike_was_told_of_and_soon(past):
    spikes = quality(past, "spikes")
    assert spikes.recall == 1
    assert [one.event.slo for one in spikes.detections] == [("shop", "spikes")] * len(spikes.detections)
    assert all(one.seconds is not None and 0 <= one.seconds <= 5 * 60 for one in spikes.detections)


def test_nights_lose_nothing_that_somebody_must_be_woken_for(past):
    assert quality(past, "quiet-nights").detections == ()


def test_the_whole_past_is_one_stretch(past):
    assert past.asked == Stretch(aligned(END) - 2 * DAY, aligned(END))
    assert past.holes == []
