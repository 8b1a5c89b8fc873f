"""``python -m tests.bed``: what the Makefile calls to build tools, and to start and stop the bed."""

from __future__ import annotations

import sys

import click

from tests.bed import daemon
from tests.bed.errors import BedError
from tests.bed.recipes import PROGRAMS
from tests.bed.toolchain import Tools


@click.group()
def main() -> None:
    """The bed: real servers on loopback."""


@main.command()
@click.argument("programs", nargs=-1, type=click.Choice(PROGRAMS))
def tools(programs: tuple[str, ...]) -> None:
    """Find or build PROGRAMS (default: all) and show where they are."""
    kit = Tools()
    wanted = programs or PROGRAMS
    missing = [program for program in wanted if kit.find(program) is None]
    if missing:
        click.echo(f"To build, once: {', '.join(missing)}", err=True)
    found = {name: str(path) for name, path in kit.ensure(wanted).items()}
    if not programs or "prometheus-operator" in programs:
        found["CRDs"] = str(kit.crd_directory())
    for name, path in found.items():
        click.echo(f"{name:24} {path}")


@main.command()
def up() -> None:
    """Start the bed in the background; fine to call twice."""
    Tools().ensure()
    started = daemon.up()
    click.echo(daemon.ENV.read_text(), nl=False)
    state = "The bed is up" if started else "The bed was up already"
    click.echo(f"{state}. Use it: . {daemon.ENV.relative_to(daemon.CHECKOUT)}", err=True)


@main.command()
def down() -> None:
    """Stop what `up` started; fine to call twice."""
    click.echo("The bed is down" if daemon.down() else "No bed was up", err=True)


@main.command(hidden=True)
def serve() -> None:
    """Run the bed in the foreground until SIGTERM (what `up` starts)."""
    daemon.serve()


@main.command()
@click.option("--once", is_flag=True, help="Go through the story once, check each step, exit 0 or 1.")
def demo(once: bool) -> None:
    """Run the whole story on real servers."""
    # Only here: the demo needs the operator, the bed alone does not.
    from tests.bed.demo import run

    sys.exit(run(once=once))


if __name__ == "__main__":
    try:
        main()
    except BedError as error:
        sys.exit(f"{type(error).__name__}: {error}")
