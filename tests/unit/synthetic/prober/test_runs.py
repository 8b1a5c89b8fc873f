"""Runs under way: one of each check, so many at a time, and none for ever."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.unit.synthetic.prober.process import an_entry
from tests.unit.synthetic.prober.target import Target

from fireline.synthetic.engine.prober_entries import Entry
from fireline.synthetic.engine.prober_runs import Runs
from fireline.synthetic.engine.prober_thread import RunThread

HOG = "$..[?count($..a)>99999999]"


# The error that breaks a run off is raised wherever its thread is, now and then in a callback of hypothesis
# for the garbage collector, where it ends in a warning; it is raised again until the thread has ended.
BREAKS_OFF = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@dataclass
class Told:
    """What is said of runs."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    overlapped: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def make(self, **bounds: Any) -> Runs:
        return Runs(
            Path("/nowhere"),
            finished=lambda text, *_: self.runs.append(json.loads(text)),
            overlapped=lambda entry, _: self.overlapped.append(entry.check),
            late=lambda entry, _: self.late.append(entry.check),
            **bounds,
        )

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        return {
            run["id"].partition("/")[0]: (run["result"]["outcome"], run["result"].get("reason", ""))
            for run in self.runs
        }


def entry(name: str, url: str, **journey: Any) -> Entry:
    return Entry.of(json.dumps(an_entry(name, url, every=60, **journey)).encode())


def now() -> int:
    return int(time.time())


async def until_idle(runs: Runs) -> None:
    async with asyncio.timeout(30):
        await runs.idle.wait()


def test_no_more_than_so_many_at_a_time_and_all_in_the_end(target):
    async def story() -> tuple[Told, int]:
        told, most = Told(), 0
        runs = told.make(most_at_once=2)
        for number in range(6):
            runs.start(entry(f"c{number}", f"{target.url}/slow/0.2"), now())
        assert len(runs.running()) == 6
        while len(told.runs) < 6:
            most = max(most, len(runs._active))
            await asyncio.sleep(0.01)
        return told, most

    told, most = asyncio.run(story())
    assert most == 2
    assert {outcome for outcome, _ in told.outcomes.values()} == {"success"}


def test_one_that_waited_for_room_until_it_was_too_late_is_left_out(target):
    async def story() -> Told:
        told = Told()
        runs = told.make(most_at_once=1)
        runs.start(entry("first", f"{target.url}/slow/0.2"), now())
        runs.start(entry("old", f"{target.url}/x"), now() - 31)
        await until_idle(runs)
        return told

    told = asyncio.run(story())
    assert told.late == ["old"]
    assert list(told.outcomes) == ["uid-first"]


@pytest.mark.parametrize("waiting", [False, True], ids=["running", "waiting"])
def test_a_check_is_never_started_beside_itself(target, waiting):
    async def story() -> Told:
        told = Told()
        runs = told.make(most_at_once=1)
        if waiting:
            runs.start(entry("other", f"{target.url}/slow/0.2"), now())
        one = entry("one", f"{target.url}/slow/0.2")
        runs.start(one, now())
        runs.start(one, now() + 60)
        await until_idle(runs)
        return told

    told = asyncio.run(story())
    assert told.overlapped == ["one"]
    assert len([run for run in told.runs if run["id"].startswith("uid-one/")]) == 1


@BREAKS_OFF
def test_a_run_that_computes_for_ever_is_told_and_its_thread_ends(target):
    async def story() -> tuple[Told, RunThread]:
        told = Told()
        runs = told.make(reserve=0.1)
        steps = [
            {"name": "x", "http": {"url": f"{target.url}/big"}, "assert": [{"jsonPath": HOG, "exists": True}]}
        ]
        runs.start(entry("hog", "", steps=steps, timeout="1s", cleanupTimeout="1s"), now())
        (one,) = runs._active.values()
        await until_idle(runs)
        return told, one

    told, one = asyncio.run(story())
    assert told.outcomes == {"uid-hog": ("infra", "EngineStalled")}
    one._thread.join(10)
    assert not one.alive


@BREAKS_OFF
def test_what_has_measured_counts_though_its_cleanup_computes_for_ever(target):
    async def story() -> Told:
        told = Told()
        runs = told.make(reserve=0.1)
        asserted = [{"jsonPath": HOG, "exists": True}]
        cleanup = [{"name": "y", "http": {"url": f"{target.url}/big"}, "assert": asserted}]
        journey = {"cleanup": cleanup, "timeout": "1s", "cleanupTimeout": "1s"}
        runs.start(entry("hog", f"{target.url}/x", **journey), now())
        await until_idle(runs)
        return told

    assert asyncio.run(story()).outcomes == {"uid-hog": ("success", "")}


def test_asked_to_stop_a_run_that_has_not_begun_to_listen_stops_too(target):
    async def story() -> Told:
        told = Told()
        runs = told.make()
        runs.start(entry("one", f"{target.url}/slow/20", timeout="20s"), now())
        runs.stop()
        await until_idle(runs)
        return told

    ((outcome, _),) = asyncio.run(story()).outcomes.values()
    assert outcome == "infra"


def test_what_waits_when_the_end_comes_never_begins(target):
    async def story() -> Told:
        told = Told()
        runs = told.make(most_at_once=1)
        runs.start(entry("first", f"{target.url}/slow/0.2"), now())
        runs.start(entry("second", f"{target.url}/x"), now())
        runs.drop_waiting()
        await until_idle(runs)
        return told

    assert list(asyncio.run(story()).outcomes) == ["uid-first"]
