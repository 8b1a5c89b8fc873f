"""Status of a ServiceLevelObjective, as schema: what the API server keeps and ``kubectl explain`` shows.

``fireline.slo.status`` writes it; a field that is not listed here would be dropped by the API server.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api.common import ListKind, StatusModel
from fireline.api.slo_incident import Incidents

Figure = Annotated[str, Field(max_length=32)]
"""A rounded decimal number as text."""
Timestamp = Annotated[str, Field(max_length=35, json_schema_extra={"format": "date-time"})]


class Condition(StatusModel):
    """One aspect of the state, as in metav1.Condition."""

    type: Annotated[str, Field(max_length=64)]
    """Which aspect: Ready, Stalled, Valid, Selected, RulesLoaded, DataPresent, BudgetHealthy or
    FiguresAgree."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    observed_generation: int | None = None
    """Generation of the spec this was said about."""
    last_transition_time: Timestamp
    """When `status` last changed."""
    reason: Annotated[str, Field(max_length=128)]
    """Why, in one CamelCase word."""
    message: Annotated[str, Field(max_length=32768)]
    """Why, in words, and what to do about it."""


class Sli(StatusModel):
    """The measured service level, in percent."""

    current: Figure | None = None
    """Over the last five minutes."""
    window: Figure | None = None
    """Over the SLO window."""


class Exhaustion(StatusModel):
    """When the budget will be used up, rounded to about 1 % of the time left until then. Never a guess: what
    cannot be told yet is absent, and so is all of it once the budget is spent."""

    at_current_burn: Annotated[str, Field(max_length=35)] | None = None
    """When, if the burn rate of the last hour goes on and nothing comes back: a time, or `Never` (not within
    ten years)."""
    net_of_roll_off: Annotated[str, Field(max_length=35)] | None = None
    """The same, counting that old errors leave a rolling window meanwhile, and that a calendar period
    ends: a time, or `Never`."""


class Events(StatusModel):
    """The budget in events, or with Timeslices in slices, rounded to two digits."""

    bad: Annotated[str, Field(max_length=32)] | None = None
    """Bad events in the window."""
    total: Annotated[str, Field(max_length=32)] | None = None
    """Events in the window."""
    left: Annotated[str, Field(max_length=32)] | None = None
    """Bad events that the rest of the budget still allows, if the whole window has traffic like that seen;
    negative when overspent."""


class Period(StatusModel):
    """The running calendar period."""

    from_: Annotated[Timestamp | None, Field(alias="from")] = None
    """Its start."""
    to: Timestamp | None = None
    """Its end."""


class Judged(StatusModel):
    """The objective that the figures are judged by."""

    value: Figure
    """The objective in percent."""
    since: Timestamp | None = None
    """When it was last changed: figures reach back before it, but are judged by the new objective."""


class LastError(StatusModel):
    """The last thing that went wrong with this SLO."""

    message: Annotated[str, Field(max_length=1024)]
    """What it was."""
    at: Timestamp
    """When it was first seen."""


class Audit(StatusModel):
    """The last comparison of the recorded figures with the raw history."""

    consumed: Figure | None = None
    """Budget consumed according to the raw history, in percent."""
    drift: Figure | None = None
    """Recorded minus exact, in percentage points."""
    at: Timestamp | None = None
    """Until when events were compared. Moves only with another figure of the status."""


class Budget(StatusModel):
    """The error budget."""

    source: Literal["Pending", "Exact", "Recorded"] | None = None
    """`Exact` is counted from raw history, `Recorded` from recorded series, `Pending` waits for its turn."""
    queue_position: int | None = None
    """Place in the queue for exact figures while `source` is Pending."""
    total: Figure | None = None
    """The whole budget: percentage of events that may be bad."""
    consumed: Figure | None = None
    """Percentage of the budget that is spent; over 100 when the objective was missed."""
    remaining: Figure | None = None
    """Percentage of the budget that is left; negative when the objective was missed."""
    left: Annotated[str, Field(max_length=32)] | None = None
    """The remaining budget as time of total outage, such as 22m54s; of a calendar window, in the running
    period."""
    events: Events | None = None
    """The same in events, where events are counted."""
    weighting: Literal["Events", "Slices", "Time", "Weighted", "Worst"] | None = None
    """What the figures are weighted by: events, time slices, time (of a gauge; approximate for a free error
    ratio), or the members of a composite."""
    period: Period | None = None
    """The calendar period, with a calendar window."""
    coverage: Figure | None = None
    """Percentage of the window (so far, of a calendar period) that data was seen for."""
    exhaustion: Exhaustion | None = None
    """When the budget will be used up."""
    audit: Audit | None = None
    """The last comparison of the recorded figures with the raw history."""
    as_of: Timestamp | None = None
    """When these figures were measured. Moves only when a rounded figure does: mere time causes no write."""


class BurnRateReading(StatusModel):
    """How fast the budget was spent over one window."""

    window: Annotated[str, Field(max_length=24)]
    """The window: 5m, 30m, 1h, 2h, 6h, 1d, 3d, and those of burn-rate alerts of your own."""
    value: Figure
    """Multiple of the rate that spends exactly the budget over the SLO window."""


class AlertReading(StatusModel):
    """State of one alert."""

    tier: Annotated[str, Field(max_length=64)]
    """Tier of the alert, such as PageFast or Budget50; also one that the spec has no more, while it fires."""
    state: Literal["Inactive", "Pending", "Firing", "Unknown"]
    """What Prometheus says about it."""
    since: Timestamp | None = None
    """When it started to be pending or firing."""


class GroupReading(StatusModel):
    """Budget of one group of groupBy."""

    labels: Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=4)]
    """The group."""
    consumed: Figure
    """Percentage of the group's budget that is spent."""


class Status(StatusModel):
    """What Fireline sees and did. Written by the operator only."""

    observed_generation: int | None = None
    """Generation of the spec that this status is about."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListKind(("type",))] | None = None
    """Ready first: is this object carried out? A burning budget never makes it un-Ready."""
    tier: Annotated[str, Field(max_length=16)] | None = None
    """The tier of the spec."""
    alert_policy: Annotated[str, Field(max_length=128)] | None = None
    """The AlertPolicy its alerts belong to, with its namespace."""
    objective: Judged | None = None
    """The objective that the figures are judged by, and since when."""
    sli: Sli | None = None
    """The measured service level, in percent."""
    budget: Budget | None = None
    """The error budget."""
    burn_rates: Annotated[list[BurnRateReading], Field(max_length=24), ListKind(("window",))] | None = None
    """How fast the budget is being spent, by window."""
    alerts: Annotated[list[AlertReading], Field(max_length=24), ListKind(("tier",))] | None = None
    """State of each alert, the most severe first."""
    worst_groups: Annotated[list[GroupReading], Field(max_length=10)] | None = None
    """The groups that spent most, with groupBy, according to the recorded series."""
    groups: int | None = None
    """How many groups there are, with groupBy."""
    last_error: LastError | None = None
    """The last thing that went wrong, also when it is over; conditions say what is wrong now."""
    incidents: Incidents | None = None
    """The open incident and the last ten, the newest first."""
