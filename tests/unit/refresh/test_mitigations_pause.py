"""The pause: there, not there, or nobody knows, which is as good as there."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.refresh.mitigation_world import KEY, World, a_mitigation

from fireline.errors import Forbidden, NotFound, ServerUnavailable
from fireline.refresh.pause import LATE_SECONDS, Pause

PLACE = "ConfigMap fireline/fireline-pause"
RIGHT = f"it needs the right to get {PLACE}"
MISSING = NotFound("configmaps fireline-pause not found", status=404)


class Server:
    """Has the ConfigMap, or fails."""

    def __init__(self, found) -> None:
        self.found = found
        self.seconds = 0.0
        self.pause = Pause(self.get, place="fireline", name="fireline-pause", steady=lambda: self.seconds)

    async def get(self, namespace, name):
        assert (namespace, name) == ("fireline", "fireline-pause")
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def look(self) -> bool:
        return asyncio.run(self.pause.look())


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (MISSING, None),
        ({"data": {"reason": "game day"}}, "game day (ConfigMap fireline/fireline-pause)"),
        ({"data": {"reason": "  "}}, "without a reason (ConfigMap fireline/fireline-pause)"),
        ({}, "without a reason (ConfigMap fireline/fireline-pause)"),
        ({"data": None}, "without a reason (ConfigMap fireline/fireline-pause)"),
        (
            ServerUnavailable("503: try later", status=503),
            "it is not known whether ConfigMap fireline/fireline-pause is there: 503: try later",
        ),
        (
            Forbidden("no", status=403),
            f"it is not known whether {PLACE} is there: the operator may not read it; {RIGHT}",
        ),
    ],
)
def test_what_pauses(found, reason):
    server = Server(found)
    server.look()
    assert server.pause.reason() == reason


def test_before_the_first_look_it_is_not_known():
    assert "not looked at lately" in (Server(MISSING).pause.reason() or "")


def test_what_was_read_long_ago_is_no_longer_believed():
    server = Server(MISSING)
    server.look()
    server.seconds = LATE_SECONDS + 1
    assert server.pause.reason() is not None
    server.look()
    assert server.pause.reason() is None


def test_only_news_are_news():
    server = Server(MISSING)
    assert server.look()
    assert not server.look()
    server.found = {"data": {"reason": "game day"}}
    assert server.look()
    assert not server.look()
    server.found = ServerUnavailable("503", status=503)
    assert server.look()
    assert server.pause.health() == {"mitigations/pause": {"state": "down", "message": "503"}}
    server.found = MISSING
    assert server.look()
    assert server.pause.health() == {}


@pytest.mark.parametrize("phase", ["Proposed", "Approved"])
def test_who_waits_for_the_end_of_a_pause_is_woken_by_it(phase):
    world = World(a_mitigation(status={"phase": phase}, trigger=None))
    world.pause = {"data": {"reason": "game day"}}
    world.tick()
    assert world.watch.paused() == "game day (ConfigMap fireline/fireline-pause)"
    world.pause = MISSING
    assert world.tick() == [KEY]
    assert world.watch.paused() is None
