"""A prober that is asked to end: what it began it finishes, and what it has is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.waiting import wait_for
from tests.unit.synthetic.prober.process import Prober, an_entry
from tests.unit.synthetic.prober.target import Target


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def prober(tmp_path: Path) -> Prober:
    return Prober(tmp_path)


def test_asked_to_end_it_finishes_runs_and_their_cleanup_and_waits_until_they_were_read(prober, target):
    steps = [
        {"name": "make", "http": {"url": f"{target.url}/make"}},
        {"name": "wait", "http": {"url": f"{target.url}/slow/2"}},
    ]
    cleanup = [{"name": "remove", "http": {"method": "DELETE", "url": f"{target.url}/remove"}}]
    prober.write(an_entry("maker", "", steps=steps, cleanup=cleanup, timeout="4s"))
    with prober:
        wait_for(lambda: target.paths("/slow/2"), what="a run in its second step", every=0.02)
        prober.ask_to_end()
        run = wait_for(lambda: prober.of("maker"), what="its result, after SIGTERM")[0]
        prober.read()  # as the operator does: with the number up to which it has them
        assert prober.server.wait(10) == 0
    assert run["result"]["outcome"] == "success"
    assert run["result"]["cleanup"][0]["outcome"] == "success"
    assert len(target.paths("/make")) == len(target.paths("/remove"))
    assert prober.events("ended")[0]["unread"] == 0


def test_asked_to_end_it_cleans_up_after_runs_that_take_too_long(tmp_path, target):
    cleanup = [{"name": "remove", "http": {"method": "DELETE", "url": f"{target.url}/late-remove"}}]
    prober = Prober(tmp_path, grace=8)
    prober.write(an_entry("hanging", f"{target.url}/slow/60", timeout="1h", cleanup=cleanup))
    with prober:
        wait_for(lambda: target.paths("/slow/60"), what="a run that hangs", every=0.02)
        prober.ask_to_end()
        started = time.monotonic()
        (run,) = wait_for(lambda: prober.of("hanging"), what="its result")
        prober.read()
        assert prober.server.wait(10) == 0
    assert target.paths("/late-remove")
    assert run["result"]["outcome"] == "infra"
    assert time.monotonic() - started < 8
