"""Every knob of the operator, in one typed place.

Environment variables (``FIRELINE_…``), flags of ``fireline run`` and chart values all end here. A
file named by ``FIRELINE_CONFIG`` (YAML) may carry the nested parts, such as the sources.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from fireline.api import strings
from fireline.api.slo_alerting import BurnRate
from fireline.errors import SettingsInvalid


def _server(url: str) -> str:
    """The URL of a server. What is wrong is said without the URL: it may carry a password."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        sound = False
    if not sound or parts.query or parts.fragment:
        raise ValueError(
            "must be the URL of a server, such as http://prometheus-operated.monitoring:9090; in a user or "
            "password write / as %2F, # as %23, ? as %3F and @ as %40"
        )
    return url


ServerURL = Annotated[str, AfterValidator(_server)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A DNS label: names of namespaces and of sources."""
LabelValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
DashboardURL = Annotated[str, Field(pattern=r'^https?://[^ <>"\\]+$', max_length=2048)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _header_name(name: str) -> str:
    """A field name of RFC 9110 that is not the HTTP client's own business."""
    if not re.fullmatch(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", name) or name.lower() in _CLIENTS_OWN:
        raise ValueError("must be the name of an HTTP header a caller may set, such as X-Scope-OrgID")
    return name


def _header_value(value: str) -> str:
    """One line; what is wrong is said without the value: it may be a secret."""
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("must be one line of ASCII text without blanks around it")
    return value


_CLIENTS_OWN = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
)
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class Source(BaseModel):
    """One Prometheus (or its replicas) that evaluates our rules and answers our queries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    bearer_token_file: Path | None = None
    """A token sent with every request; read each time, since projected tokens rotate."""
    username: str | None = None
    """User of HTTP basic authentication, together with ``password_file``."""
    password_file: Path | None = None
    """Password of ``username``; read for every request, so that a new one needs no restart."""
    client_certificate_file: Path | None = None
    """Certificate shown to the server (mutual TLS), PEM, with its chain. A changed file is used at once."""
    client_key_file: Path | None = None
    """Private key of ``client_certificate_file``, PEM, without a passphrase."""
    ca_file: Path | None = None
    """The CA that signed the server's certificate. Default: those of the system."""
    tenant: HeaderValue | None = None
    """Tenant whose data is asked for and whose rules are written, such as ``team-a``. Sent as a header."""
    tenant_header: HeaderName | None = None
    """Header that carries ``tenant``. Default: ``X-Scope-OrgID``, for kind Thanos ``THANOS-TENANT``."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, repr=False)
    """Further headers of every request. Secrets belong into ``header_files``."""
    header_files: dict[HeaderName, Path] = Field(default_factory=dict)
    """Further headers whose values are in files, one line each; read for every request."""
    timeout_seconds: Seconds = 30.0
    """How long one query may take."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        """Settings that contradict each other, or of which one is missing, would fail at every request."""
        if wrong := list(_contradictions(self)):
            raise ValueError("; ".join(wrong))
        return self

    @property
    def tenant_headers(self) -> dict[str, str]:
        """The header that names the tenant; empty without one."""
        default = "THANOS-TENANT" if self.kind == "Thanos" else "X-Scope-OrgID"
        return {self.tenant_header or default: self.tenant} if self.tenant else {}


def _contradictions(source: Source) -> Iterator[str]:
    """What of a source's access settings cannot go together, each in words that say what to change."""
    ways = {
        "bearer_token_file": source.bearer_token_file is not None,
        "username and password_file": source.username is not None or source.password_file is not None,
        "a user in urls": any(urlsplit(url).username is not None for url in source.urls),
        "a header Authorization": "authorization" in _lower(source.headers, source.header_files),
    }
    if len(given := [way for way, used in ways.items() if used]) > 1:
        yield f"{' and '.join(given)} exclude each other: keep one way to authenticate"
    for one, other in (("username", "password_file"), ("client_certificate_file", "client_key_file")):
        for here, missing in ((one, other), (other, one)):
            if getattr(source, here) is not None and getattr(source, missing) is None:
                yield f"{here} needs {missing} beside it"
    if source.username is not None and (":" in source.username or not source.username.isprintable()):
        yield "username must be one line without a colon"
    if source.tenant_header is not None and source.tenant is None:
        yield "tenant_header needs tenant beside it"
    names = _lower(source.tenant_headers, source.headers, source.header_files)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"header {', '.join(twice)} is given more than once in tenant, headers and header_files"


def _lower(*named: Iterable[str]) -> list[str]:
    """Header names have no case."""
    return [name.lower() for names in named for name in names]


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

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """A leader that may go on after a standby has taken over would be a second leader."""
        if not self.retry_seconds < self.renew_deadline_seconds < self.duration_seconds:
            raise ValueError("retry_seconds < renew_deadline_seconds < duration_seconds must hold")
        return self


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
    tiers: dict[Literal["Api", "Job", "Frontend"], TierDefaults] = Field(default_factory=dict)
    """Defaults for SLOs of a tier: ``objective`` and ``burn_rates``, as in the SLO's spec."""
    dashboard_url: DashboardURL | None = None
    """Annotation ``dashboard_url`` of every alert; ``{namespace}`` and ``{slo}`` stand for the SLO's."""
    copied_labels: tuple[str, ...] = ("release", "prometheus", "role", "team")
    """Labels of an SLO that its PrometheusRule carries too."""
    max_groups: Annotated[int, Field(ge=1)] = 50
    """Groups an SLO's ``groupBy`` may make, each of which costs as much as an SLO; of more its condition
    Valid warns."""

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
