"""A test alert, sent on purpose, and what became of it at every receiver.

Called by :mod:`fireline.refresh.testing` in the operator and by ``fireline test-alert`` without one. The
alert is posted to every replica, since a cluster of Alertmanagers has no load balancer; afterwards their
groups, counters and logs are looked at until each receiver has taken it or failed, or the time is over.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.alertmanager import answers
from fireline.alertmanager.logs import AlertmanagerLogs, Excerpt, LoggedFailure, failures
from fireline.alertmanager.replica import AlertmanagerReplica
from fireline.alertmanager.verdict import FEATURE, SETTLING_SECONDS, Conclusions, Judge, Look, Verdict
from fireline.api.delivery import ALERT_NAME, TestedReceiver, TestResult
from fireline.errors import AlertmanagerError, AlertmanagerForbidden
from fireline.http.threads import in_daemon_thread

PAUSE_SECONDS = 1.0
"""Between two looks."""
_OUTLIVES = timedelta(minutes=1)
"""How long after the test the alert ends by itself, should nobody be there to end it."""
_NO_LOGS = "no log of Alertmanager can be read here, which would tell more"


@dataclass(slots=True)
class _Watched:
    """One replica during a test."""

    replica: AlertmanagerReplica
    look: Look | None = None
    failed: str = ""


@dataclass(slots=True)
class _Test:
    """One test under way. ``clock`` counts seconds, ``pause`` waits for some."""

    watched: list[_Watched]
    logs: AlertmanagerLogs | None
    receivers: Sequence[TestedReceiver]
    clock: Callable[[], float]
    pause: Callable[[float], Awaitable[None]]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    """A label value no other alert has: the same nonce may be tried twice."""
    old_lines: frozenset[str] = frozenset()
    no_logs: str = _NO_LOGS
    failures: list[LoggedFailure] = field(default_factory=list)
    concluded: Conclusions = field(default_factory=dict)

    async def begin(self) -> None:
        """Looks at every replica before anything is posted. Raises AlertmanagerError when none answers."""
        await asyncio.gather(*(self._first_look(one) for one in self.watched))
        if errors := [one.failed for one in self.watched if one.look is None]:
            if len(errors) == len(self.watched):
                raise AlertmanagerError("; ".join(errors))
        elif not self.watched:
            raise AlertmanagerError("no replica of Alertmanager is set: see alertmanagers.<name>.urls")
        self.old_lines = frozenset((await self._read()).lines)

    async def post(self, alert: dict[str, Any]) -> None:
        """Posts to every replica that answers; raises AlertmanagerError when none takes it."""

        async def to(one: _Watched) -> None:
            try:
                await one.replica.post([alert])
            except AlertmanagerError as error:
                one.look, one.failed = None, str(error)

        await asyncio.gather(*(to(one) for one in self.watched if one.look))
        if not any(one.look for one in self.watched):
            raise AlertmanagerError("; ".join(one.failed for one in self.watched))

    async def watch(self, seconds: float) -> list[Verdict]:
        """Looks until every receiver is settled, at most that long. At least one look is taken at the end."""
        started = self.clock()
        while True:
            await self.pause(PAUSE_SECONDS)
            await asyncio.gather(*(self._look_again(one, one.look) for one in self.watched if one.look))
            passed = self.clock() - started
            verdicts = await self._judged(passed, last=passed >= seconds)
            settled = passed >= SETTLING_SECONDS and all(one.settled for one in verdicts)
            if settled or passed >= seconds:
                return verdicts

    async def end(self, alert: dict[str, Any]) -> None:
        """Ends the alert, so that nothing stays firing. It would end by itself a little later."""
        over = alert | {"endsAt": _rfc3339(datetime.now(UTC))}
        live = [one.replica for one in self.watched if one.look and not one.look.gone]
        await asyncio.gather(*(one.post([over]) for one in live), return_exceptions=True)

    def notes(self) -> tuple[str, ...]:
        """What limited the test."""
        down = [f"not asked: {one.failed}" for one in self.watched if one.look is None]
        looks = [one.look for one in self.watched if one.look]
        if looks and not all(look.now.by_receiver for look in looks):
            down.append(FEATURE)
        return tuple(down + ([self.no_logs] if self.no_logs else []))

    async def _first_look(self, one: _Watched) -> None:
        try:
            status, counters = await asyncio.gather(one.replica.status(), one.replica.counters())
            loaded = await in_daemon_thread(lambda: answers.receivers(status.config))
        except AlertmanagerError as error:
            one.failed = str(error)
        else:
            one.look = Look(one.replica.place, counters, counters, loaded)

    async def _look_again(self, one: _Watched, look: Look) -> None:
        mine = [f'alertname="{ALERT_NAME}"', f'attempt="{self.mark}"']
        try:
            counters, groups = await asyncio.gather(one.replica.counters(), one.replica.groups(mine))
        except AlertmanagerError as error:
            refused = isinstance(error, AlertmanagerForbidden)
            why = "refused us" if refused else "did not answer"
            one.look = replace(look, gone=f"{one.replica.place} {why} meanwhile; test again")
        else:
            routed = frozenset(str(group.get("receiver", {}).get("name")) for group in groups)
            one.look = replace(
                look,
                now=counters,
                gone="",
                routed=look.routed | routed,
                muted=_muted(groups) or look.muted,
            )

    async def _judged(self, passed: float, *, last: bool) -> list[Verdict]:
        looks = [one.look for one in self.watched if one.look]
        verdicts = self._judge(passed).verdicts(looks)
        unsettled = any(not one.settled for one in verdicts)
        if self.logs is None or not (unsettled or last):
            return verdicts
        fresh = [line for line in (await self._read()).lines if line not in self.old_lines]
        names = [one.full_name for one in self.receivers]
        self.failures = failures(fresh, receivers=names, mark=self.mark)
        return self._judge(passed).verdicts(looks)

    def _judge(self, passed: float) -> Judge:
        return Judge(self.receivers, self.failures, self.no_logs, passed, self.concluded)

    async def _read(self) -> Excerpt:
        if self.logs is None:
            return Excerpt(missing=_NO_LOGS)
        excerpt = await self.logs.read()
        self.no_logs = excerpt.missing
        return excerpt


async def deliver_test(
    replicas: Sequence[AlertmanagerReplica],
    logs: AlertmanagerLogs | None,
    *,
    policy: str,
    receivers: Sequence[TestedReceiver],
    nonce: str,
    deadline: timedelta,
    annotations: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> TestResult:
    """Sends ``AlertPolicyTest`` of a policy (``namespace/name``) and tells what became of it.

    ``annotations``: those of the alert besides what it says itself, such as ``runbook_url``.
    ``deadline``: how long to wait for receivers that do not settle. Raises AlertmanagerError when no replica
    can be asked, or none takes the alert.
    """
    watched = [_Watched(one) for one in replicas]
    test = _Test(watched, logs, receivers, clock, pause)
    await test.begin()
    alert = _alert(policy, nonce, test.mark, deadline, annotations or {})
    await test.post(alert)
    try:
        verdicts = await test.watch(deadline.total_seconds())
    finally:
        await test.end(alert)
    outcomes = tuple(one.outcome for one in verdicts)
    return TestResult(nonce, datetime.now(UTC), outcomes, test.notes())


def _alert(
    policy: str, nonce: str, mark: str, deadline: timedelta, annotations: Mapping[str, str]
) -> dict[str, Any]:
    """The test alert as API v2 takes it.

    Without a severity that the usual default inhibition (InfoInhibitor) or a cluster's own routes know.
    """
    now = datetime.now(UTC)
    return {
        "labels": {
            "alertname": ALERT_NAME,
            "namespace": policy.partition("/")[0],
            "alert_policy": policy,
            "severity": "none",
            "sev": "sev2",
            "test": "true",
            "nonce": nonce,
            "attempt": mark,
        },
        "annotations": {
            "summary": f"Test of the alert policy {policy}",
            "description": "Someone asked Fireline to prove that this receiver is reached. Nothing is wrong.",
            **annotations,
        },
        "startsAt": _rfc3339(now),
        "endsAt": _rfc3339(now + deadline + _OUTLIVES),
    }


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _muted(groups: Sequence[dict[str, Any]]) -> str:
    """What keeps the alert from being sent, as its groups show it."""
    states = [alert.get("status", {}) for group in groups for alert in group.get("alerts", ())]
    for field_, words in (
        ("silencedBy", "a silence mutes the test alert"),
        ("inhibitedBy", "another alert inhibits the test alert"),
        ("mutedBy", "a time interval mutes the test alert"),
    ):
        if any(state.get(field_) for state in states):
            return f"not sent: {words}"
    return ""
