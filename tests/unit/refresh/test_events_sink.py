"""Events reach their sink: in order, at least once, also when it is away or the operator is killed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.seen import World
from tests.unit.incident.story import alert, sight, told, whole_story

from fireline.api.plan import Key
from fireline.api.resources import SLO
from fireline.errors import EventsError, EventsForbidden, EventsRefused
from fireline.incident.cloudevents import CONTENT_TYPE, Origin
from fireline.refresh.events_sink import LEAST_PAUSE, LINGER_SECONDS, LONGEST_PAUSE, EventExport
from fireline.refresh.sink_client import SinkClient
from fireline.settings import EventSink

KEY = Key(SLO.kind, "shop", "checkout")


def an_slo(incidents):
    return {"metadata": {"namespace": "shop", "name": "checkout"}, "status": {"incidents": incidents}}


class Sink:
    """Takes events; ``fails`` is raised instead of it, as often as it says."""

    def __init__(self):
        self.taken: list[str] = []
        self.fails: list[Exception] = []

    async def post(self, told_):
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append(told_["id"])


class Telling:
    """One export over a world, with a clock that is told."""

    def __init__(self, incidents, sink=None):
        self.sink = sink or Sink()
        self.world = World(objects=[(SLO, an_slo(incidents))])
        self.enqueued: list[Key] = []
        self.now = 0.0
        self.export = EventExport(
            self.sink.post,
            Origin("fireline"),
            seen=lambda: self.world,
            enqueue=self.enqueued.extend,
            steady=lambda: self.now,
        )
        self.export.planned(KEY)

    def once(self):
        return asyncio.run(self.export.once())

    def persisted(self):
        """The status as the planner writes it with what was sent."""
        incidents = self.world.objects[0][1]["status"]["incidents"]
        sent = self.export.exported(KEY)
        return [{**one, **({"exported": sent[one["id"]]} if one["id"] in sent else {})} for one in incidents]


STORY = whole_story()
IDS = [f"{STORY[0]['id']}/{fact['seq']}" for fact in STORY[0]["facts"]]


def test_every_fact_is_told_in_order_and_once():
    telling = Telling(STORY)
    telling.once()
    telling.once()
    assert telling.sink.taken == IDS
    assert telling.export.exported(KEY) == {STORY[0]["id"]: len(IDS)}


def test_the_status_is_written_once_for_all_that_was_sent():
    telling = Telling(STORY)
    telling.once()
    telling.once()
    assert telling.enqueued == [KEY]


def test_older_incidents_are_told_first():
    over = told(sight(0.5, "PageFast"), sight(10), sight(15))
    both = told(sight(31, alert(since=30)), old=over)
    telling = Telling(both)
    telling.once()
    named = [one.partition("/")[0] for one in telling.sink.taken]
    assert list(dict.fromkeys(named)) == [both[1]["id"], both[0]["id"]]


def test_a_sink_that_is_away_is_tried_again_more_and_more_seldom_and_nothing_is_lost():
    telling = Telling(STORY)
    telling.sink.fails = [EventsError("refused")] * 10
    pauses = [telling.once() for _ in range(10)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (LEAST_PAUSE, LONGEST_PAUSE)
    telling.once()
    assert telling.sink.taken == IDS


def test_a_password_file_that_is_missing_is_a_sink_that_is_away(tmp_path):
    """Not an end of the loop, which would be one of the operator."""
    missing = tmp_path / "token"
    client = SinkClient(EventSink(urls=("http://127.0.0.1:9",), bearer_token_file=missing))
    telling = Telling(STORY, sink=client)
    assert telling.once() == LEAST_PAUSE
    assert not telling.export.exported(KEY)


def failing_after(telling, number):
    """The sink takes so many events, fails once, and then takes all."""
    fails: list[Exception] = [EventsError("reset")]
    post = telling.sink.post

    async def once(told_):
        if len(telling.sink.taken) == number and fails:
            raise fails.pop()
        await post(told_)

    telling.export._post = once
    return telling


def test_order_is_kept_when_it_fails_in_the_middle():
    telling = failing_after(Telling(STORY), 2)
    telling.once()
    assert (telling.sink.taken, telling.enqueued) == (IDS[:2], [KEY])
    telling.once()
    assert telling.sink.taken == IDS


@pytest.mark.parametrize("before", range(len(IDS)))
def test_an_operator_that_is_killed_loses_nothing(before):
    first = failing_after(Telling(STORY), before)
    first.once()
    for incidents in (first.persisted(), STORY):  # killed after its status was written, and before
        second = Telling(incidents)
        second.once()
        told_at_all = list(dict.fromkeys([*first.sink.taken, *second.sink.taken]))
        assert told_at_all == IDS


def test_an_event_that_is_refused_for_good_is_left_out_and_the_next_ones_are_told():
    telling = Telling(STORY)
    telling.sink.fails = [EventsRefused("HTTP 400")]
    telling.once()
    assert telling.sink.taken == IDS[1:]


def test_nothing_is_looked_at_for_ever():
    telling = Telling([])
    telling.once()
    telling.now += LINGER_SECONDS + 1
    telling.once()
    assert telling.export._planned == {}
    telling.export.planned(KEY)
    telling.world.objects = [(SLO, an_slo(STORY))]
    telling.once()
    assert telling.sink.taken == IDS


def test_an_slo_that_is_gone_has_nothing_to_tell():
    telling = Telling(STORY)
    telling.world.objects = []
    telling.once()
    assert telling.sink.taken == []


class Handler(BaseHTTPRequestHandler):
    """Answers with the status of its server, and remembers what it was sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@contextmanager
def a_server(status=202) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.posts, server.status = [], status
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post_to(server, told_, **access):
    url = f"http://127.0.0.1:{server.server_port}/sink"
    client = SinkClient(EventSink(urls=(url,), timeout_seconds=5, **access))
    asyncio.run(client.post(told_))


def test_an_event_is_posted_in_structured_mode_with_our_credentials(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret")
    with a_server() as server:
        post_to(server, {"id": "inc-1/1", "specversion": "1.0"}, bearer_token_file=token)
        ((headers, body),) = server.posts
    assert body == {"id": "inc-1/1", "specversion": "1.0"}
    assert headers["Content-Type"] == f"{CONTENT_TYPE}; charset=utf-8"
    assert headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((wrong, EventsRefused) for wrong in (400, 413, 415, 422)),
        *((unknown, EventsForbidden) for unknown in (401, 403)),
        *((later, EventsError) for later in (302, 404, 429, 503)),
    ],
)
def test_an_answer_that_is_no_yes_is_an_error_with_its_status(status, error):
    with a_server(status) as server, pytest.raises(EventsError, match=f"HTTP {status}") as found:
        post_to(server, {"id": "x"})
    assert type(found.value) is error


def test_a_sink_that_is_not_there_is_told_without_its_password():
    with a_server() as server:
        port = server.server_port
    client = SinkClient(EventSink(urls=(f"http://user:s3cret@127.0.0.1:{port}/",), timeout_seconds=5))
    with pytest.raises(EventsError, match="cannot be reached") as found:
        asyncio.run(client.post({"id": "x"}))
    assert "s3cret" not in str(found.value)
