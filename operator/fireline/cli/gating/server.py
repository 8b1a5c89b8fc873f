"""The Prometheus a gate or ``perf-budget`` asks, and the settings it was chosen with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from fireline.cli.offline import operator_settings
from fireline.cli.sources import chosen, place
from fireline.errors import MetricsError
from fireline.prometheus.replicas import Replicas
from fireline.prometheus.source import MetricsSource
from fireline.settings import Settings, Source

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """One server, or the replicas of a source of the settings."""

    source: Source
    settings: Settings
    option: str
    """How it was named: ``--prometheus`` or ``--source``."""

    @property
    def place(self) -> str:
        """Its URL without credentials."""
        return place(self.source)

    def ask(self, questions: Callable[[MetricsSource], Awaitable[T]]) -> T:
        """The answer to questions. Raises click's UsageError when it cannot be asked."""

        async def asked() -> T:
            return await questions(Replicas.of(self.source))

        try:
            return asyncio.run(asked())
        except MetricsError as error:
            raise click.UsageError(f"{self.option}: {error}") from error


def server(prometheus: str | None, source: str | None, config: Path | None) -> Server | None:
    """The server the options name, or None. Raises click's UsageError when they do not fit together."""
    settings = operator_settings(config)
    found = chosen(prometheus, source, settings)
    option = "--prometheus" if prometheus else "--source"
    return Server(found, settings, option) if found is not None else None


def needed(prometheus: str | None, source: str | None, config: Path | None) -> Server:
    """The same where it cannot be done without."""
    found = server(prometheus, source, config)
    if found is None:
        raise click.UsageError("give --prometheus URL, or --source NAME with --config")
    return found
