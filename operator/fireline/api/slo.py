"""ServiceLevelObjective as users write it: the schema of ``kubectl explain slo``, and its checks.

Read by ``fireline.api.crd`` (schema), ``fireline.slo.compile`` and the CLI (validation). What a
schema cannot say, PromQL above all, is checked in :mod:`fireline.slo.checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from fireline.api import common, strings
from fireline.api.common import ApiModel, ListKind, Rule, Text, exactly_one
from fireline.api.slo_alerting import RESERVED_CEL, RESERVED_LABELS, RESERVED_TEXT, Alerting
from fireline.api.slo_indicator import Indicator

_WHOLE_DAYS = r"^([1-9]|[1-8][0-9]|90)d$|^([1-9]|1[0-2])w$"
_SLICE = r"^([1-5]?[05]|60)m$|^1h$"

GroupLabel = Annotated[
    strings.LabelName,
    Rule(f"!(self in {RESERVED_CEL})", RESERVED_TEXT, lambda name: name not in RESERVED_LABELS),
    Rule(
        "!self.startsWith('__')",
        "labels that begin with __ are internal to Prometheus; group by another one, such as region",
        lambda name: not name.startswith("__"),
    ),
    strings.GROUPABLE,
]


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
            strings.Duration,
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
    time_zone: strings.TimeZone | None = None
    """Time zone of a calendar window, such as `Europe/Berlin`. Default: UTC."""


class Timeslice(ApiModel):
    """How a slice of time is judged with Timeslices budgeting."""

    length: Annotated[
        strings.Duration,
        Rule(
            f"self.matches('{_SLICE}')",
            "must be 5m to 60m in steps of five minutes, or 1h, for example 5m",
            lambda text: bool(re.search(_SLICE, text)),
        ),
    ]
    """Length of a slice: `5m` to `1h` in steps of five minutes."""
    objective: strings.OpenPercent
    """A slice is good when at least this percentage of its events are, such as `"99"`."""


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

    from_: Annotated[strings.Time | None, Field(alias="from")] = None
    """Start of a single interval, such as `2026-12-24T00:00:00Z`."""
    to: strings.Time | None = None
    """End of a single interval."""
    cron: strings.Cron | None = None
    """Start times of a repeating interval, such as `0 3 * * SUN`."""
    duration: strings.Duration | None = None
    """Length of each repeating interval."""
    time_zone: strings.TimeZone | None = None
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
        Rule(
            "has(self.objective) || has(self.tier)",
            'objective must be set, for example "99.9"; only with a tier it may be left to the settings',
            lambda spec: spec.objective is not None or spec.tier is not None,
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
    tier: Literal["Api", "Job", "Frontend"] | None = None
    """What kind of thing this is: label `tier` of `slo:info`, a column of lists and reports. The operator's
    settings may give a tier its own default objective and burn-rate alerts."""
    objective: strings.OpenPercent | None = None
    """Percentage of events (or time) that must be good, in quotes: `"99.9"`. At most four decimals.
    Default: that of `tier` in the operator's settings, if it has one."""
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

    name: strings.ObjectName
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
