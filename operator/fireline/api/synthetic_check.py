"""SyntheticCheck as users write it: the schema of ``kubectl explain syn``, and its checks.

Read by ``fireline.api.crd`` (schema), ``fireline.synthetic.compile`` and the CLI (validation). What a
schema cannot say is checked in :mod:`fireline.synthetic.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from fireline.api import strings
from fireline.api.alert_policy_severities import SeverityName
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text, exactly_one
from fireline.api.slo import Maintenance, Metadata
from fireline.api.synthetic_step import Step, SweepStep
from fireline.api.synthetic_step_parts import Retries, VariableName

_WINDOW = r"^([1-9]|[1-8][0-9]|90)d$"
Quantity = Annotated[
    str,
    Text(
        r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$",
        16,
        "an amount as Kubernetes writes it, such as 100m or 64Mi",
    ),
]
ImageName = Annotated[
    str, Text(r"^[a-z0-9][A-Za-z0-9._:/@-]*$", 512, "an image, such as registry.example/checks/login:1.4")
]
LabelMap = Annotated[dict[str, Annotated[str, Field(max_length=63)]], Field(max_length=16)]


class Schedule(ApiModel):
    """When the check runs."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("every", "cron"),)

    every: strings.Duration | None = None
    """How often, evenly spread so that checks do not start all at once: for runner Job 1, 2, 3, 4, 5, 6, 10,
    12, 15, 20 or 30 minutes or 1, 2, 3, 4, 6, 8, 12 or 24 hours; for runner Prober also seconds."""
    cron: strings.Cron | None = None
    """A cron expression in UTC, such as `*/10 6-22 * * *`; for runner Job."""


class SecretKeyRef(ApiModel):
    """A key of a Secret of this namespace."""

    name: strings.ObjectName
    """Name of the Secret."""
    key: Annotated[str, Text(r"^[-._a-zA-Z0-9]+$", 253, "a key of a Secret, such as token")]
    """The key."""


class Variable(ApiModel):
    """A value that steps use as `${name}`."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("value", "secretKeyRef"),)

    name: VariableName
    """Its name."""
    value: Annotated[str, Text(r"^[^\x00]+$", 4096, "text")] | None = None
    """The value, for everyone to read."""
    secret_key_ref: SecretKeyRef | None = None
    """Where the value is; it is never shown."""


class Toleration(ApiModel):
    """Lets the pods run on nodes with a taint."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """Name of the taint. Default: all."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Whether `value` is compared."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint. Default: all."""


class Placement(ApiModel):
    """Where the pods run."""

    node_selector: LabelMap | None = None
    """Labels the node must have."""
    tolerations: Annotated[list[Toleration], Field(max_length=16)] | None = None
    """Taints that do not matter."""


class Resources(ApiModel):
    """What a pod needs, and the most it may use."""

    requests: Annotated[dict[str, Quantity], Field(max_length=4)] | None = None
    """What is kept free for it, such as `{cpu: 20m, memory: 64Mi}`."""
    limits: Annotated[dict[str, Quantity], Field(max_length=4)] | None = None
    """The most it may use, such as `{memory: 128Mi}`."""


class EnvVariable(ApiModel):
    """Gives a variable to an image of your own."""

    name: Annotated[
        str, Text(r"^[A-Za-z_][A-Za-z0-9_]*$", 128, "the name of an environment variable, such as BASE_URL")
    ]
    """Name in the environment."""
    variable: VariableName
    """Which of `variables`."""


class Container(ApiModel):
    """An image of your own. It writes the result as JSON to /dev/termination-log, or its exit code says 0
    (success), 1 (failure) or 2 (error)."""

    image: ImageName
    """The image."""
    command: Annotated[list[str], Field(max_length=64)] | None = None
    """What is started. Default: the entry point of the image."""
    args: Annotated[list[str], Field(max_length=64)] | None = None
    """Arguments."""
    env: Annotated[list[EnvVariable], Field(max_length=64), ListKind(("name",))] | None = None
    """Variables in its environment."""
    image_pull_secrets: Annotated[list[strings.ObjectName], Field(max_length=8), ListKind()] | None = None
    """Secrets with the credentials of the image's registry."""


class Alert(ApiModel):
    """Alerts of this check alone. For how much failure is too much over time, write an SLO on it."""

    consecutive_failures: Annotated[int, Between(1, 100)] = 3
    """So many runs in a row that failed or ended in an error are told."""
    severity: SeverityName = "sev1"
    """Severity of that alert; all others are sev2."""
    coverage_below: strings.SharePercent = "90"
    """Percentage of expected runs within an hour that must at least have measured something; fewer are told,
    and SLOs on this check are Unknown then."""
    disabled: bool = False
    """Write no alerts for this check."""


