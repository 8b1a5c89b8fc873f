"""Sends the test alerts that policies ask for, and keeps what became of them.

The app runs it beside the engine's workers, on the leader only. The policy planner hands over a request
once its status says that the test runs, and reads the result when its key is enqueued again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from fireline.alertmanager.delivery import deliver_test
from fireline.alertmanager.logs import AlertmanagerLogs
from fireline.alertmanager.replica import AlertmanagerReplica
from fireline.alertmanager.verdict import FEATURE
from fireline.api.delivery import DeliveryState, ReceiverOutcome, TestedReceiver, TestResult
from fireline.api.plan import Key
from fireline.errors import AlertmanagerError

DEADLINE = timedelta(seconds=25)
"""For receivers that do not answer. Alertmanager itself gives up at the interval of test routes, 30 s."""
QUIET_SECONDS = 40.0
"""After a test: within the interval of test routes Alertmanager tells receivers that the alert has ended,
and that would be counted as if it was the next test's."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TestRequest:
    """A test that a policy asks for, once per nonce."""

    __test__ = False

    key: Key
    nonce: str
    alertmanager: str
    receivers: tuple[TestedReceiver, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """``namespace/name``."""
        return f"{self.key.namespace}/{self.key.name}"


class AlertTests:
    """One test at a time per Alertmanager. ``alertmanagers`` and ``logs`` are by name in the settings.

    ``enqueue`` is called with the key of a policy when its result is there. ``quiet``: seconds. ``clock`` and
    ``pause`` are those of a test under way.
    """

    def __init__(
        self,
        alertmanagers: Mapping[str, Sequence[AlertmanagerReplica]],
        logs: Mapping[str, AlertmanagerLogs],
        *,
        enqueue: Callable[[Iterable[Key]], None],
        deadline: timedelta = DEADLINE,
        quiet: float = QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._alertmanagers = dict(alertmanagers)
        self._logs = logs
        self._enqueue = enqueue
        self._deadline = deadline
        self._quiet = quiet
        self._clock, self._pause = clock, pause
        self._waiting: dict[Key, TestRequest] = {}
        self._taken: dict[Key, str] = {}
        self._results: dict[Key, TestResult] = {}
        self._quiet_until: dict[str, float] = {}
        self._news = asyncio.Event()

    def request(self, request: TestRequest) -> None:
        """Asks for a test; a nonce that was asked for already is not tested again."""
        if self._taken.get(request.key) != request.nonce:
            self._taken[request.key] = request.nonce
            self._waiting[request.key] = request
            self._news.set()

    def result(self, key: Key) -> TestResult | None:
        """The last result of a policy."""
        return self._results.get(key)

    def forget(self, key: Key) -> None:
        """The policy is gone."""
        for known in (self._waiting, self._taken, self._results):
            known.pop(key, None)
        self._quiet_until.pop(f"{key.namespace}/{key.name}", None)

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            busy: dict[str, asyncio.Task[None]] = {}
            while True:
                self._news.clear()
                now = time.monotonic()
                for request in list(self._waiting.values()):
                    task = busy.get(request.alertmanager)
                    if (task is None or task.done()) and self._ready_at(request) <= now:
                        del self._waiting[request.key]
                        busy[request.alertmanager] = group.create_task(self._test(request))
                waits = [self._ready_at(one) - now for one in self._waiting.values()]
                await self._wait(min((one for one in waits if one > 0), default=None))

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _ready_at(self, request: TestRequest) -> float:
        places = (request.policy, f"alertmanagers.{request.alertmanager}")
        return max(self._quiet_until.get(place, 0.0) for place in places)

    async def _test(self, request: TestRequest) -> None:
        replicas = self._alertmanagers.get(request.alertmanager, ())
        try:
            result = await deliver_test(
                replicas,
                self._logs.get(request.alertmanager),
                policy=request.policy,
                receivers=request.receivers,
                nonce=request.nonce,
                deadline=self._deadline,
                annotations=request.annotations,
                clock=self._clock,
                pause=self._pause,
            )
        except AlertmanagerError as error:
            result = _untested(request, str(error))
        else:
            # Counters of all receivers together are disturbed by any policy's test.
            together = FEATURE in result.notes
            place = f"alertmanagers.{request.alertmanager}" if together else request.policy
            self._quiet_until[place] = time.monotonic() + self._quiet
        log.info("test alert", policy=request.policy, state=str(result.state))
        if self._taken.get(request.key) == request.nonce:
            self._results[request.key] = result
            self._enqueue([request.key])
        self._news.set()


def _untested(request: TestRequest, words: str) -> TestResult:
    """Nothing was sent, or nobody knows."""
    outcomes = [ReceiverOutcome(one.name, DeliveryState.UNKNOWN, words) for one in request.receivers]
    return TestResult(request.nonce, datetime.now(UTC), tuple(outcomes))
