"""``fireline render --as mimir``: rule files for ``mimirtool``, or straight to the ruler's API.

Called by ``render``. An upload writes only groups that differ, and deletes only with ``--prune``, only
groups of Fireline's own, and only in the namespaces that were rendered.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from fireline.api.plan import Manifest
from fireline.cli import output as out
from fireline.cli.progress import progress
from fireline.errors import MetricsError, RulesRefused, SettingsInvalid
from fireline.settings import Settings, Source, source_at
from fireline.slo.mimir import Change, beyond_defaults, changes, readable

if TYPE_CHECKING:
    from fireline.prometheus.ruler import Ruler

Namespaces = Mapping[str, Manifest]
"""Name of the namespace → its content, ``{"namespace": …, "groups": […]}``."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload is asked to do. ``url`` is the server; ``diff``: only say what would be done."""

    url: str
    diff: bool = False
    prune: bool = False


def files(sources: Mapping[str, Namespaces]) -> dict[str, Manifest]:
    """One file per namespace, in a folder per source: ``mimirtool rules load`` takes a folder's files."""
    _warn(sources)
    return {
        f"{source}/{name}.yaml": content
        for source, namespaces in sorted(sources.items())
        for name, content in sorted(namespaces.items())
    }


def upload(sources: Mapping[str, Namespaces], settings: Settings, asked: Upload) -> int:
    """Brings the ruler to what was rendered; returns the exit code.

    0: it is; 1: a group was refused, or with ``diff`` something differs. Raises click's UsageError for
    wrong usage, and exits with 2 when the ruler cannot be asked.
    """
    (name, namespaces), *others = sources.items()
    if others:
        raise click.UsageError(
            f"these SLOs are for the sources {', '.join(sorted(sources))}: choose one with --source"
        )
    _warn(sources)
    # Not above: printing rules must not pay for the HTTP client.
    from fireline.prometheus.ruler import Ruler  # noqa: PLC0415

    try:
        with Ruler(_at(asked.url, settings.sources.get(name, Source())), name=name) as ruler:
            todo = _todo(ruler, namespaces)
            if asked.diff:
                return _show(todo, prune=asked.prune)
            total = sum(len(content["groups"]) for content in namespaces.values())
            return _carry_out(ruler, todo, total, prune=asked.prune)
    except MetricsError as error:
        out.note(f"Error: {error}")
        return 2


def _warn(sources: Mapping[str, Namespaces]) -> None:
    for namespaces in sources.values():
        for words in beyond_defaults(namespaces.values()):
            out.note(f"note: {words}")


def _at(url: str, source: Source) -> Source:
    """The source with this server as its only address. Raises click's UsageError."""
    try:
        (server,) = source_at(url).urls
    except SettingsInvalid as error:
        raise click.UsageError(f"--upload: {error}") from None
    if "@" in urlsplit(server).netloc:
        raise click.UsageError(
            "--upload: a user in a URL is seen by everyone who lists processes; set username and "
            "password_file of the source in the settings, and give --config"
        )
    if source.tenant is not None and "|" in source.tenant:
        raise click.UsageError(
            f"rules are written to one tenant, and the source names several: {source.tenant}"
        )
    return source.model_copy(update={"kind": "Mimir", "urls": (server,)})


def _todo(ruler: Ruler, namespaces: Namespaces) -> list[Change]:
    """What differs, namespace by namespace."""
    todo: list[Change] = []
    with progress("comparing", len(namespaces)) as advance:
        for name, content in sorted(namespaces.items()):
            todo += changes(name, content["groups"], ruler.groups(name))
            advance(1)
    return todo


def _show(todo: Sequence[Change], *, prune: bool) -> int:
    """What an upload would do, as a difference. 1 when there is something."""
    shown = [change for change in todo if prune or change.after is not None]
    for change in shown:
        click.echo("\n".join(_difference(change)))
    _unwanted(todo, prune=prune)
    out.note(f"{_amount(len(shown))} would be written or deleted")
    return 1 if shown else 0


def _difference(change: Change) -> Iterator[str]:
    place = f"{change.namespace}/{change.group}"
    return difflib.unified_diff(
        _lines(change.before),
        _lines(change.after),
        f"{place} in the ruler" if change.before else "/dev/null",
        f"{place} rendered" if change.after else "/dev/null",
        lineterm="",
    )


def _lines(group: Manifest | None) -> list[str]:
    """Both sides in one form, so that only what means something else differs."""
    return out.to_yaml(readable(group)).splitlines() if group else []


def _carry_out(ruler: Ruler, todo: Sequence[Change], total: int, *, prune: bool) -> int:
    wanted = [change for change in todo if change.after is not None]
    refusals = 0
    with progress("writing", len(todo)) as advance:
        for change in wanted:
            refusals += not _written(ruler, change)
            advance(1)
        # What is refused may be the successor of what would be deleted.
        for change in todo if prune and not refusals else ():
            if change.after is None:
                ruler.delete(change.namespace, change.group)
                click.echo(f"deleted {change.namespace}/{change.group}")
                advance(1)
    _unwanted(todo, prune=prune)
    out.note(
        f"{len(wanted) - refusals} of {_amount(total)} written, {total - len(wanted)} were the same already"
    )
    return 1 if refusals else 0


def _written(ruler: Ruler, change: Change) -> bool:
    """Whether the ruler took it; if not, that is said and the others still get their turn."""
    assert change.after is not None  # noqa: S101 - the caller chose those
    try:
        ruler.write(change.namespace, change.after)
    except RulesRefused as error:
        out.note(f"Error: {error}")
        return False
    click.echo(f"{'changed' if change.before else 'created'} {change.namespace}/{change.group}")
    return True


def _unwanted(todo: Sequence[Change], *, prune: bool) -> None:
    """Tells of groups that stay although nothing rendered wants them."""
    left = [f"{change.namespace}/{change.group}" for change in todo if change.after is None]
    if left and not prune:
        out.note(f"not wanted any more, and left alone without --prune: {', '.join(left)}")


def _amount(count: int) -> str:
    return f"{count} rule group{'' if count == 1 else 's'}"
