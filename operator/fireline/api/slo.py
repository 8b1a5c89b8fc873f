"""ServiceLevelObjective as users write it: the schema of ``kubectl explain slo``, and its checks.

Read by ``fireline.api.crd`` (schema), ``fireline.slo.compile`` and the CLI (validation). What a
schema cannot say, PromQL above all, is checked in :mod:`fireline.slo.checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from fireline.api import common
from fireline.api.common import ApiModel, ListKind, Rule, Text, exactly_one

RESERVED_LABELS = (
    "namespace",
    "slo",
    "sli",
    "service",
    "severity",
    "sev",
    "slo_tier",
    "alert_policy",
    "window",
    "le",
    "alertname",
)
"""Labels Fireline sets itself on series and alerts: no user label and no groupBy may take them."""

_RESERVED_CEL = "[" + ", ".join(f"'{name}'" for name in RESERVED_LABELS) + "]"
_RESERVED_TEXT = f"these labels are set by Fireline and cannot be used: {', '.join(RESERVED_LABELS)}"
_WHOLE_DAYS = r"^([1-9]|[1-8][0-9]|90)d$|^([1-9]|1[0-2])w$"

Selector = Annotated[
    str,
    Text(r"^[^\x00]+$", 2048, 'a metric selector, such as http_requests_total{job="checkout"}'),
]
Query = Annotated[
    str,
    Text(r"^[^\x00]+$", 8192, "a PromQL expression, such as sum(rate(http_requests_total[$window]))"),
]
GroupLabel = Annotated[
    common.LabelName,
    Rule(f"!(self in {_RESERVED_CEL})", _RESERVED_TEXT, lambda name: name not in RESERVED_LABELS),
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
    below: common.Duration
    """Good is what took at most this long, such as `300ms`. For Classic it must be a bucket bound."""


class Threshold(ApiModel):
    """Time during which a value stayed on the right side of a limit."""

    query: Query
    """PromQL whose value is compared, such as `max(queue_depth{queue="mail"})`."""
    operator: Literal["LessThan", "LessOrEqual", "GreaterThan", "GreaterOrEqual"]
    """The time is good while `query operator value` is true."""
    value: common.Number
    """The limit, as a decimal number in quotes, such as `"1000"`."""


class Availability(ApiModel):
    """Time during which a 0/1 gauge was 1."""

    metric: Selector
    """Selector of the gauge, such as `probe_success{job="blackbox"}`."""


class Synthetic(ApiModel):
    """Outcomes of a SyntheticCheck in the same namespace."""

    check: common.ObjectName
    """Name of the SyntheticCheck."""
    measure: Literal["Availability", "Latency"] = "Availability"
    """`Availability` counts failed runs as bad, `Latency` those slower than the check allows."""


class Member(ApiModel):
    """One objective of a composite."""

    name: common.ObjectName
    """Name of a ServiceLevelObjective in the same namespace."""
    weight: common.Factor | None = None
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


class Window(ApiModel):
    """The time the objective is measured over."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("rolling", "calendar"),
        Rule(
            "!has(self.timeZone) || has(self.calendar)",
            "timeZone belongs to a calendar window; a rolling window has none",
            lambda window: window.time_zone is None or window.calendar is not None,
        ),
    )

    rolling: (
        Annotated[
            common.Duration,
            Rule(
                f"self.matches('{_WHOLE_DAYS}')",
                "must be whole days from 1d to 90d or whole weeks from 1w to 12w, for example 30d",
                lambda text: bool(re.search(_WHOLE_DAYS, text)),
            ),
        ]
        | None
    ) = None
    """The last so many days (`1d` to `90d`) or weeks (`1w` to `12w`)."""
    calendar: Literal["Week", "Month", "Quarter", "Year"] | None = None
    """The running calendar period; the budget starts afresh with each."""
    time_zone: common.TimeZone | None = None
    """Time zone of a calendar window, such as `Europe/Berlin`. Default: UTC."""


