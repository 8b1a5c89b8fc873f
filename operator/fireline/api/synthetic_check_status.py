"""Status of a SyntheticCheck, as schema: what the API server keeps and ``kubectl explain`` shows.

``fireline.synthetic`` writes it; a field that is not listed here would be dropped by the API server. The
counts in it are the truth that /metrics exports: they are changed only together with the ledger that
says which runs are in them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api.common import ListKind, StatusModel
from fireline.api.slo_status import Condition, Figure, Timestamp

Word = Annotated[str, Field(max_length=128)]
Words = Annotated[str, Field(max_length=2048)]
Outcome = Literal["success", "failure", "error", "infra", "skipped"]
Identity = Annotated[str, Field(max_length=128)]


class StepResult(StatusModel):
    """One step of a run."""

    name: Word
    """Its name in the spec."""
    outcome: Word
    """What came of it."""
    ms: int | None = None
    """How long it took, in milliseconds, its retries included."""
    attempts: int | None = None
    """How many times it was tried."""
    message: Words | None = None
    """What went wrong."""


class CertificateSeen(StatusModel):
    """A certificate a run has seen."""

    step: Word
    """The step."""
    not_after: Timestamp
    """When it expires."""


class RunResult(StatusModel):
    """One run."""

    id: Identity | None = None
    """Identity of the run: the uid of its Job. None where nothing ran."""
    runs: int | None = None
    """How many runs this tells of, when nothing ran for a while."""
    until: Timestamp | None = None
    """With `runs`: the last time it was scheduled for."""
    job: Annotated[str, Field(max_length=253)] | None = None
    """Name of its Job."""
    trigger: Literal["Schedule", "Manual"]
    """What started it; only scheduled runs are counted."""
    slot: Timestamp | None = None
    """The time it was scheduled for."""
    outcome: Outcome
    """`success`, `failure` (something asserted does not hold), `error` (the target could not be reached or
    did not answer), `infra` (nothing could be measured) or `skipped`."""
    step: Word | None = None
    """The step that decided it."""
    reason: Word | None = None
    """Why, in one CamelCase word."""
    message: Words | None = None
    """Why, in words."""
    degraded: bool | None = None
    """Right but too slow."""
    flaky: bool | None = None
    """Succeeded only after a step was tried again."""
    attempts: int | None = None
    """The most tries a step needed."""
    started_at: Timestamp | None = None
    """When it began."""
    ended_at: Timestamp | None = None
    """When it ended."""
    duration_ms: int | None = None
    """How long the steps took, in milliseconds, without sweep and cleanup."""
    steps: Annotated[list[StepResult], Field(max_length=32)] | None = None
    """Its steps."""
    cleanup: Annotated[list[StepResult], Field(max_length=64)] | None = None
    """Its sweep and cleanup."""
    certificates: Annotated[list[CertificateSeen], Field(max_length=32)] | None = None
    """Certificates it has seen."""
    evidence: Annotated[str, Field(max_length=2048)] | None = None
    """What was asked and answered, without secrets."""


class Totals(StatusModel):
    """Counted runs since the check was made."""

    success: int | None = None
    """Everything asserted held."""
    failure: int | None = None
    """Something asserted did not hold."""
    error: int | None = None
    """The target could not be reached or did not answer."""
    infra: int | None = None
    """Nothing could be measured."""
    skipped: int | None = None
    """Suspended, in maintenance, or the run before was not over."""
    expected: int | None = None
    """Runs that there should have been."""
    degraded: int | None = None
    """Successes that were too slow."""
    flaky: int | None = None
    """Successes that needed another try."""
    manual: int | None = None
    """Runs on demand, which are in no other count."""


class Period(StatusModel):
    """Counted runs of a day or an hour in UTC."""

    success: int | None = None
    """As in `totals`."""
    failure: int | None = None
    """As in `totals`."""
    error: int | None = None
    """As in `totals`."""
    infra: int | None = None
    """As in `totals`."""
    skipped: int | None = None
    """As in `totals`."""
    expected: int | None = None
    """As in `totals`."""


class Day(Period):
    """Counted runs of one day."""

    day: Annotated[str, Field(max_length=10)]
    """The day in UTC."""


class Hour(Period):
    """Counted runs of one hour."""

    hour: Timestamp
    """Its start."""


class Durations(StatusModel):
    """How long measured runs took, as a histogram."""

    buckets: Annotated[list[int], Field(max_length=32)]
    """Runs at most as long as each bound, added up."""
    sum: Annotated[str, Field(max_length=32)]
    """Seconds of all."""
    count: int
    """How many."""


class AvailabilityNow(StatusModel):
    """What share of the measured runs succeeded."""

    value: Figure | None = None
    """Percentage; absent while nothing was measured."""
    window: Annotated[str, Field(max_length=8)] | None = None
    """Over so many UTC days, today included."""
    target: Figure | None = None
    """What is promised."""
    met: bool | None = None
    """Whether it is met; absent while too few runs measured something to know (`alert.coverageBelow`)."""


class Waiting(StatusModel):
    """Why the run of now does not start."""

    job: Annotated[str, Field(max_length=253)]
    """Its Job."""
    since: Timestamp | None = None
    """Since when."""
    reason: Word
    """Why, in one CamelCase word."""
    message: Words | None = None
    """Why, in words."""


class ScheduleNow(StatusModel):
    """The schedule as it is carried out."""

    cron: Annotated[str, Field(max_length=128)] | None = None
    """In UTC."""
    interval_seconds: int | None = None
    """Seconds between two runs; with cron the shortest."""
    next: Timestamp | None = None
    """Not kept up to date between runs: the next one when this was written."""


class Earlier(StatusModel):
    """What was in force before."""

    until: Timestamp
    """Up to and including this time."""
    schedule: Annotated[str, Field(max_length=256)]
    """The schedule."""
    suspended: bool | None = None
    """Whether it was suspended."""


class Ledger(StatusModel):
    """What is in the counts, so that nothing is counted twice and nothing is lost."""

    through: Timestamp
    """All scheduled runs up to this time are counted."""
    schedule: Annotated[str, Field(max_length=256)] | None = None
    """The schedule in force when this was written."""
    suspended: bool | None = None
    """Whether it was suspended then."""
    earlier: Annotated[list[Earlier], Field(max_length=100)] | None = None
    """What was in force before that, since `through`."""
    busy_until: Timestamp | None = None
    """When the last run was over, where that was so late that the next one could not start."""
    ingested: Annotated[list[Identity], Field(max_length=400)] | None = None
    """Runs on demand that were counted lately."""


class Manual(StatusModel):
    """The last run on demand: annotation `fireline.dev/run-now` with a new value."""

    nonce: Annotated[str, Field(max_length=64)]
    """Value of the annotation it was started for."""
    job: Annotated[str, Field(max_length=253)] | None = None
    """Its Job."""
    state: Literal["Running", "Done", "Refused"]
    """How far it is; `lastRun` or `history` has the result."""
    since: Timestamp | None = None
    """When its Job was made."""
    message: Words | None = None
    """Why it was refused."""


class Status(StatusModel):
    """What Fireline last saw of this check."""

    observed_generation: int | None = None
    """Generation of the spec this status is about."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListKind(("type",))] | None = None
    """Ready, Stalled, Valid, Selected, Scheduled, Fresh, Healthy."""
    last_run: RunResult | None = None
    """The last run."""
    last_scheduled: Timestamp | None = None
    """When the last run that is counted ended."""
    last_success: Timestamp | None = None
    """When the last successful run ended."""
    consecutive_failures: int | None = None
    """Counted runs in a row that failed or ended in an error; runs that measured nothing do not matter."""
    totals: Totals | None = None
    """Counted runs since the check was made."""
    durations: Durations | None = None
    """How long measured runs took."""
    days: Annotated[list[Day], Field(max_length=92), ListKind(("day",))] | None = None
    """Counted runs by day."""
    hours: Annotated[list[Hour], Field(max_length=4), ListKind(("hour",))] | None = None
    """Counted runs of the last hours."""
    coverage: Figure | None = None
    """Percentage of expected runs that measured something, over the window of `availability`."""
    availability: AvailabilityNow | None = None
    """What share of the measured runs succeeded."""
    history: Annotated[list[RunResult], Field(max_length=50)] | None = None
    """The last runs, the newest first."""
    waiting: Waiting | None = None
    """Why the run of now does not start."""
    schedule: ScheduleNow | None = None
    """The schedule as it is carried out."""
    counted: bool | None = None
    """Whether the counts are exported: Prometheus must see each counter at 0 first."""
    ledger: Ledger | None = None
    """What is in the counts."""
    manual: Manual | None = None
    """The last run on demand."""