class Availability(ApiModel):
    """What is promised of the thing that is checked, for reports."""

    target: strings.OpenPercent | None = None
    """Percentage of measured runs that must succeed, such as `"99.9"`."""
    window: Annotated[
        str,
        Text(_WINDOW, 3, "whole days from 1d to 90d; write it like 30d"),
    ] = "30d"
    """Over so many UTC days, today included."""


class Spec(ApiModel):
    """What is done, when, and what is told."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("steps", "container"),
        Rule(
            "!has(self.container) || !(has(self.cleanup) || has(self.sweep))",
            "cleanup and sweep belong to steps; an image of your own cleans up by itself",
            lambda spec: spec.container is None or (spec.cleanup is None and spec.sweep is None),
        ),
        Rule(
            "self.runner == 'Job' || has(self.steps)",
            "runner Prober runs steps; an image of your own needs runner Job",
            lambda spec: spec.runner == "Job" or spec.steps is not None,
        ),
        Rule(
            "self.runner == 'Job' || has(self.schedule.every)",
            "runner Prober needs schedule.every; cron is for runner Job",
            lambda spec: spec.runner == "Job" or spec.schedule.every is not None,
        ),
        Rule(
            "has(self.location) == has(oldSelf.location)"
            " && (!has(self.location) || self.location == oldSelf.location)",
            "location cannot be changed, as it is a label of every series; make another check instead",
            lambda _: True,  # about a change, which one object does not tell
        ),
    )

    schedule: Schedule
    """When the check runs. Exactly one of every and cron."""
    timeout: strings.Duration = "20s"
    """How long all steps together may take."""
    cleanup_timeout: strings.Duration = "10s"
    """How long the cleanup, and the sweep, may take; beside `timeout`."""
    runner: Literal["Job", "Prober"] = "Job"
    """`Job`: a pod of its own for every run. `Prober`: one pod of the namespace runs all such checks; for
    less than a minute, or for many."""
    suspend: bool = False
    """Do not run; such times count as skipped."""
    location: (
        Annotated[str, Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 32, "a short name, such as eu-1")] | None
    ) = None
    """Where it runs: label `location` of every series. Cannot be changed."""
    placement: Placement = Placement()
    """Where the pods run. With runner Prober that of the first check of a location, by name, is taken."""
    retries: Retries = Retries()
    """Whether steps are tried again before they count."""
    variables: Annotated[list[Variable], Field(max_length=32), ListKind(("name",))] | None = None
    """Values for steps, and secrets."""
    steps: Annotated[list[Step], Field(min_length=1, max_length=24), ListKind(("name",))] | None = None
    """What is done, in order, until something fails."""
    cleanup: Annotated[list[Step], Field(min_length=1, max_length=16), ListKind(("name",))] | None = None
    """Removes what the steps made. Always done, every step of it; left out are steps whose variables were
    never captured. Never changes the outcome."""
    sweep: Annotated[list[SweepStep], Field(min_length=1, max_length=16), ListKind(("name",))] | None = None
    """Done first: removes what an earlier run that was killed left behind. Never changes the outcome."""
    container: Container | None = None
    """An image of your own instead of steps."""
    resources: Resources = Resources()
    """What a pod of runner Job needs. Default: 20m CPU and 64Mi, at most 192Mi."""
    alert: Alert = Alert()
    """Alerts of this check alone."""
    availability: Availability = Availability()
    """What is promised, for status and reports."""
    maintenance: Annotated[list[Maintenance], Field(max_length=16)] | None = None
    """Times in which runs count as skipped."""
    prometheus: strings.DNSLabel = "default"
    """The Prometheus that evaluates the alerts: a source named in the operator's settings."""
    history: Annotated[int, Between(1, 50)] = 20
    """How many runs `status.history` keeps."""


CheckName = Annotated[
    str,
    Text(
        r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        52,
        "a Kubernetes object name (lower-case letters, digits, - and .), such as checkout",
    ),
]


class CheckMetadata(Metadata):
    """The part of ObjectMeta that Fireline reads; everything else passes by."""

    name: CheckName


class SyntheticCheck(BaseModel):
    """A user journey, run on schedule and counted honestly.

    Fireline runs it as a CronJob, tells what failed from what could not be measured, and exports the counts.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.metadata.name.size() <= 52",
            "metadata.name must have at most 52 characters: the names of its Jobs begin with it",
            lambda check: len(check.metadata.name) <= 52,
        ),
    )

    api_version: Annotated[Literal["fireline.dev/v1alpha1"], Field(alias="apiVersion")] = (
        "fireline.dev/v1alpha1"
    )
    kind: Literal["SyntheticCheck"] = "SyntheticCheck"
    metadata: CheckMetadata
    spec: Spec

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> SyntheticCheck:
        """The typed object behind a manifest. Raises pydantic's ValidationError."""
        return cls.model_validate(dict(manifest))
