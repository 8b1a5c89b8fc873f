"""The incident record as schema: ``status.incidents`` of a ServiceLevelObjective. Part of
:mod:`fireline.api.slo_status`.

``fireline.incident`` writes it. Facts are never changed once they are written; everything else of an incident
follows from them and from what was measured. Sizes are limited by ``fireline.incident.limits``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api.common import ListKind, StatusModel

Timestamp = Annotated[str, Field(max_length=35, json_schema_extra={"format": "date-time"})]
Figure = Annotated[str, Field(max_length=32)]
Word = Annotated[str, Field(max_length=128)]
Line = Annotated[str, Field(max_length=512)]
Phase = Literal["Detect", "Triage", "Mitigate", "Resolve", "Verify", "Postmortem"]


class Fact(StatusModel):
    """Something that happened. Never changed once it is written."""

    seq: int
    """Counts the facts of this incident in the order in which they were written down, from 1."""
    event_time: Timestamp
    """When it happened."""
    recorded_time: Timestamp
    """When it was written down."""
    phase: Phase
    """Which part of the work it belongs to."""
    type: Word
    """What it is, such as `alert.fired` or `mitigation.applied`."""
    actor: Annotated[str, Field(max_length=256)]
    """Who did it: `operator`, a user, or `unknown`."""
    source: Annotated[str, Field(max_length=256)]
    """Where it is known from, such as `Alert/PageFast` or `Mitigation/shop/rollback`."""
    summary: Line
    """What happened, in one sentence."""
    data: Annotated[dict[str, Line], Field(max_length=12)] | None = None
    """The same for machines."""
    evidence: Annotated[list[Line], Field(max_length=4)] | None = None
    """Where it can be looked up."""


class Phases(StatusModel):
    """When each part of the work was reached; what is absent was not reached."""

    detect: Timestamp | None = None
    """The first burn-rate alert fired, or the first run of a check failed."""
    triage: Timestamp | None = None
    """A person took notice, or a mitigation was proposed."""
    mitigate: Timestamp | None = None
    """The first mitigation was in place."""
    resolve: Timestamp | None = None
    """The last alert that kept it open stopped firing."""
    verify: Timestamp | None = None
    """A mitigation was seen to help, or a check that had failed succeeded."""
    postmortem: Timestamp | None = None
    """A person named the page where it is written up."""


class Spending(StatusModel):
    """What it cost, in percent of the whole error budget."""

    at_impact: Figure | None = None
    """Consumed when users first felt it."""
    at_detection: Figure | None = None
    """Consumed when it was detected."""
    at_resolution: Figure | None = None
    """Consumed once it was over."""
    spent: Figure | None = None
    """The difference to `atImpact` or, where that is not known, to `atDetection`."""


class BurnSeen(StatusModel):
    """A burn rate at the time of detection."""

    window: Annotated[str, Field(max_length=24)]
    """The window."""
    value: Figure
    """Multiple of the rate that spends exactly the budget over the SLO window."""


class SeriesSeen(StatusModel):
    """A series with bad events at the time of detection."""

    labels: Annotated[dict[str, Word], Field(max_length=16)]
    """Its labels; values that look like secrets are left out."""
    per_second: Figure
    """Bad events per second over five minutes."""


class RolloutSeen(StatusModel):
    """A new ReplicaSet within the hour before detection."""

    workload: Annotated[str, Field(max_length=320)]
    """Whose it is, such as `Deployment/checkout`."""
    replica_set: Annotated[str, Field(max_length=253)]
    """Its name."""
    at: Timestamp
    """When it was made."""


class FailedRun(StatusModel):
    """The last failing run of a check at the time of detection."""

    check: Annotated[str, Field(max_length=128)]
    """The check."""
    outcome: Word
    """`failure` or `error`."""
    step: Word | None = None
    """The step that decided it."""
    message: Line | None = None
    """Why, in words."""
    at: Timestamp | None = None
    """When it ended."""


class Link(StatusModel):
    """Where to look."""

    name: Word
    """Name of the template in the settings."""
    url: Annotated[str, Field(max_length=1024)]
    """The address."""


class Evidence(StatusModel):
    """What was seen right after detection, as long as it can be seen."""

    at: Timestamp
    """When it was looked at."""
    burn_rates: Annotated[list[BurnSeen], Field(max_length=12)] | None = None
    """How fast the budget was being spent."""
    top_series: Annotated[list[SeriesSeen], Field(max_length=5)] | None = None
    """The series with most bad events."""
    groups: Annotated[list[Word], Field(max_length=10)] | None = None
    """With groupBy: the groups whose alerts fired."""
    rollouts: Annotated[list[RolloutSeen], Field(max_length=10)] | None = None
    """New ReplicaSets in the namespace within the hour before; empty when there were surely none."""
    failed_run: FailedRun | None = None
    """The last failing run of a check."""
    trace_ids: Annotated[list[Word], Field(max_length=3)] | None = None
    """Traces of bad events, from exemplars."""
    links: Annotated[list[Link], Field(max_length=20)] | None = None
    """Where to look, from the templates in the operator's settings."""
    missing: Annotated[list[Line], Field(max_length=8)] | None = None
    """What could not be read, and why."""


class Incident(StatusModel):
    """One incident of this SLO: from its first alert until all is well, and what was learned."""

    id: Annotated[str, Field(max_length=32)]
    """Its name, such as `inc-1f0c2a9b3d`: the same whoever computes it."""
    state: Literal["Open", "Resolved"]
    """Whether it goes on."""
    alertname: Word
    """The alert that opened it."""
    tier: Word
    """Its tier, such as PageFast."""
    started_at: Timestamp
    """When that alert began."""
    severity: Annotated[str, Field(max_length=8)]
    """The most severe of its alerts: sev0 outage or danger to people or money, sev1 major degradation, sev2
    partial or localised."""
    scope: Annotated[str, Field(max_length=1024)] | None = None
    """Who is affected, as far as the SLO's groups tell."""
    service: Annotated[str, Field(max_length=253)] | None = None
    """The service."""
    owner: Annotated[str, Field(max_length=256)] | None = None
    """Who cares for it: label or annotation `owner` or `team`, else the AlertPolicy."""
    firing: Annotated[list[Word], Field(max_length=24)] | None = None
    """Tiers of its alerts that fire."""
    quiet_since: Timestamp | None = None
    """Since when no alert that keeps it open is known to fire."""
    impact_start: Timestamp | None = None
    """When the budget began to burn, according to the recorded series; absent when that is not known."""
    phases: Phases | None = None
    """When each part of the work was reached."""
    time_to_detect: Figure | None = None
    """From `impactStart` to detection."""
    time_to_mitigate: Figure | None = None
    """From detection to the first mitigation in place."""
    time_to_resolve: Figure | None = None
    """From `impactStart` to the end."""
    budget: Spending | None = None
    """What it cost."""
    facts: Annotated[list[Fact], Field(max_length=60), ListKind(("seq",))] | None = None
    """What happened, in the order in which it was written down."""
    truncated: bool | None = None
    """There was more than is kept here."""
    evidence: Evidence | None = None
    """What was seen right after detection."""
    exported: int | None = None
    """The last fact that the sink for events has taken."""


Incidents = Annotated[list[Incident], Field(max_length=11), ListKind(("id",))]
"""The open one and the last ten, the newest first."""
