"""Status of an AlertPolicy, as schema: what the API server keeps and ``kubectl explain`` shows.

``fireline.alerting.status`` writes it; a field that is not listed here would be dropped by the API server.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api.common import ListKind, StatusModel
from fireline.api.slo_status import Condition, Figure, Timestamp

Name = Annotated[str, Field(max_length=253)]
Words = Annotated[str, Field(max_length=1024)]


class Selected(StatusModel):
    """The objects that belong to this policy. Brought up to date at most every ten minutes: labels of
    alerts, which decide who is told, are changed at once, and need no write here."""

    count: int
    """How many."""
    names: Annotated[list[Name], Field(max_length=100)] | None = None
    """Their names, at most 100, in order."""
    as_of: Timestamp | None = None
    """When that was so."""


class Overlapping(StatusModel):
    """An object this policy selects too, and that belongs to another one."""

    slo: Name
    """Name of the ServiceLevelObjective."""
    policy: Name
    """The policy it belongs to."""


class Delivery(StatusModel):
    """How the routes reach Alertmanager."""

    mode: Literal["AlertmanagerConfig", "Secret"]
    """What is written."""
    reason: Words
    """Why."""


class Escalation(StatusModel):
    """What the escalation promises."""

    mode: Literal["Provider", "Alertmanager", "Rules", "None"]
    """Who does it."""
    worst_case_delay: Words | None = None
    """When the last level is told at the latest, counted from the first alert, without a fault."""


class HoursNow(StatusModel):
    """A timetable."""

    name: Name
    """Its name in the spec."""
    utc_offset: Annotated[str, Field(max_length=8)]
    """Offset from UTC that holds now, such as `+02:00`."""


class Outcome(StatusModel):
    """One receiver in the last test."""

    receiver: Name
    """Its name in the spec."""
    message: Words | None = None
    """What happened, in words."""


class LastTest(StatusModel):
    """The last test alert. Sent on demand: annotation `fireline.dev/test` with a new value."""

    nonce: Annotated[str, Field(max_length=64)]
    """Value of the annotation it was sent for."""
    at: Timestamp | None = None
    """When its result was known."""
    state: Literal["Running", "Delivered", "Failed", "Unknown"]
    """`Delivered` when every receiver took it; `Unknown` when that could not be found out for some."""
    delivered: Annotated[list[Name], Field(max_length=32)] | None = None
    """Receivers that took it."""
    failed: Annotated[list[Outcome], Field(max_length=32), ListKind(("receiver",))] | None = None
    """Receivers that did not."""
    unknown: Annotated[list[Outcome], Field(max_length=32), ListKind(("receiver",))] | None = None
    """Receivers of which it is not known."""
    notes: Annotated[list[Words], Field(max_length=8)] | None = None
    """What limited the test."""


class FalsePositives(StatusModel):
    """Pages that spent no budget worth waking anyone for."""

    share: Figure | None = None
    """Percentage of all pages."""
    before: Figure | None = None
    """The same in the period before."""


class DetectionTime(StatusModel):
    """How long it took from the first bad event to the page."""

    sev: Annotated[str, Field(max_length=8)]
    """Severity of the page."""
    median: Annotated[str, Field(max_length=24)]
    """Of half of the losses of budget it was at most this."""
    p90: Annotated[str, Field(max_length=24)]
    """Of nine in ten."""
    target: Annotated[str, Field(max_length=24)] | None = None
    """What `spec.quality.detectionWithin` asks for."""
    met: bool | None = None
    """Whether nine in ten met the target."""


class QualityFigures(StatusModel):
    """How good the alerting was, from the history in Prometheus. What cannot be known is absent."""

    period: Annotated[str, Field(max_length=16)] | None = None
    """Time that was looked at."""
    as_of: Timestamp | None = None
    """When."""
    coverage: Figure | None = None
    """Percentage of that time of which there is history."""
    episodes: int | None = None
    """Times an alert began to fire."""
    pages: int | None = None
    """Times people were to be woken."""
    pages_per_week: Figure | None = None
    """The same, per week."""
    off_hours_pages: int | None = None
    """Pages outside of business hours."""
    flapping: int | None = None
    """Alerts that fired three times within an hour."""
    never_fired: int | None = None
    """Alerts that never fired."""
    mean_time_to_resolve: Annotated[str, Field(max_length=24)] | None = None
    """From firing to resolved."""
    precision: Figure | None = None
    """Percentage of pages whose tier's share of the budget was really spent."""
    recall: Figure | None = None
    """Percentage of real losses of budget that had a page."""
    false_positives: FalsePositives | None = None
    """Pages for nothing."""
    detection: Annotated[list[DetectionTime], Field(max_length=3), ListKind(("sev",))] | None = None
    """Time to detection of the losses of budget that had a page."""


class Status(StatusModel):
    """What Fireline last saw of this policy."""

    observed_generation: int | None = None
    """Generation of the spec this status is about."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListKind(("type",))] | None = None
    """Ready, Stalled, Valid, Selected, SecretsResolved, RunbooksPresent, RoutesLoaded, EscalationBounded."""
    selected: Selected | None = None
    """The objects that belong to this policy."""
    overlapping: Annotated[list[Overlapping], Field(max_length=100), ListKind(("slo",))] | None = None
    """Objects it selects that belong to another policy, at most 100."""
    routes: int | None = None
    """Number of routes in Alertmanager's configuration."""
    delivery: Delivery | None = None
    """How the routes reach Alertmanager."""
    escalation: Escalation | None = None
    """What the escalation promises."""
    hours: Annotated[list[HoursNow], Field(max_length=8), ListKind(("name",))] | None = None
    """The timetables."""
    last_test: LastTest | None = None
    """The last test alert."""
    quality: QualityFigures | None = None
    """How good the alerting was."""
