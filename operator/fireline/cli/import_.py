"""``fireline import``: SLOs of Sloth, Pyrra and OpenSLO as Fireline's, and what could not be carried over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command("import")
@click.argument(
    "source", metavar="sloth|pyrra|openslo|auto", type=click.Choice(["sloth", "pyrra", "openslo", "auto"])
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", help="For objects that name none. Default: they stay without one.")
@click.option("--period", metavar="30d", help="Sloth: the SLO period it is started with. Default: 30d.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write what was lost to a file, as JSON.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when anything was lost or changed.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def import_(**given: Any) -> None:
    """Convert SLOs in files, folders or stdin (-) into ServiceLevelObjectives.

    The objects go to stdout, what could not be carried over to stderr. `auto` takes every format it
    finds. Exit code 0: converted, with or without losses. 1: losses and --strict, or unreadable input.
    2: wrong usage.
    """
    from fireline.cli.importing.command import import_documents  # noqa: PLC0415 - --help must not pay for the work

    import_documents(**given)
