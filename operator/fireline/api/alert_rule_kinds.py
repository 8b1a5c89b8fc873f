"""What an alert rule may look at, one class per type. Part of :mod:`fireline.api.alert_rule`.

Every type says what it does when data is missing: none takes it for a value.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from fireline.api import strings
from fireline.api.alert_rule_text import LimitPercent, Quantile
from fireline.api.common import ApiModel, Rule, Text, exactly_one
from fireline.api.slo_indicator import Events, Query, Selector


class ValueThreshold(ApiModel):
    """A value above or below a limit. Missing data and NaN never fire: add a rule of type absent."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("above", "below"),)

    query: Query
    """PromQL about one moment, such as `max(queue_depth{queue="mail"})`. Of several series in a group the
    worst counts."""
    above: strings.Number | None = None
    """Fires while the value is above this, a decimal number in quotes."""
    below: strings.Number | None = None
    """Fires while the value is below this, a decimal number in quotes."""
    resolve: strings.Number | None = None
    """Once it fires, goes on until the value is back at this limit, so that it does not flap: at most
    `above`, or at least `below`."""
    unit: Literal["Seconds", "Bytes", "Ratio", "Percent"] | None = None
    """How people are shown the value: `Ratio` is 0 to 1, `Percent` 0 to 100."""


class EventRatio(ApiModel):
    """Too large a share of bad events. Silent without any event, and while `total` is missing; a missing
    `bad` (no error was ever counted) is no bad event."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("bad", "good"),)

    bad: Events | None = None
    """Events that went wrong."""
    good: Events | None = None
    """Events that went well; everything else counts as bad."""
    total: Events
    """All events."""
    window: strings.Duration = "5m"
    """The time the share is taken over; what `$window` stands for."""
    above: LimitPercent
    """Fires while more than this percentage of events is bad, in quotes, such as `"5"`."""


class LatencyQuantile(ApiModel):
    """A quantile of a histogram that is too high. Silent without any event and while data is missing.

    A quantile beyond the largest bucket of a classic histogram reads as that bucket's bound: choose
    `above` below it.
    """

    histogram: Selector
    """The histogram without `_bucket`, such as `http_request_duration_seconds{job="checkout"}`."""
    type: Literal["Classic", "Native"] = "Classic"
    """`Classic` reads `_bucket` series, `Native` reads native histograms."""
    quantile: Quantile = "0.95"
    """Which one, in quotes: `"0.95"` is what 95 % of events stay below."""
    above: strings.Duration
    """Fires while the quantile is above this, such as `500ms`. The histogram counts seconds."""
    window: strings.Duration = "5m"
    """The time whose events are looked at."""


class RateDrop(ApiModel):
    """Fewer events than usual: the median of the same hour of past weeks is what is usual.

    Silent while data is missing, now or in all of the weeks: add a rule of type absent for a service that
    may vanish.
    """

    total: Events
    """What is counted."""
    window: strings.Duration = "5m"
    """The time the present rate is taken over; what `$window` stands for."""
    by_percent: strings.OpenPercent
    """Fires while the rate is lower by more than this percentage, in quotes, such as `"50"`."""
    weeks: Literal[1, 2, 3, 4] = 4
    """How many past weeks are looked at; those without data are left out."""
    minimum: strings.Factor
    """Silent while the usual rate is below so many events per second: small numbers drop by chance."""


class Absent(ApiModel):
    """Series that are not there. Without groupBy it also fires for what never was: a name misspelt, too.

    Default of the rule's `for`: 5m, since series are missing for a moment at every restart."""

    series: Selector
    """Selector of the series, such as `up{job="checkout"}`."""
    remember: strings.Duration = "1h"
    """With groupBy, a group that was there so lately is missed; one that is gone for longer is forgotten."""


class Freshness(ApiModel):
    """Something that did not happen for too long. Missing data never fires with `query`: there is no time
    to compare with, so add a rule of type absent."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("query", "series"),)

    query: Query | None = None
    """PromQL that yields the Unix time it last happened, such as `max(backup_success_timestamp_seconds)`."""
    series: Selector | None = None
    """Selector of series whose last sample must not be older. Fires for those that were there before; after
    twice as long and an hour more they are forgotten."""
    older_than: strings.Duration
    """Fires when it is longer ago than this, such as `26h`."""


class Cardinality(ApiModel):
    """Too many series, or many more than a day ago. Silent while data is missing, now or a day ago."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("above", "growthPercent"),
        Rule(
            "self.by == 'Job' || has(self.matching)",
            'counting by metric reads every series; narrow it, for example matching: {job="checkout"}',
            lambda given: given.by == "Job" or given.matching is not None,
        ),
    )

    by: Literal["Job", "Metric"] = "Job"
    """`Job` reads what scrapes report of themselves, which costs little; `Metric` counts the series of each
    metric."""
    matching: (
        Annotated[
            str,
            Text(r"^\{[^\x00]+\}$", 1024, 'label matchers in braces, such as {job="checkout"}'),
        ]
        | None
    ) = None
    """Which series are counted, as label matchers in braces."""
    above: strings.Count | None = None
    """Fires above so many series, in quotes."""
    growth_percent: strings.Factor | None = None
    """Fires when there are more than a day ago by this percentage, in quotes, such as `"20"`."""
    minimum: strings.Count = "1000"
    """With growthPercent, silent below so many series, in quotes."""


class Forecast(ApiModel):
    """A gauge that reaches a limit soon, going on as it did lately. Silent while data is missing, and while
    less than half of `history` is there. Default of the rule's `for`: 1h."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("above", "below", "capacity"),
        Rule(
            "has(self.capacity) || has(self.gate)",
            "gate is needed with above and below: far from the limit, every slope reaches it some day",
            lambda given: given.capacity is not None or given.gate is not None,
        ),
    )

    query: Query
    """PromQL about one moment that yields the level, such as `sum(disk_used_bytes)`."""
    above: strings.Number | None = None
    """Fires when the level will rise above this."""
    below: strings.Number | None = None
    """Fires when the level will fall below this, such as `"0"` for what is free."""
    capacity: Query | None = None
    """PromQL that yields what the level may reach; the level is then seen as a percentage of it."""
    within: strings.Duration
    """How far ahead to look, such as `4d`."""
    history: strings.Duration = "6h"
    """The time whose trend goes on."""
    gate: strings.Number | None = None
    """Silent until the level is at this already: a level for above and below, with capacity a percentage.
    Default with capacity: `"50"`."""


class QueueSLA(ApiModel):
    """A backlog that takes too long to work off at the present pace; one that nobody works off fires as well.

    Silent while the backlog is empty, and while data on either side is missing.
    """

    backlog: Query
    """PromQL about one moment that yields how much waits, such as `sum(queue_depth{queue="mail"})`."""
    drain_rate: Events
    """What is worked off: a counter, or a query that yields so much per second over `[$window]`."""
    window: strings.Duration = "5m"
    """The time the pace is taken over; what `$window` stands for."""
    within: strings.Duration
    """Fires while working off the backlog takes longer than this."""


class Expression(ApiModel):
    """Any PromQL that ends in a comparison. Fires for what it yields; missing data yields nothing."""

    query: Query
    """PromQL with a comparison, such as `sum(rate(errors_total[5m])) > 10`."""
