"""Five minutes without the operator, in a cluster of its own beside the others. For test_away.py.

They begin with the session and are over when the other tests are: a thread goes through the story.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.bed.kubeclient import Manifest
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.e2e.asking import EVERY_MINUTE, Checks, own_image, result_in

from fireline.api.conditions import parse_timestamp
from fireline.api.resources import CRON_JOB

SECONDS = 300
KEPT, CLEARED, ASKED = "kept", "cleared", "asked"
_FAILS_EVERY_OTHER_MINUTE = "exit $(($(date +%s) / 60 % 2))"


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to. ``jobs``: those of KEPT when the operator came back, all of them over;
    ``asked``: the run that was started right before it went."""

    gone: datetime
    back: datetime
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    jobs: list[Manifest]
    left: list[Manifest]
    asked: dict[str, Any] | None


class Absence:
    """Begins the story; :meth:`told` waits for its end, and :meth:`end` does not."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._future: Future[Told] = self._pool.submit(self._story)

    def told(self) -> Told:
        """What it came to."""
        return self._future.result()

    def end(self) -> None:
        """Nobody wants to know any more."""
        self._ended.set()
        self._pool.shutdown()

    def _story(self) -> Told:
        with workdir("e2e-away") as directory, World(self._tools, directory) as world:
            return self._absence(world)

    def _absence(self, world: World) -> Told:
        checks = Checks(world, world.client.namespace("away"))
        runs = own_image("sh", "-c", _FAILS_EVERY_OTHER_MINUTE, schedule=EVERY_MINUTE, timeout="10s")
        for name in (KEPT, CLEARED):
            checks.apply(name, runs)
        checks.apply(ASKED, own_image("sh", "-c", "sleep 20", timeout="30s"))
        for name in (KEPT, CLEARED):
            wait_for(lambda name=name: checks.status(name).get("ledger"), what=f"{name} begins")
        nonce = checks.start(ASKED)[ASKED]
        checks.running(ASKED)
        world.operator.scale(0)
        gone, before = datetime.now(UTC), checks.statuses()
        # Somebody is short of room: of what ended, only the last is kept.
        limits = {"spec": {"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1}}
        world.client.patch(CRON_JOB, CLEARED, checks.namespace, limits)
        self._ended.wait(SECONDS)
        jobs = wait_for(lambda: _all_over(checks.jobs(KEPT)), what="no Job is under way")
        left, back = checks.jobs(CLEARED), datetime.now(UTC)
        world.operator.scale(1)
        for name in (KEPT, CLEARED):
            wait_for(
                lambda name=name: parse_timestamp(checks.status(name)["ledger"]["through"]) >= _minute(back),
                what=f"{name} has caught up",
            )
        after = checks.statuses()
        return Told(gone, back, before, after, jobs, left, result_in(after[ASKED], nonce))


def _all_over(jobs: list[Manifest]) -> list[Manifest] | None:
    """These Jobs, once each is counted as one that succeeded or failed: before, none has an outcome yet."""
    ended = (job.get("status", {}).get("succeeded") or job.get("status", {}).get("failed") for job in jobs)
    return jobs if all(ended) else None


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)