class Timeslice(ApiModel):
    """How a slice of time is judged with Timeslices budgeting."""

    length: common.Duration
    """Length of a slice, such as `5m`."""
    objective: common.OpenPercent
    """A slice is good when at least this percentage of its events are, such as `"99"`."""


class BurnRate(ApiModel):
    """One burn-rate alert of your own."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("factor", "consumed"),)

    name: common.CamelName
    """Name of the tier, such as `PageFast`; label `slo_tier` of its alerts."""
    severity: Literal["Page", "Ticket"]
    """Whether a person is woken up or a ticket is enough."""
    long: common.Duration
    """The long window, which shows that enough budget was spent."""
    short: common.Duration
    """The short window, which shows that it is still being spent."""
    factor: common.Factor | None = None
    """Fires above this multiple of the rate that spends exactly the budget, such as `"14.4"`."""
    consumed: common.SharePercent | None = None
    """Fires when the long window spent this percentage of the budget, such as `"2"`."""


class BudgetAlert(ApiModel):
    """One alert on the budget consumed so far."""

    consumed: common.SharePercent
    """Percentage of the error budget, in quotes; `"100"` is the exhausted budget."""


class NoData(ApiModel):
    """What to do when the series of the service vanish."""

    after: common.Duration = "5m"
    """How long data must be missing."""
    action: Literal["Alert", "Ignore"] = "Alert"
    """`Alert` tells people; `Ignore` accepts silence while nothing is measured."""


_NAMES = Rule(
    "self.all(name, name.matches('^[a-zA-Z][a-zA-Z0-9_]*$'))",
    "names must consist of letters, digits and _ and begin with a letter, for example team",
    lambda given: all(re.fullmatch("[a-zA-Z][a-zA-Z0-9_]*", name) for name in given),
)
AlertLabels = Annotated[
    dict[str, Annotated[str, Text(r"^[^{}\x00]+$", 256, "a label value without { or }")]],
    Field(max_length=16),
    _NAMES,
    Rule(
        f"self.all(name, !(name in {_RESERVED_CEL}))",
        _RESERVED_TEXT,
        lambda given: not set(given) & set(RESERVED_LABELS),
    ),
]
AlertAnnotations = Annotated[
    dict[str, Annotated[str, Text(r"^[^\x00]+$", 2048, "text")]], Field(max_length=16), _NAMES
]


class Alerting(ApiModel):
    """Which alerts there are, and what they carry."""

    disabled: bool = False
    """No alerts at all; the figures are still recorded."""
    per: Literal["Group", "Total"] | None = None
    """With groupBy: burn alerts for each group, or for the total of all. Default: Group."""
    burn_rates: Annotated[list[BurnRate], Field(max_length=8), ListKind(("name",))] | None = None
    """Burn-rate alerts instead of the standard tiers (1h/5m, 6h/30m, 1d/2h, 3d/6h, scaled to the window)."""
    budget: Annotated[list[BudgetAlert], Field(max_length=8), ListKind(("consumed",))] = [  # noqa: RUF012
        BudgetAlert(consumed="50"),
        BudgetAlert(consumed="100"),
    ]
    """Alerts when this much of the budget is consumed; an empty list means none."""
    no_data: NoData = NoData()
    """What to do when the series of the service vanish."""
    min_events: common.Count | None = None
    """Burn alerts stay silent below this many events in the long window."""
    min_bad_events: common.Count | None = None
    """Burn alerts stay silent below this many bad events in the long window."""
    runbook_url: Annotated[common.Url | None, Field(alias="runbookURL")] = None
    """Annotation `runbook_url` of every alert."""
    labels: AlertLabels | None = None
    """Further labels of every alert. Plain text: templates are refused here."""
    annotations: AlertAnnotations | None = None
    """Further annotations. `{{ $value }}` and `{{ $labels.name }}` work, other templates are refused."""


class Maintenance(ApiModel):
    """Time that counts neither as good nor as bad: one interval, or a repeating one."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("from", "cron"),
        common.together("from", "to"),
        common.together("cron", "duration"),
        Rule(
            "!has(self.timeZone) || has(self.cron)",
            "timeZone belongs to cron; from and to carry their own offset",
            lambda entry: entry.time_zone is None or entry.cron is not None,
        ),
    )

    from_: Annotated[common.Time | None, Field(alias="from")] = None
    """Start of a single interval, such as `2026-12-24T00:00:00Z`."""
    to: common.Time | None = None
    """End of a single interval."""
    cron: common.Cron | None = None
    """Start times of a repeating interval, such as `0 3 * * SUN`."""
    duration: common.Duration | None = None
    """Length of each repeating interval."""
    time_zone: common.TimeZone | None = None
    """Time zone of `cron`. Default: UTC."""


