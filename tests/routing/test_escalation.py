"""Escalation on a running Alertmanager: levels at 5, 10 and 15 seconds, 20 runs at once.

In each run one policy has three alerts: nobody reacts to the first, somebody acknowledges the second by
a silence once level 1 is told, the third is over by itself then. A witness whose levels are due after all
of them says when nothing more can come, so that no test waits for a clock.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.bed.prometheus import reload
from tests.bed.waiting import wait_for
from tests.routing.rig import Routing
from tests.routing.written import config_of

pytestmark = pytest.mark.bed

RUNS = 20
NAMESPACE = "escalating"
LEVELS = ("5s", "10s", "15s")
PLACES = ("at-once", "level-1", "level-2", "level-3")
RESEND = 2.0
"""Seconds between two sends of an alert that goes on firing, as Prometheus does every minute."""

Labels = dict[str, str]
Told = tuple[datetime, str, str]
"""When, which place, firing or resolved."""


def policy(run: int, url: str, mode: str = "Alertmanager") -> dict[str, Any]:
    """A policy of its own for each run, with a receiver for each level."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": f"run-{run}", "namespace": NAMESPACE},
        "spec": {
            "selector": {},
            "receivers": [
                {"name": place, "webhook": {"url": f"{url}/escalation/{run}/{place}"}} for place in PLACES
            ],
            "severities": [{"name": "critical", "page": True, "receivers": ["at-once"]}],
            "grouping": {"by": ["..."], "wait": "1s", "interval": "1s"},
            "escalation": {
                "mode": mode,
                "levels": [
                    {"after": after, "receivers": [place]}
                    for after, place in zip(LEVELS, PLACES[1:], strict=True)
                ],
            },
        },
    }


def alert(run: int, kind: str) -> Labels:
    return {
        "alertname": kind,
        "namespace": NAMESPACE,
        "alert_policy": f"{NAMESPACE}/run-{run}",
        "sev": "sev0",
        "severity": "critical",
        "slo": f"slo-{run}",
    }


def told(routing: Routing) -> dict[tuple[str, str], list[Told]]:
    """(policy, alertname) → what was told of it, in order."""
    found: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for delivery in routing.webhook.received():
        if not delivery["path"].startswith("/escalation/"):
            continue
        place = delivery["path"].rpartition("/")[2]
        for one in delivery["body"]["alerts"]:
            key = one["labels"]["alert_policy"], one["labels"]["alertname"]
            found[key].append((datetime.fromisoformat(delivery["time"]), place, one["status"]))
    return found


def places(events: list[Told], status: str = "firing") -> tuple[str, ...]:
    return tuple(place for _, place, state in events if state == status)


