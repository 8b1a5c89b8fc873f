"""Which Prometheus a command asks: a URL, a source of the operator's settings, or both.

A source brings its way to authenticate (token, basic, certificate, tenant) and its replicas; a URL beside it
replaces the source's own, which are often only reachable inside the cluster. Used by the gate and
``perf-budget``, which ask one server, and through :mod:`fireline.cli.reach` by all that ask a source per
objective. Imports are within functions: ``fireline --help`` shows these options and pays for nothing else.
"""

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


def is_known(name: str | None, settings: Settings) -> None:
    """Raises click's UsageError for a ``--source`` that the settings do not have."""
    if name is not None and name not in settings.sources:
        known = ", ".join(sorted(settings.sources)) or "none"
        raise click.UsageError(f"--source: {name!r} is no source of the settings; known: {known}")


def described(settings: Settings, *, url: str | None, name: str | None) -> Source:
    """The source behind a URL, a name, or both. Raises click's UsageError when nobody could be asked."""
    from pydantic import ValidationError  # noqa: PLC0415 - see the module

    from fireline.errors import SettingsInvalid  # noqa: PLC0415 - see the module
    from fireline.settings import Source, mistakes, source_at  # noqa: PLC0415 - see the module

    try:
        if url and not name:
            return source_at(url)
        source = settings.sources.get(name or "default", Source())
        if url:
            return Source.model_validate(source.model_dump() | {"urls": (url,)})
    except SettingsInvalid as error:
        raise click.UsageError(f"--prometheus: {error}") from error
    except ValidationError as error:
        raise click.UsageError(f"--prometheus: {'; '.join(mistakes(error))}") from None
    if not source.urls:
        place = f"sources.{name or 'default'}.urls"
        raise click.UsageError(f"no Prometheus to ask: give --prometheus URL, or --config with {place}")
    return source


def chosen(prometheus: str | None, source: str | None, settings: Settings) -> Source | None:
    """The source the options name, or None when they name none. Raises click's UsageError."""
    if not prometheus and source is None:
        return None
    is_known(source, settings)
    return described(settings, url=prometheus, name=source)


def place(source: Source) -> str:
    """The server as messages name it: never with a password."""
    from fireline.access import without_credentials  # noqa: PLC0415 - see the module

    return without_credentials(source.urls[0])
