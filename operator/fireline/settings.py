"""Every knob of the operator, in one typed place.

Environment variables (``FIRELINE_…``), flags of ``fireline run`` and chart values all end here. A
file named by ``FIRELINE_CONFIG`` (YAML) may carry the nested parts, such as the sources.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from fireline.access import Access, Name, Seconds, ServerURL
from fireline.api import strings
from fireline.api.inline_secrets import inline_secrets
from fireline.api.slo_alerting import BurnRate
from fireline.errors import SettingsInvalid

LabelValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
RunbookURL = Annotated[
    str, Field(pattern=r'^https?://([^ {}<>"\\]|\{(namespace|slo|service|alertname)\})+$', max_length=2048)
]
LinkName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_. ]{0,61}[A-Za-z0-9])?$")]
DashboardURL = Annotated[str, Field(pattern=r'^https?://[^ <>"\\]+$', max_length=2048)]


class Source(Access):
    """One Prometheus (or its replicas) that evaluates our rules and answers our queries."""

    section: ClassVar[str] = "sources"

    kind: Literal["Prometheus", "Thanos", "Mimir"] = "Prometheus"
    """What answers at ``urls``. ``Thanos``: answers from only some of the stores are refused and downsampled
    data is not used, since both give wrong figures; rules are picked by ``ThanosRuler`` objects. ``Mimir``:
    rules get there by other means than a ``Prometheus`` object, see ``fireline render --as mimir``."""
    urls: tuple[ServerURL, ...] = Field(default=(), repr=False)
    """Replicas, in order of preference. Fireline sticks to one and changes only when it fails. With the path
    before ``/api/v1``, which is ``/prometheus`` for Mimir."""
    rule_labels: dict[str, str] = Field(default_factory=dict)
    """Labels every PrometheusRule for this source carries, so that its ruleSelector picks them. Two sources
    need different ones: a Prometheus that loads the rules of both records shared windows twice."""
    prometheus_namespace: str | None = None
    """Namespace of the ``Prometheus`` (kind Thanos: ``ThanosRuler``) object behind this source."""
    prometheus_name: str | None = None
    """Name of the ``Prometheus`` (kind Thanos: ``ThanosRuler``) object behind this source; without it every
    one in the cluster counts."""

    @property
    def product(self) -> str:
        """See :attr:`Access.product`."""
        return self.kind

    @property
    def default_tenant_header(self) -> str:
        """See :attr:`Access.default_tenant_header`."""
        return "THANOS-TENANT" if self.kind == "Thanos" else "X-Scope-OrgID"


class Alertmanager(Access):
    """One Alertmanager (or its cluster of replicas) that carries alerts to people."""

    section: ClassVar[str] = "alertmanagers"

    urls: tuple[ServerURL, ...] = Field(default=(), repr=False)
    """Every replica, and never a load balancer: an alert is posted to each, and each is asked what it has
    loaded. Such as ``http://alertmanager-main-0.alertmanager-operated.monitoring:9093``."""
    timeout_seconds: Seconds = 10.0
    """How long one request may take."""
    namespace: Name | None = None
    """Namespace of the ``Alertmanager`` object behind this entry."""
    name: Name | None = None
    """Name of the ``Alertmanager`` object behind this entry; its pods are ``alertmanager-<name>-<i>``.
    Without it every one in the cluster counts, and no pod's log can be read."""
    config_labels: dict[str, LabelValue] = Field(default_factory=dict)
    """Labels every AlertmanagerConfig for this entry carries, so that its alertmanagerConfigSelector picks
    them."""
    merged_secret: SecretName | None = None
    """Secret in ``namespace`` that gets the merged configuration of all policies delivered as a Secret, under
    the key ``alertmanager.yaml``; name it in ``spec.configSecret`` of the ``Alertmanager`` object."""
    base: dict[str, Any] = Field(default_factory=dict)
    """Your own Alertmanager configuration (``global``, ``route``, ``receivers``, ``templates``, …), which the
    merged one starts from. Credentials only as files (``api_url_file``, ``routing_key_file``, …)."""

    @property
    def product(self) -> str:
        """See :attr:`Access.product`."""
        return "Alertmanager"

    @model_validator(mode="after")
    def _merged_somewhere(self) -> Self:
        """A merged configuration needs its place, and holds no credential in plain sight."""
        wrong = [f"base.{path} holds a credential: {advice}" for path, advice in inline_secrets(self.base)]
        if self.merged_secret is not None and self.namespace is None:
            wrong.append("merged_secret needs namespace beside it")
        if self.base and self.merged_secret is None:
            wrong.append("base needs merged_secret beside it: there is no other place it goes to")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class TierDefaults(BaseModel):
    """What SLOs of one tier get unless they say otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objective: strings.OpenPercent | None = None
    """The objective in percent, as text: ``"99.9"``."""
    burn_rates: tuple[BurnRate, ...] | None = None
    """Burn-rate alerts instead of the standard tiers."""


class LeaseSettings(BaseModel):
    """Leader election, with the times controller-runtime's users know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    """Without it there must never be a second replica."""
    name: str = "fireline"
    """Name of the Lease object."""
    namespace: str | None = None
    """Default: the operator's own namespace (``POD_NAMESPACE``), else ``default``."""
    duration_seconds: Seconds = 15.0
    """How long a standby waits after the leader's last sign of life."""
    renew_deadline_seconds: Seconds = 10.0
    """A leader that could not renew for this long ends."""
    retry_seconds: Seconds = 2.0
    """Pause between two tries to acquire or renew."""

    @property
    def place(self) -> str:
        """Namespace of the Lease, and of all else the operator keeps for itself."""
        return self.namespace or os.environ.get("POD_NAMESPACE") or "default"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """A leader that may go on after a standby has taken over would be a second leader."""
        if not self.retry_seconds < self.renew_deadline_seconds < self.duration_seconds:
            raise ValueError("retry_seconds < renew_deadline_seconds < duration_seconds must hold")
        return self


