"""An Alertmanager held in memory, for unit tests of what asks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fireline.alertmanager.replica import Counters, Status
from fireline.errors import AlertmanagerError

_NOTHING = Counters({}, by_receiver=True, epoch=(1.0, 1.0))


class InMemoryAlertmanager:
    """Implements :class:`~fireline.alertmanager.replica.AlertmanagerReplica` over plain values.

    ``scrapes`` gives the counters of each scrape in turn, the last one for ever; ``grouped`` makes the groups
    of the alerts posted; ``down`` holds the error text of an outage while there is one.
    """

    def __init__(
        self,
        *,
        status: Status | None = None,
        scrapes: Sequence[Counters] = (),
        grouped: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda _: [],
        place: str = "http://memory",
    ) -> None:
        self.running = status or Status("0.28.1", "receivers: []")
        self.scrapes = list(scrapes) or [_NOTHING]
        self.grouped = grouped
        self.place = place
        self.down: str | None = None
        self.error: type[AlertmanagerError] = AlertmanagerError
        self.posted: list[dict[str, Any]] = []
        self.held: list[dict[str, Any]] = []
        self.silenced: list[dict[str, Any]] = []

    async def status(self) -> Status:
        """``running``."""
        self._up()
        return self.running

    async def alerts(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """``held``; filters are the server's business."""
        del filters
        self._up()
        return self.held

    async def groups(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """What ``grouped`` makes of the alerts posted."""
        del filters
        self._up()
        return self.grouped(self.posted)

    async def silences(self) -> list[dict[str, Any]]:
        """``silenced``."""
        self._up()
        return self.silenced

    async def post(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Keeps them in ``posted``."""
        self._up()
        self.posted.extend(dict(one) for one in alerts)

    async def counters(self) -> Counters:
        """The next scrape."""
        self._up()
        return self.scrapes.pop(0) if len(self.scrapes) > 1 else self.scrapes[0]

    def _up(self) -> None:
        if self.down:
            raise self.error(f"{self.place}: {self.down}")
