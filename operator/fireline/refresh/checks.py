"""What the check planner must know from outside of Kubernetes. Implements ``synthetic.plan.Observer``.

Put together by ``fireline.app``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from fireline.api.plan import Key
from fireline.refresh.refused_pods import RefusedPods
from fireline.synthetic.classify_pod import Waiting
from fireline.synthetic.runs import Run


class Probers(Protocol):
    """Knows what the probers have run."""

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        """Finished runs of one check that may not be counted yet."""

    def known_until(self, key: Key, uid: str) -> datetime | None:
        """Up to when they are complete; None when that is now."""

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        """When the slots of a new check begin; None for a check without prober."""

    def waiting(self, key: Key) -> tuple[str, Waiting] | None:
        """The name of the Deployment that does not run a check, or cannot be heard, and why."""


class CheckWatch:
    """Remembers which checks were scraped while their counters were 0. On the event loop only."""

    def __init__(
        self, probers: Probers, refused: RefusedPods, *, enqueue: Callable[[Iterable[Key]], None]
    ) -> None:
        self._probers = probers
        self._refused = refused
        self._enqueue = enqueue
        self._scraped: dict[Key, str] = {}

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        """See :meth:`fireline.synthetic.plan.Observer.runs`."""
        return self._probers.runs(key, uid)

    def known_until(self, key: Key, uid: str) -> datetime | None:
        """See :meth:`fireline.synthetic.plan.Observer.known_until`."""
        return self._probers.known_until(key, uid)

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        """See :meth:`fireline.synthetic.plan.Observer.since`."""
        return self._probers.since(key, uid, created)

    def waiting(self, key: Key) -> tuple[str, Waiting] | None:
        """See :meth:`fireline.synthetic.plan.Observer.waiting`."""
        return self._probers.waiting(key)

    def refusal(self, key: Key, job: str) -> str:
        """See :meth:`fireline.synthetic.plan.Observer.refusal`."""
        return self._refused.of(key, job)

    def zeros_seen(self, key: Key, uid: str) -> bool:
        """See :meth:`fireline.synthetic.plan.Observer.zeros_seen`."""
        return self._scraped.get(key) == uid

    def scraped(self, waiting: Mapping[Key, str]) -> None:
        """These checks, with these uids, have just shown their counters as 0."""
        news = [key for key, uid in waiting.items() if self._scraped.get(key) != uid]
        self._scraped = dict(waiting)
        self._enqueue(news)
