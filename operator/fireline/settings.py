"""Every knob of the operator, in one typed place.

Environment variables (``FIRELINE_…``), flags of ``fireline run`` and chart values all end here. A
file named by ``FIRELINE_CONFIG`` (YAML) may carry the nested parts, such as the sources.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)


class Source(BaseModel):
    """One Prometheus (or its replicas) that evaluates our rules and answers our queries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: tuple[str, ...] = ()
    """Replicas, in order of preference. Fireline sticks to one and changes only when it fails."""
    rule_labels: dict[str, str] = Field(default_factory=dict)
    """Labels every PrometheusRule for this source carries, so that its ruleSelector picks them."""
    prometheus_namespace: str | None = None
    """Namespace of the ``Prometheus`` object behind this source."""
    prometheus_name: str | None = None
    """Name of the ``Prometheus`` object behind this source; without it every one in the cluster counts."""
    bearer_token_file: Path | None = None
    """A token sent with every request; read each time, since projected tokens rotate."""
    ca_file: Path | None = None
    """The CA that signed the server's certificate. Default: those of the system."""
    timeout_seconds: float = 30.0
    """How long one query may take."""


class LeaseSettings(BaseModel):
    """Leader election, with the times controller-runtime's users know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    """Without it there must never be a second replica."""
    name: str = "fireline"
    """Name of the Lease object."""
    namespace: str | None = None
    """Default: the operator's own namespace (``POD_NAMESPACE``), else ``default``."""
    duration_seconds: float = 15.0
    """How long a standby waits after the leader's last sign of life."""
    renew_deadline_seconds: float = 10.0
    """A leader that could not renew for this long ends."""
    retry_seconds: float = 2.0
    """Pause between two tries to acquire or renew."""


class Settings(BaseSettings):
    """Settings of ``fireline run``. Each field is ``FIRELINE_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="FIRELINE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    instance: str = "fireline"
    """Value of the ``fireline.dev/instance`` label: two installations never touch each other's objects."""
    watch_namespaces: tuple[str, ...] = ()
    """Namespaces to watch; empty means the whole cluster."""
    sources: dict[str, Source] = Field(default_factory=lambda: {"default": Source()})
    """Each Prometheus an SLO may name in ``spec.prometheus``."""
    copied_labels: tuple[str, ...] = ("release", "prometheus", "role", "team")
    """Labels of an SLO that its PrometheusRule carries too."""

    lease: LeaseSettings = LeaseSettings()
    """Leader election."""
    workers: int = 20
    """Objects worked on at a time, and connections to the API server."""
    resync_seconds: float = 600.0
    """How often everything is listed and compared with what the watches told."""
    refresh_seconds: float = 30.0
    """How often Prometheus is asked for the figures of all SLOs (one batch)."""
    status_interval_seconds: float = 30.0
    """Refreshed figures of one object are written at most this often."""
    exact_today_seconds: float = 300.0
    """How often the exact figure of the running day is asked for."""
    exact_core_share: float = 0.10
    """Share of one Prometheus core that exact queries may use while catching up."""

    host: str = "0.0.0.0"  # noqa: S104 - metrics and probes are scraped from outside the pod
    """Address of /metrics, /healthz, /readyz and /status."""
    port: int = 8080
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
            found.append(YamlConfigSettingsSource(settings_cls, yaml_file=Path(file)))
        return tuple(found)
