"""Which Prometheus a command asks: a URL, or a source of the operator's settings with its credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fireline.settings import Settings, Source

Command = TypeVar("Command", bound=Callable[..., Any])


def source_options(what: str) -> Callable[[Command], Command]:
    """``--prometheus URL`` and ``--source NAME``; ``what`` says what is asked there."""

    def add(command: Command) -> Command:
        url = click.option("--prometheus", metavar="URL", help=f"Also ask this server {what}.")
        source = click.option(
            "--source",
            metavar="NAME",
            help="The same with a source of --config: its replicas, credentials and tenant.",
        )
        return url(source(command))

    return add


def chosen(prometheus: str | None, source: str | None, settings: Settings) -> Source | None:
    """The source that was named, or None when none was. Raises click's UsageError."""
    from fireline.errors import SettingsInvalid  # noqa: PLC0415 - --help stays light
    from fireline.settings import source_at  # noqa: PLC0415 - likewise

    if prometheus and source:
        raise click.UsageError("--prometheus and --source are two ways to say the same; choose one")
    if prometheus:
        try:
            return source_at(prometheus)
        except SettingsInvalid as error:
            raise click.UsageError(f"--prometheus: {error}") from error
    if source is None:
        return None
    known = ", ".join(sorted(settings.sources)) or "none"
    if source not in settings.sources:
        raise click.UsageError(f"--source: {source!r} is no source of the settings; known: {known}")
    if not settings.sources[source].urls:
        raise click.UsageError(
            f"--source: sources.{source}.urls is empty: give it a URL, or use --prometheus"
        )
    return settings.sources[source]


def place(source: Source) -> str:
    """The server as messages name it: never with a password."""
    from fireline.access import without_credentials  # noqa: PLC0415 - with pydantic, which fireline --help needs not

    return without_credentials(source.urls[0])