class Prometheus:
    """Sends every alert again and again while it fires, as the real one does."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._firing: dict[tuple[str, str], tuple[Labels, datetime]] = {}
        self._lock = threading.Lock()
        self._done = threading.Event()

    def fire(self, labels: list[Labels]) -> None:
        began = datetime.now(UTC)
        with self._lock:
            self._firing |= {(one["alert_policy"], one["alertname"]): (one, began) for one in labels}
            self._routing.post(*labels, began=began)

    def end(self, labels: Labels) -> datetime:
        """It is over; a time at which Alertmanager knew."""
        with self._lock:
            _, began = self._firing.pop((labels["alert_policy"], labels["alertname"]))
            self._routing.post(labels, began=began, over=True)
        return datetime.now(UTC)

    def _send(self) -> None:
        while not self._done.wait(RESEND):
            with self._lock:
                by_start: dict[datetime, list[Labels]] = defaultdict(list)
                for labels, began in self._firing.values():
                    by_start[began].append(labels)
                for began, labels in by_start.items():
                    self._routing.post(*labels, began=began)

    @contextmanager
    def running(self) -> Iterator[Prometheus]:
        thread = threading.Thread(target=self._send, name="prometheus")
        thread.start()
        try:
            yield self
        finally:
            self._done.set()
            thread.join()


class TestTwentyRuns:
    """One play for all of the following, since it takes most of a minute."""

    began: datetime
    reacted: dict[tuple[str, str], datetime]
    told: dict[tuple[str, str], list[Told]]
    silences: dict[int, str]
    in_the_end: dict[tuple[str, str], list[Told]]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def play(cls, routing: Routing) -> None:
        routing.client.namespace(NAMESPACE)
        routing.deliver(config_of(policy(run, routing.webhook.url)) for run in range(RUNS + 1))
        prometheus = Prometheus(routing)
        with prometheus.running():
            cls.began = datetime.now(UTC)
            prometheus.fire(
                [alert(run, kind) for run in range(RUNS) for kind in ("Ignored", "Silenced", "Resolved")]
            )
            cls._react(routing, prometheus)
            witness = alert(RUNS, "Ignored")
            prometheus.fire([witness])
            _all_levels(routing, [RUNS])
            _all_levels(routing, range(RUNS))
            for run in range(RUNS + 1):
                prometheus.end(alert(run, "Ignored"))
            _all_resolved(routing, range(RUNS + 1))
            cls.told = told(routing)
            cls._unsilence(routing)

    @classmethod
    def _react(cls, routing: Routing, prometheus: Prometheus) -> None:
        """Level 1 of each run is told: acknowledge the one, end the other."""
        cls.reacted, cls.silences = {}, {}
        waiting = set(range(RUNS))

        def react() -> bool:
            now = told(routing)
            for run in sorted(waiting):
                silenced, resolved = alert(run, "Silenced"), alert(run, "Resolved")
                keys = [(one["alert_policy"], one["alertname"]) for one in (silenced, resolved)]
                if all("level-1" in places(now[key]) for key in keys):
                    cls.silences[run], cls.reacted[keys[0]] = routing.silence(silenced)
                    cls.reacted[keys[1]] = prometheus.end(resolved)
                    waiting.remove(run)
            return not waiting

        wait_for(react, what="level 1 of every run")

    @classmethod
    def _unsilence(cls, routing: Routing) -> None:
        """The silences end while their alerts fire."""
        for number in cls.silences.values():
            routing.unsilence(number)
        wait_for(
            lambda: all(
                {"level-2", "level-3"} <= set(places(told(routing)[key])) for key in _keys("Silenced")
            ),
            what="the levels that a silence held back",
        )
        cls.in_the_end = told(routing)

    def test_nobody_reacts_and_every_level_is_told_once_in_its_order(self) -> None:
        assert {key: places(self.told[key]) for key in _keys("Ignored")} == dict.fromkeys(
            _keys("Ignored"), PLACES
        )

    def test_no_level_is_told_before_its_time(self) -> None:
        for key in _keys("Ignored"):
            firing = [(at, place) for at, place, status in self.told[key] if status == "firing"]
            for (at, place), seconds in zip(firing, (0, 5, 10, 15), strict=True):
                assert at - self.began >= timedelta(seconds=seconds), (key, place)

    def test_everyone_who_was_told_hears_once_that_it_is_over(self) -> None:
        for key in _keys("Ignored"):
            assert sorted(places(self.told[key], "resolved")) == sorted(PLACES)
        for key in _keys("Resolved"):
            assert sorted(places(self.told[key], "resolved")) == sorted(places(self.told[key]))

    @pytest.mark.parametrize("kind", ["Silenced", "Resolved"])
    def test_after_a_silence_or_a_resolve_no_later_level_is_told(self, kind: str) -> None:
        spared = 0
        for key in _keys(kind):
            allowed = [
                place
                for place, seconds in zip(PLACES, (0, 5, 10, 15), strict=True)
                if self.began + timedelta(seconds=seconds) < self.reacted[key]
            ]
            got = places(self.told[key])
            assert got == PLACES[: len(got)]
            assert set(got) <= set(allowed), key
            spared += len(PLACES) - len(allowed)
        assert spared > RUNS, "the reactions came too late to show anything"

    def test_when_a_silence_ends_while_the_alert_fires_the_levels_it_held_back_are_told_once(
        self,
    ) -> None:
        for key in _keys("Silenced"):
            assert sorted(places(self.in_the_end[key])) == sorted(PLACES)


def test_an_alert_that_is_old_when_alertmanager_first_sees_it_tells_all_levels_at_once(
    routing: Routing,
) -> None:
    routing.client.namespace(NAMESPACE)
    routing.deliver([config_of(policy(RUNS + 1, routing.webhook.url))])
    old, fresh = alert(RUNS + 1, "Old"), alert(RUNS + 1, "Fresh")
    routing.post(old, began=datetime.now(UTC) - timedelta(hours=1))
    routing.post(fresh)

    keys = [(one["alert_policy"], one["alertname"]) for one in (old, fresh)]
    wait_for(lambda: "level-1" in places(told(routing)[keys[1]]), what="level 1 of the fresh alert")
    of_old, of_fresh = (told(routing)[key] for key in keys)
    level_1 = next(at for at, place, _ in of_fresh if place == "level-1")
    assert sorted(place for at, place, _ in of_old if at < level_1) == sorted(PLACES)
    routing.post(old, fresh, over=True)


def test_with_mode_rules_the_alert_of_a_level_tells_that_level_and_the_first_alert_no_other(
    routing: Routing,
) -> None:
    routing.client.namespace(NAMESPACE)
    run = RUNS + 3
    routing.deliver([config_of(policy(run, routing.webhook.url, "Rules"))])
    first = alert(run, "Trouble")
    levels = [
        {**alert(run, "AlertPolicyEscalation"), "escalated": "Trouble", "escalation_level": str(number)}
        for number in (1, 2, 3)
    ]
    routing.post(first, *levels)
    wanted = {("Trouble", "at-once"), *(("AlertPolicyEscalation", place) for place in PLACES[1:])}

    def seen() -> list[tuple[str, str]]:
        found = told(routing)
        return [
            (name, place)
            for name in ("Trouble", "AlertPolicyEscalation")
            for place in places(found[f"{NAMESPACE}/run-{run}", name])
        ]

    wait_for(lambda: set(seen()) >= wanted, what=f"{wanted}")
    routing.post(first, *levels, over=True)
    key = f"{NAMESPACE}/run-{run}", "Trouble"
    wait_for(lambda: places(told(routing)[key], "resolved"), what="its end")
    assert sorted(seen()) == sorted(wanted)


def test_a_reload_in_between_loses_no_level_and_tells_none_twice(routing: Routing) -> None:
    routing.client.namespace(NAMESPACE)
    routing.deliver([config_of(policy(RUNS + 2, routing.webhook.url))])
    labels = alert(RUNS + 2, "Reloaded")
    key = labels["alert_policy"], labels["alertname"]
    with Prometheus(routing).running() as prometheus:
        prometheus.fire([labels])
        wait_for(lambda: "level-1" in places(told(routing)[key]), what="level 1")
        reload(routing.alertmanager.url)
        wait_for(lambda: "level-3" in places(told(routing)[key]), what="level 3")
        prometheus.end(labels)
        wait_for(lambda: len(places(told(routing)[key], "resolved")) >= len(PLACES), what="its end")
    assert places(told(routing)[key]) == PLACES
    assert sorted(places(told(routing)[key], "resolved")) == sorted(PLACES)


def _keys(kind: str) -> list[tuple[str, str]]:
    return [(f"{NAMESPACE}/run-{run}", kind) for run in range(RUNS)]


def _all_levels(routing: Routing, runs: Any) -> None:
    keys = [(f"{NAMESPACE}/run-{run}", "Ignored") for run in runs]
    wait_for(
        lambda: all(len(places(told(routing)[key])) >= len(PLACES) for key in keys),
        what=f"every level of {len(keys)} alerts",
    )


def _all_resolved(routing: Routing, runs: Any) -> None:
    keys = [(f"{NAMESPACE}/run-{run}", "Ignored") for run in runs]
    wait_for(
        lambda: all(len(places(told(routing)[key], "resolved")) >= len(PLACES) for key in keys),
        what=f"the end of {len(keys)} alerts",
    )
