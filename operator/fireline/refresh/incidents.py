"""What goes on beside the record of incidents, in one piece for the planner: looking and telling.

Put together by ``fireline.app``; implements ``fireline.slo.incidents.Bystander``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fireline.api.plan import Key, Seen
from fireline.api.resources import SLO
from fireline.incident.cloudevents import Origin
from fireline.incident.model import Gathered
from fireline.prometheus.source import MetricsSource
from fireline.refresh.events_sink import EventExport
from fireline.refresh.evidence import EvidenceGatherer
from fireline.settings import Settings
from fireline.slo.model import Objective


class IncidentWatch:
    """Both loops. Without a sink in the settings nothing is told to anybody."""

    def __init__(
        self,
        settings: Settings,
        sources: Mapping[str, MetricsSource],
        *,
        seen: Callable[[], Seen],
        enqueue: Callable[[Iterable[Key]], None],
    ) -> None:
        own = settings.incidents
        self._evidence = EvidenceGatherer(own, sources, enqueue=enqueue)
        self._export: EventExport | None = None
        if own.events.urls:
            # Here and not above: without a sink nobody pays for another HTTP client.
            from fireline.refresh.sink_client import SinkClient  # noqa: PLC0415

            origin = Origin(settings.instance, own.environment or "")
            self._export = EventExport(SinkClient(own.events).post, origin, seen=seen, enqueue=enqueue)

    def gathered(self, incident: str) -> Gathered | None:
        """See :meth:`fireline.slo.incidents.Bystander.gathered`."""
        return self._evidence.gathered(incident)

    def exported(self, key: Key) -> Mapping[str, int]:
        """See :meth:`fireline.slo.incidents.Bystander.exported`."""
        return self._export.exported(key) if self._export else {}

    def planned(self, objective: Objective, incidents: Sequence[Mapping[str, Any]]) -> None:
        """See :meth:`fireline.slo.incidents.Bystander.planned`."""
        self._evidence.planned(objective, incidents)
        if self._export is not None:
            self._export.planned(Key(SLO.kind, objective.namespace, objective.name))

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._evidence.run(), name="evidence of incidents")
            if self._export is not None:
                group.create_task(self._export.run(), name="events of incidents")
