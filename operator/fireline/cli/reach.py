"""Which Prometheus a command reads from: a URL, a source of the operator's settings, or both.

A source brings its way to authenticate (token, basic, certificate, tenant); a URL beside it replaces the
source's own, which are often only reachable inside the cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from fireline.errors import SettingsInvalid
from fireline.settings import Settings, Source, mistakes, source_at
from fireline.slo.model import Objective

if TYPE_CHECKING:
    from fireline.prometheus.source import MetricsSource


class Reach:
    """Sources by objective. ``url`` and ``name`` are what the command line says, if it says anything.

    Raises click's UsageError when that is contradictory or incomplete.
    """

    def __init__(self, settings: Settings, *, url: str | None, name: str | None) -> None:
        if name is not None and name not in settings.sources:
            known = ", ".join(sorted(settings.sources))
            raise click.UsageError(f"--source: {name!r} is no source of the settings; known: {known}")
        self._settings = settings
        self._url = url
        self._name = name
        self._opened: dict[str, MetricsSource] = {}

    def source(self, objective: Objective) -> MetricsSource:
        """The source an objective is read from."""
        return self.named(objective.source)

    def named(self, own: str) -> MetricsSource:
        """The source of what names ``own`` as its source."""
        name = self._name or ("" if self._url else own)
        if name not in self._opened:
            # Here and not above: --help must not pay for the HTTP client.
            from fireline.prometheus.replicas import Replicas  # noqa: PLC0415

            self._opened[name] = Replicas.of(self._described(name), name=name)
        return self._opened[name]

    def _described(self, name: str) -> Source:
        try:
            if not name:
                assert self._url is not None  # noqa: S101 - only a URL has no name
                return source_at(self._url)
            source = self._settings.sources.get(name, Source())
            if self._url:
                return Source.model_validate(source.model_dump() | {"urls": (self._url,)})
        except SettingsInvalid as error:
            raise click.UsageError(f"--prometheus: {error}") from error
        except ValidationError as error:
            raise click.UsageError(f"--prometheus: {'; '.join(mistakes(error))}") from None
        if not source.urls:
            raise click.UsageError(
                f"no Prometheus to ask: give --prometheus URL, or --config with sources.{name}.urls"
            )
        return source
