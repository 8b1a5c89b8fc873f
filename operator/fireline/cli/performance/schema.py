"""The table of performance budgets as people write it: endpoints, payloads, bundles and pages.

Read by :mod:`fireline.cli.performance.reading`. Numbers are strings, as in the custom resources; what a
schema cannot say is in :mod:`fireline.cli.performance.checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, Rule, Text
from fireline.api.slo import KubernetesLabel
from fireline.api.slo_alerting import AlertLabels
from fireline.api.slo_indicator import Selector
from fireline.cli.performance import sizes

API_VERSION: Literal["cli.fireline.dev/v1alpha1"] = "cli.fireline.dev/v1alpha1"
KIND: Literal["PerformanceBudgets"] = "PerformanceBudgets"

Notify = Literal["Page", "Ticket", "Nobody"]
"""Whom an exceeded limit tells: someone who is woken, someone who reads tickets, or nobody."""

Name = Annotated[
    str,
    Text(
        r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
        48,
        "a name of letters, digits, - _ and ., such as createEvent",
    ),
]
Size = Annotated[str, Text(sizes.PATTERN, 24, sizes.EXPECTED)]
Limit = Annotated[
    str,
    Text(
        r"^[0-9]{1,12}(\.[0-9]{1,6})?(ms|s|B|kB|MB|KiB|MiB)?$",
        24,
        'a limit; write it like 2500ms, 2.5s, 1MiB or, without a unit, "0.1"',
    ),
]
_LABEL_NAMES = Rule(
    "self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$'))",
    "names must be Prometheus label names, such as handler",
    lambda given: all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in given),
)
Match = Annotated[dict[str, Annotated[str, Text(r"^[^\x00]+$", 256, "a label value")]], _LABEL_NAMES]


class Endpoint(ApiModel):
    """One kind of request and how long it may take."""

    name: Name
    """Name of the endpoint: in names of SLOs, in labels and in reports."""
    limits: dict[str, strings.Duration]
    """How long 50, 95, 99, … percent of the requests may take: `{p50: 200ms, p95: 500ms, p99: 1s}`."""
    match: Match | None = None
    """Labels that tell its requests apart in the histogram. Default: `endpointLabel` with its name."""
    histogram: Selector | None = None
    """A histogram of its own, instead of the table's."""
    service: Name | None = None
    """A service of its own, instead of the table's."""
    notify: dict[str, Notify] | None = None
    """Whom each percentile tells, instead of the table's."""
    description: Annotated[str, Text(r"^[^\x00]+$", 512, "text")] | None = None
    """What users do here; shown in every alert."""
    k6: Annotated[str, Text(r"^[^\x00]+$", 256, "a k6 metric")] | None = None
    """Its metric in a k6 summary. Default: `http_req_duration{name:NAME}`."""


class Weighed(ApiModel):
    """Something whose size is limited: as it is, compressed, or both."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.raw) || has(self.gzip)",
            "needs a limit: raw, gzip or both",
            lambda weighed: weighed.raw is not None or weighed.gzip is not None,
        ),
    )

    name: Name
    """Its name in reports."""
    raw: Size | None = None
    """The most bytes uncompressed, such as `300KiB`."""
    gzip: Size | None = None
    """The most bytes compressed, such as `95KiB`."""


class Payload(Weighed):
    """One answer of a server and how large it may be."""

    url: strings.Url | None = None
    """Where to fetch it, unless `--payload NAME=FILE_OR_URL` says otherwise."""


class Bundle(Weighed):
    """Files of a built frontend and how large they may be together."""

    files: Annotated[str, Text(r"^[^\x00]+$", 256, "a glob, such as assets/main-*.js")]
    """Glob under the bundle folder; `**` crosses folders. Sizes of all files it finds are added up."""
    exclude: Annotated[list[str], Field(max_length=16)] = Field(default_factory=list)
    """Globs of files that do not count, such as `**/*.map`."""


class Page(ApiModel):
    """One page and what Lighthouse may find."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.audits) || has(self.scores)",
            "needs a limit: audits, scores or both",
            lambda page: bool(page.audits or page.scores),
        ),
    )

    name: Name
    """Its name in reports."""
    url: strings.Url | None = None
    """The URL the report is about; needed when several pages are measured."""
    audits: dict[str, Limit] | None = None
    """Audit → the most its value may be: `{largest-contentful-paint: 2500ms, total-byte-weight: 1MiB}`."""
    scores: dict[str, strings.SharePercent] | None = None
    """Category → the least its score may be, in percent: `{performance: "90"}`."""


class Table(ApiModel):
    """Performance budgets of one system, with defaults for its endpoints."""

    api_version: Annotated[Literal["cli.fireline.dev/v1alpha1"], Field(alias="apiVersion")] = API_VERSION
    """Version of this schema. A group of its own: this is no object of a cluster."""
    kind: Literal["PerformanceBudgets"] = KIND
    """Lets commands that read folders know the table and pass it by."""
    namespace: (
        Annotated[str, Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63, "a namespace name, such as shop")] | None
    ) = None
    """Namespace of the ServiceLevelObjectives. Default: that of the command line."""
    service: Name | None = None
    """The service all endpoints belong to."""
    histogram: Selector | None = None
    """The request histogram without `_bucket`, such as `http_request_duration_seconds{job="shop"}`."""
    type: Literal["Classic", "Native"] = "Classic"
    """`Classic` histograms can only tell limits that are bucket bounds, `Native` ones any."""
    buckets: Annotated[list[strings.Duration], Field(max_length=200)] | None = None
    """The bucket bounds of the histograms: a limit that is none of them is an error."""
    endpoint_label: strings.LabelName | None = None
    """The label that holds the endpoint's name, for endpoints without `match`."""
    window: strings.Duration = "30d"
    """The rolling window of the ServiceLevelObjectives, such as `30d` or `7d`."""
    objectives: dict[str, strings.OpenPercent] | None = None
    """Percentile → objective, where they differ: `{p99: "99.5"}`. Default: p95 is 95 %."""
    notify: dict[str, Notify] | None = None
    """Percentile → whom it tells. Default: the highest of an endpoint pages (from p90 on), others are
    tickets."""
    min_slow: strings.Count = "10"
    """Alerts stay silent below this many slow requests in their long window."""
    labels: dict[str, Annotated[str, KubernetesLabel]] = Field(default_factory=dict)
    """Labels of every ServiceLevelObjective, such as `{team: shop}`."""
    alert_labels: AlertLabels | None = None
    """Further labels of every alert."""
    runbook_url: Annotated[strings.Url | None, Field(alias="runbookURL")] = None
    """Annotation `runbook_url` of every alert."""
    prometheus: Annotated[
        str, Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63, "the name of a source, such as default")
    ] = "default"
    """The Prometheus of the ServiceLevelObjectives: a source named in the operator's settings."""
    endpoints: Annotated[list[Endpoint], Field(max_length=500)] = Field(default_factory=list)
    """Requests and how long they may take."""
    payloads: Annotated[list[Payload], Field(max_length=500)] = Field(default_factory=list)
    """Answers and how large they may be (only for the gate)."""
    bundles: Annotated[list[Bundle], Field(max_length=500)] = Field(default_factory=list)
    """Files of a frontend and how large they may be (only for the gate)."""
    pages: Annotated[list[Page], Field(max_length=100)] = Field(default_factory=list)
    """Pages and how fast they must be (only for the gate)."""
