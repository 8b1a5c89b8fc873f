"""Looks at the Deployments of ``trigger.rolloutFailed``, with the rights of each Mitigation's ServiceAccount.

Part of ``mitigations``. One read for a Deployment whose rollout has come to its end, two for any other; some
at a time, because the API server has other things to do during an outage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fireline.api.plan import Answer, Call
from fireline.mitigation.model import Signal
from fireline.mitigation.questions import AskedRollout
from fireline.mitigation.rollout import rollout_answered, rollout_calls
from fireline.mitigation.verdicts import Verdict
from fireline.promql.durations import Duration

Ask = Callable[[Call], Awaitable[Answer]]
"""Makes a call and tells what came of it; see :class:`fireline.kube.calls.Calls`."""
AT_A_TIME = 8
"""Deployments that are looked at together."""
_REASONS = {"True": "RolloutFailed", "False": "RolledOut", "Unknown": "RolloutUnknown"}


class Rollouts:
    """``clock`` tells the time of day, which is compared with times of the API server."""

    def __init__(self, ask: Ask, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ask = ask
        self._clock = clock
        self._room = asyncio.Semaphore(AT_A_TIME)

    async def look(self, asked: AskedRollout, earlier: Signal | None) -> Verdict:
        """One look at a Deployment; ``earlier`` is what the look before it came to."""
        calls = rollout_calls(asked.namespace, asked.deployment, user=asked.user)
        answers: dict[str, Answer] = {}
        within = Duration.parse(asked.within)
        async with self._room:
            for call in calls:
                answers[call.name] = await self._ask(call)
                found = rollout_answered(answers, within=within, now=self._clock(), earlier=earlier)
                if found.state == "False":
                    break
        return Verdict(
            found.state,
            _REASONS[found.state],
            found.message,
            found.value,
            found.since.timestamp() if found.since is not None else None,
            found.details,
        )
