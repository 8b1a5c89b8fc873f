"""What is read about a new incident, how often, and that what cannot be read is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders import RATIO, an_objective

from fireline.api.metrics import Sample
from fireline.api.plan import Key
from fireline.errors import MetricsError
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.evidence import PAUSE_SECONDS, TRIES, EvidenceGatherer
from fireline.refresh.evidence_reading import traces_of
from fireline.settings import IncidentSettings

STARTED = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
CHECKOUT = Key("ServiceLevelObjective", "shop", "checkout")
INCIDENT = {"id": "inc-1234567890", "state": "Open", "startedAt": "2026-11-22T12:00:10Z"}
CREATED = STARTED.timestamp() - 600
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Shop(InMemorySource):
    """A Prometheus with what an incident of the shop leaves there. ``lacks`` takes series away."""

    def __init__(self, *lacks: str, impact: timedelta = timedelta(minutes=3)):
        super().__init__(self.found)
        self.lacks = lacks
        self.impact = STARTED - impact
        self.exemplars: object = []

    def found(self, query, at):
        if any(lack in query for lack in self.lacks):
            return []
        return next((tell(query, at) for part, tell in self.answers.items() if part in query), [])

    @property
    def answers(self):
        """By a part of the query; the first that fits."""
        owner = {"replicaset": "checkout-7d9f", "owner_kind": "Deployment", "owner_name": "checkout"}
        worst = {"code": "500", "handler": "/pay", "session_token": "s3cret"}
        return {
            "ALERTS": lambda *_: [Sample({"region": "eu-1"}, 1.0, 0.0)],
            "topk(5": lambda *_: [Sample({"code": "503"}, 0.5, 0.0), Sample(worst, 12.52, 0.0)],
            "count(kube_replicaset_created": lambda *_: [Sample({}, 3.0, 0.0)],
            "kube_replicaset_created": lambda *_: [Sample({"replicaset": "checkout-7d9f"}, CREATED, 0.0)],
            "kube_replicaset_owner": lambda *_: [Sample(owner, 1.0, 0.0)],
            "slo:bad:rate": lambda _, at: [Sample({}, 90.0 if at >= self.impact else 0.1, at.timestamp())],
            "slo:error_budget_consumed": lambda _, at: [Sample({}, 0.1, at.timestamp())],
        }

    async def get(self, path, params=()):
        await self.healthy()
        assert (path, params[0][0]) == ("query_exemplars", "query")
        if isinstance(self.exemplars, MetricsError):
            raise self.exemplars
        return self.exemplars


class World:
    """One gatherer, with a clock that is told."""

    def __init__(self, source=None, *, objective=None, settings=None):
        self.source = source or Shop()
        self.objective = objective or an_objective()
        self.enqueued: list[Key] = []
        self.now = 0.0
        sources = {"default": self.source}
        self.gatherer = EvidenceGatherer(
            settings or IncidentSettings(),
            sources,
            enqueue=self.enqueued.extend,
            steady=lambda: self.now,
        )

    def look(self, incident=INCIDENT):
        self.gatherer.planned(self.objective, [incident])
        return asyncio.run(self.gatherer.once())

    @property
    def gathered(self):
        return self.gatherer.gathered(INCIDENT["id"])

    @property
    def document(self):
        assert self.gathered is not None
        return self.gathered.document


def test_what_there_is_to_see_is_gathered_and_the_slo_planned_again():
    world = World()
    world.look()
    assert world.document["topSeries"][0] == {
        "labels": {"code": "500", "handler": "/pay", "session_token": "(not shown)"},
        "perSecond": "12.5",
    }
    assert world.document["rollouts"] == [
        {"workload": "Deployment/checkout", "replicaSet": "checkout-7d9f", "at": "2026-11-22T11:50:10Z"}
    ]
    assert "missing" not in world.document
    assert world.enqueued == [CHECKOUT]


def test_the_start_of_impact_is_the_first_half_minute_that_burned():
    world = World(Shop(impact=timedelta(minutes=3)))
    world.look()
    assert world.gathered.impact_start == datetime(2026, 11, 22, 11, 57, 11, tzinfo=UTC)
    assert world.gathered.consumed_before == 0.1


def test_a_page_within_seconds_of_the_fault_is_the_start_of_impact():
    world = World(Shop(impact=timedelta(0)))
    world.look()
    assert world.gathered.impact_start == STARTED


def test_the_burn_rates_are_those_that_the_page_was_judged_by():
    world = World()
    world.look()
    assert world.gathered.burn == {"5m": 90.0, "30m": 90.0, "1h": 90.0}
    assert any("slo:bad:rate1h" in query for query in world.source.asked)


def test_one_incident_is_looked_at_once():
    world = World()
    world.look()
    asked = len(world.source.asked)
    world.look()
    assert len(world.source.asked) == asked
    world.look({**INCIDENT, "evidence": {"at": "2026-11-22T12:01:00Z"}})
    assert world.gathered is None
    assert len(world.source.asked) == asked


def test_everything_but_the_burn_rate_is_a_handful_of_queries():
    world = World()
    world.look()
    burn = [query for query in world.source.asked if "slo:bad:rate5m" in query]  # a range, step by step
    assert len(world.source.asked) - len(burn) <= 8
    assert len(set(burn)) == 1


def test_without_kube_state_metrics_rollouts_are_not_known_and_not_none():
    world = World(Shop("kube_replicaset"))
    world.look()
    assert "rollouts" not in world.document
    assert "kube-state-metrics" in world.document["missing"][0]


def test_no_rollout_within_the_hour_is_known():
    world = World(Shop("max by (replicaset) (kube_replicaset_created"))
    world.look()
    assert world.document["rollouts"] == []


def test_a_replica_set_without_a_known_owner_is_named_itself():
    world = World(Shop("kube_replicaset_owner"))
    world.look()
    assert world.document["rollouts"][0]["workload"] == "ReplicaSet/checkout-7d9f"


def test_groups_are_those_whose_alerts_fire():
    world = World(objective=an_objective(group_by=("region",)))
    world.look()
    assert world.document["groups"] == ["region=eu-1"]


def test_a_kind_of_indicator_without_series_to_tell_apart_says_so():
    world = World(objective=an_objective(indicator=None, counted=None))
    world.look()
    assert "topSeries" not in world.document
    assert "none to tell apart" in world.document["missing"][0]


def test_a_prometheus_that_is_away_is_tried_again_and_then_told_of():
    world = World()
    world.source.down = "connection refused"
    for attempt in range(TRIES - 1):
        assert world.look() == PAUSE_SECONDS
        assert (world.gathered, world.enqueued) == (None, [])
        world.now += PAUSE_SECONDS
        assert attempt < TRIES
    assert world.look() is None
    assert "connection refused" in world.document["missing"][0]
    assert world.enqueued == [CHECKOUT]


def test_a_prometheus_that_comes_back_is_read():
    world = World()
    world.source.down = "connection refused"
    world.look()
    world.source.down, world.now = None, PAUSE_SECONDS
    world.look()
    assert "missing" not in world.document


def test_what_cannot_be_read_holds_up_nothing_else():
    world = World()
    world.source.exemplars = MetricsError("404")
    world.look()
    assert world.document["missing"] == ["exemplars could not be read: 404"]
    assert world.document["topSeries"]


def test_a_source_without_url_has_nobody_to_ask():
    world = World(objective=an_objective(source="nowhere"))
    assert world.look() is None
    assert "sources.nowhere.urls is not set" in world.document["missing"][0]


def test_links_are_made_of_the_templates():
    settings = IncidentSettings(
        links={"logs": "https://logs/?q={service}&f={from}", "trace": "https://traces/{trace_id}"}
    )
    world = World(settings=settings)
    world.look()
    assert [one["name"] for one in world.document["links"]] == ["logs"]
    world = World(settings=settings)
    world.source.exemplars = [{"exemplars": [an_exemplar(TRACE)]}]
    world.look()
    assert world.document["links"][1] == {"name": "trace", "url": f"https://traces/{TRACE}"}
    assert world.document["traceIds"] == [TRACE]


def an_exemplar(trace, at=1.0, value="1", name="trace_id"):
    return {"labels": {name: trace}, "value": value, "timestamp": at}


@pytest.mark.parametrize("name", ["trace_id", "traceID", "TraceId", "traceid"])
def test_a_trace_has_many_spellings(name):
    assert traces_of([{"exemplars": [an_exemplar(TRACE, name=name)]}], slowest=False) == [TRACE]


def test_traces_are_the_newest_or_the_slowest_and_few():
    series = [
        {"exemplars": [an_exemplar("a" * 16, 1.0, "9"), an_exemplar("b" * 16, 2.0, "1")]},
        {"exemplars": [an_exemplar("c" * 16, 3.0, "3"), an_exemplar("d" * 16, 4.0, "2")]},
    ]
    assert traces_of(series, slowest=False) == ["d" * 16, "c" * 16, "b" * 16]
    assert traces_of(series, slowest=True) == ["a" * 16, "c" * 16, "d" * 16]


@pytest.mark.parametrize("bad", ["", "a b", "<script>", "../..", "x" * 65])
def test_what_is_no_trace_id_goes_into_no_address(bad):
    assert traces_of([{"exemplars": [an_exemplar(bad)]}], slowest=False) == []


@pytest.mark.parametrize("answer", [None, {}, "x", []])
def test_an_answer_without_exemplars_has_no_traces(answer):
    assert traces_of(answer, slowest=False) == []


def test_the_worst_series_keep_the_labels_the_slo_adds_up():
    from fireline.slo.failing import failing_series

    assert failing_series(an_objective(indicator=RATIO)) == (
        'topk(5, (rate(http_requests_total{code=~"5..",service="checkout"}[5m])) > 0)'
    )