def _network(text: str) -> str:
    """The same text. Raises ValueError when it is no network."""
    ip_network(text, strict=False)
    return text


METADATA = (
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
    "100.100.100.200/32",
    "168.63.129.16/32",
)
"""Where clouds tell a machine its credentials, whoever asks there: link-local, and what Amazon, Google,
Alibaba and Azure add to it."""


class CheckSettings(BaseModel):
    """How synthetic checks are run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """Image that runs the steps: this one's own, as a rule. Without it only checks with an image of their own
    can run."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the image is fetched."""
    image_pull_secrets: tuple[SecretName, ...] = ()
    """Secrets with the credentials of the image's registry; they must be in the namespace of each check."""
    refuse: tuple[Annotated[str, AfterValidator(_network)], ...] = METADATA
    """Networks no check may reach, whatever a variable, a redirect or a name server says: those of cloud
    metadata by default. Add loopback, or the API server's, where tenants are strangers."""
    probers: bool = True
    """Whether checks may have runner Prober, which needs the right to write Deployments and ConfigMaps."""
    prober_port: Annotated[int, Field(ge=1024, le=65535)] = 9115
    """Port at which a prober tells its results to the operator."""
    prober_seconds: Seconds = 5.0
    """How often probers are asked for results."""


class MitigationSettings(BaseModel):
    """What mitigations may do, and how many at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auto_namespaces: tuple[Name | Literal["*"], ...] = ()
    """Namespaces whose mitigations may have mode Auto; ``*`` means all. In others they propose."""
    max_active_per_namespace: Annotated[int, Field(ge=1, le=1000)] = 1
    """So many mitigations of a namespace may be active at a time; others wait."""
    max_active: Annotated[int, Field(ge=1, le=10_000)] = 3
    """So many may be active at a time in all namespaces together."""
    storm_percent: Annotated[float, Field(gt=0, le=100)] = 30.0
    """While more than this percentage of all SLOs page, there is a common cause: mitigations only propose."""
    tick_seconds: Seconds = 5.0
    """How often triggers are looked at."""
    contested_seconds: Seconds = 120.0
    """For so long after a change it is watched whether someone changes it back."""
    delete_seconds: Seconds = 600.0
    """A Mitigation that is deleted while active goes after so long at the latest, taken back or not."""
    delete_tries: Annotated[int, Field(ge=1, le=100)] = 5
    """And after so many failed tries to take it back."""
    require_approval_guard: bool = True
    """Approvals count only while the ValidatingAdmissionPolicies that guard them are in place. Off only where
    something else makes sure who may set them."""
    pause_config_map: Name = "fireline-pause"
    """While a ConfigMap of this name is in the operator's namespace, nothing is begun."""
    webhook_refuse: tuple[Annotated[str, AfterValidator(_network)], ...] = METADATA
    """Networks no webhook may reach: those of cloud metadata by default. Add the cluster's own where
    tenants are strangers."""


class EventSink(Access):
    """Where incidents are told to, as CloudEvents over HTTP."""

    section: ClassVar[str] = "incidents"

    urls: tuple[ServerURL, ...] = Field(default=(), max_length=1, repr=False)
    """Where events are posted, such as ``http://broker-ingress.knative-eventing/shop/default``; without it
    they go nowhere."""
    timeout_seconds: Seconds = 10.0
    """How long one request may take."""

    @property
    def product(self) -> str:
        """See :attr:`Access.product`."""
        return "sink for events"


