"""The Prometheus of each objective: its own source, unless the command line chooses one for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireline.cli.sources import described, is_known
from fireline.settings import Settings
from fireline.slo.model import Objective

if TYPE_CHECKING:
    from fireline.prometheus.source import MetricsSource


class Reach:
    """Sources by objective. ``url`` and ``name`` are what the command line says, if it says anything.

    Raises click's UsageError when that is incomplete.
    """

    def __init__(self, settings: Settings, *, url: str | None, name: str | None) -> None:
        is_known(name, settings)
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

            source = described(self._settings, url=self._url, name=name or None)
            self._opened[name] = Replicas.of(source, name=name)
        return self._opened[name]
