"""What a ServiceLevelObjective measures, as users write it. Part of :mod:`fireline.api.slo`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, ListKind, Rule, Text, exactly_one

Selector = Annotated[
    str,
    Text(r"^[^\x00]+$", 2048, 'a metric selector, such as http_requests_total{job="checkout"}'),
]
Query = Annotated[
    str,
    Text(r"^[^\x00]+$", 8192, "a PromQL expression, such as sum(rate(http_requests_total[$window]))"),
]


class Events(ApiModel):
    """Which events to count: a metric selector, or a query for anything a selector cannot say."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("metric", "query"),)

    metric: Selector | None = None
    """Selector of a counter, such as `http_requests_total{job="checkout"}`; Fireline adds rate and sum."""
    query: Query | None = None
    """PromQL that yields events per second over `[$window]`, such as `sum(rate(requests_total[$window]))`."""


class Ratio(ApiModel):
    """Bad (or good) events out of all events."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("bad", "good"),)

    bad: Events | None = None
    """Events that spend error budget. Preferred to `good`: a service without errors may lack the series."""
    good: Events | None = None
    """Events that went well; everything else counts as bad."""
    total: Events
    """All events."""


class Latency(ApiModel):
    """Requests that were fast enough, from a histogram."""

    histogram: Selector
    """The histogram without `_bucket`, such as `http_request_duration_seconds{job="checkout"}`."""
    type: Literal["Classic", "Native"] = "Classic"
    """`Classic` reads `_bucket` series, `Native` reads native histograms."""
    below: strings.Duration
    """Good is what took at most this long, such as `300ms`. For Classic it must be a bucket bound."""


class Threshold(ApiModel):
    """Time during which a value stayed on the right side of a limit."""

    query: Query
    """PromQL whose value is compared, such as `max(queue_depth{queue="mail"})`."""
    operator: Literal["LessThan", "LessOrEqual", "GreaterThan", "GreaterOrEqual"]
    """The time is good while `query operator value` is true."""
    value: strings.Number
    """The limit, as a decimal number in quotes, such as `"1000"`."""


class Availability(ApiModel):
    """Time during which a 0/1 gauge was 1."""

    metric: Selector
    """Selector of the gauge, such as `probe_success{job="blackbox"}`."""


class Synthetic(ApiModel):
    """Outcomes of a SyntheticCheck in the same namespace."""

    check: strings.ObjectName
    """Name of the SyntheticCheck."""
    measure: Literal["Availability", "Latency"] = "Availability"
    """`Availability` counts failed runs as bad, `Latency` those slower than the check allows."""


class Member(ApiModel):
    """One objective of a composite."""

    name: strings.ObjectName
    """Name of a ServiceLevelObjective in the same namespace."""
    weight: strings.Factor | None = None
    """How much it counts with method Weighted, as a decimal number in quotes. Default: 1."""


class Composite(ApiModel):
    """Several objectives of the namespace seen as one."""

    method: Literal["Weighted", "Worst"]
    """`Weighted` adds up the members' burn by weight, `Worst` follows the member that burns fastest."""
    objectives: Annotated[list[Member], Field(min_length=1, max_length=20), ListKind(("name",))]
    """The members."""


class ErrorRatio(ApiModel):
    """A free error ratio, for migrations; weighted by time instead of requests, hence approximate."""

    query: Query
    """PromQL that yields the share of bad events, between 0 and 1, over `[$window]`."""


class Indicator(ApiModel):
    """What is measured. Exactly one kind."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("ratio", "latency", "threshold", "availability", "synthetic", "composite", "errorRatio"),
    )

    ratio: Ratio | None = None
    """Bad (or good) events out of all events."""
    latency: Latency | None = None
    """Requests that were fast enough, from a histogram."""
    threshold: Threshold | None = None
    """Time during which a value stayed on the right side of a limit."""
    availability: Availability | None = None
    """Time during which a 0/1 gauge was 1."""
    synthetic: Synthetic | None = None
    """Outcomes of a SyntheticCheck in the same namespace."""
    composite: Composite | None = None
    """Several objectives of the namespace seen as one."""
    error_ratio: ErrorRatio | None = None
    """A free error ratio, for migrations; approximate."""