class IncidentSettings(BaseModel):
    """How incidents are recorded, and who is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settle_seconds: Seconds = 300.0
    """An incident is over once no alert that keeps it open fired for so long."""
    links: dict[LinkName, DashboardURL] = Field(default_factory=dict, max_length=10)
    """Where to look, by name: templates of URLs such as
    ``logs: "https://grafana/explore?service={service}&from={from}&to={to}"``. ``{namespace}``, ``{slo}`` and
    ``{service}`` stand for the SLO's, ``{from}`` and ``{to}`` for half an hour before and after the beginning
    in Unix milliseconds (``{from_s}`` in seconds, ``{from_time}`` as RFC 3339), ``{trace_id}`` for a trace of
    bad events, without which such a link is left out."""
    environment: LabelValue | None = None
    """What events call the environment. Default: the namespace of the SLO."""
    events: EventSink = EventSink()
    """Where incidents are told to, as CloudEvents."""


class Settings(BaseSettings):
    """Settings of ``fireline run``. Each field is ``FIRELINE_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="FIRELINE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    instance: LabelValue = "fireline"
    """Value of the ``fireline.dev/instance`` label: two installations never touch each other's objects."""
    watch_namespaces: tuple[Name, ...] = ()
    """Namespaces to watch; empty means the whole cluster."""
    sources: dict[Name, Source] = Field(default_factory=lambda: {"default": Source()})
    """Each Prometheus an SLO may name in ``spec.prometheus``."""
    alertmanagers: dict[Name, Alertmanager] = Field(default_factory=dict)
    """Each Alertmanager an AlertPolicy may name in ``spec.alertmanager``."""
    tiers: dict[Literal["Api", "Job", "Frontend"], TierDefaults] = Field(default_factory=dict)
    """Defaults for SLOs of a tier: ``objective`` and ``burn_rates``, as in the SLO's spec."""
    dashboard_url: DashboardURL | None = None
    """Annotation ``dashboard_url`` of every alert; ``{namespace}`` and ``{slo}`` stand for the SLO's."""
    runbook_url: RunbookURL | None = None
    """Annotation ``runbook_url`` of alerts for which neither their object nor their policy names one;
    ``{namespace}``, ``{slo}``, ``{service}`` and ``{alertname}`` (in lower case) stand for the alert's."""
    copied_labels: tuple[str, ...] = ("release", "prometheus", "role", "team")
    """Labels of an SLO that its PrometheusRule carries too."""
    max_groups: Annotated[int, Field(ge=1)] = 50
    """Groups an SLO's ``groupBy`` may make, each of which costs as much as an SLO; of more its condition
    Valid warns."""

    checks: CheckSettings = CheckSettings()
    """How synthetic checks are run."""

    mitigations: MitigationSettings = MitigationSettings()
    """What mitigations may do, and how many at a time."""

    incidents: IncidentSettings = IncidentSettings()
    """How incidents are recorded, and who is told."""

    lease: LeaseSettings = LeaseSettings()
    """Leader election."""
    workers: Annotated[int, Field(ge=1, le=500)] = 20
    """Objects worked on at a time, and connections to the API server."""
    resync_seconds: Seconds = 600.0
    """How often everything is listed and compared with what the watches told."""
    refresh_seconds: Seconds = 30.0
    """How often Prometheus is asked for the figures of all SLOs (one batch)."""
    status_interval_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 30.0
    """Refreshed figures of one object are written at most this often."""
    secrets_seconds: Seconds = 300.0
    """How often Secrets that receivers of AlertPolicies name are looked at again; those that are missing or
    of no use at least every minute."""
    exact_today_seconds: Seconds = 300.0
    """How often the exact figure of the running day is asked for."""
    exact_core_share: Annotated[float, Field(gt=0, le=1)] = 0.10
    """Share of one Prometheus core that exact queries may use while catching up."""
    exact_audit_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    """The part of it that goes on for ever: recorded budgets are compared with exact ones, in turn."""
    audit_drift_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    """By how many percent of a budget its recorded and its exact consumption may differ before condition
    `FiguresAgree` says so; of an overspent budget, by that share of what is consumed."""

    host: str = "0.0.0.0"  # noqa: S104 - metrics and probes are scraped from outside the pod
    """Address of /metrics, /healthz, /readyz and /status."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port of /metrics, /healthz, /readyz and /status; 0 picks a free one (printed in the log)."""
    log_format: Literal["auto", "json", "pretty"] = "auto"
    """``auto`` is pretty on a terminal and JSON lines elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe lines that are written."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over the environment, the environment over the file."""
        del dotenv_settings, file_secret_settings
        file = os.environ.get("FIRELINE_CONFIG")
        found: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if file:
            found.append(InitSettingsSource(settings_cls, init_kwargs=read_file(Path(file))))
        return tuple(found)


def load_settings(given: Mapping[str, Any]) -> Settings:
    """What is given by name, completed from the environment and the file.

    Raises SettingsInvalid with every mistake, and never with the value found: it may be a secret.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsInvalid("\n".join(mistakes(error))) from None
    except SettingsError as error:
        raise SettingsInvalid(f"{error}: {error.__cause__}") from None


def source_at(url: str) -> Source:
    """A source of one server, named on a command line. Raises SettingsInvalid without quoting the URL."""
    try:
        return Source(urls=(url,))
    except ValidationError as error:
        raise SettingsInvalid("\n".join(one["msg"] for one in error.errors(include_input=False))) from None


def mistakes(error: ValidationError) -> list[str]:
    """One line per mistake: the path of the setting, and what is allowed."""
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]


def read_file(file: Path) -> dict[str, Any]:
    """The settings of a YAML file. Raises SettingsInvalid when it cannot be read or is no map."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsInvalid(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsInvalid(f"{file}: is no UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise SettingsInvalid(f"{place}: {getattr(error, 'problem', None) or 'is no YAML'}") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise SettingsInvalid(f"{file}: must be a map of settings, such as workers: 20")
    return found