class Spec(ApiModel):
    """The objective, its indicator and its alerts."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(self.budgeting == 'Timeslices') == has(self.timeslice)",
            "timeslice is needed with budgeting Timeslices, and only there",
            lambda spec: (spec.budgeting == "Timeslices") == (spec.timeslice is not None),
        ),
        Rule(
            "!has(self.alerting.per) || has(self.groupBy)",
            "alerting.per has a meaning only together with groupBy",
            lambda spec: spec.alerting.per is None or spec.group_by is not None,
        ),
    )

    service: Annotated[
        str,
        Text(
            r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$",
            63,
            "a service name (letters, digits, and . _ / - inside), such as checkout",
        ),
    ]
    """The service this objective is about; label `service` of its alerts."""
    description: Annotated[str, Text(r"^[^\x00]+$", 1024, "text")] | None = None
    """What users of the service experience, in one sentence; shown in every alert."""
    objective: common.OpenPercent
    """Percentage of events (or time) that must be good, in quotes: `"99.9"`. At most four decimals."""
    window: Window = Window(rolling="30d")
    """The time the objective is measured over. Exactly one of rolling and calendar."""
    budgeting: Literal["Occurrences", "Timeslices"] = "Occurrences"
    """`Occurrences` weights by events; `Timeslices` counts slices of time that were good or bad."""
    timeslice: Timeslice | None = None
    """How a slice of time is judged; with budgeting Timeslices."""
    indicator: Indicator
    """What is measured. Exactly one kind."""
    group_by: Annotated[list[GroupLabel], Field(min_length=1, max_length=4), ListKind()] | None = None
    """Labels that split the objective into groups with a budget each, such as `[region]`."""
    alerting: Alerting = Alerting()
    """Which alerts there are, and what they carry."""
    maintenance: Annotated[list[Maintenance], Field(max_length=32)] | None = None
    """Times that count neither as good nor as bad."""
    prometheus: Annotated[
        str, Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63, "the name of a source, such as default")
    ] = "default"
    """The Prometheus to use: a source named in the operator's settings."""


KubernetesLabel = Rule(
    "self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')",
    "must be a Kubernetes label value: at most 63 letters, digits, - _ and ., such as shop",
    lambda text: bool(re.fullmatch(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", text)) and len(text) <= 63,
)


class Metadata(BaseModel):
    """The part of ObjectMeta that Fireline reads; everything else passes by."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: common.ObjectName
    namespace: Annotated[
        str,
        Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63, "a namespace name, such as shop"),
    ]
    uid: str = ""
    generation: int = 0
    labels: dict[str, Annotated[str, KubernetesLabel]] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class ServiceLevelObjective(BaseModel):
    """A service level objective: what share of events must be good, over which time, and who is told.

    Fireline records it as Prometheus rules, alerts on its error budget and shows the budget in status.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.metadata.name.size() <= 63",
            "metadata.name must have at most 63 characters: it becomes a label value",
            lambda slo: len(slo.metadata.name) <= 63,
        ),
    )

    api_version: Annotated[Literal["fireline.dev/v1alpha1"], Field(alias="apiVersion")] = (
        "fireline.dev/v1alpha1"
    )
    kind: Literal["ServiceLevelObjective"] = "ServiceLevelObjective"
    metadata: Metadata
    spec: Spec

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> ServiceLevelObjective:
        """The typed object behind a manifest. Raises pydantic's ValidationError."""
        return cls.model_validate(manifest)
