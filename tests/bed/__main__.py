"""``python -m tests.bed``: what the Makefile calls to build tools, and to start and stop the bed."""

from __future__ import annotations

import sys

import click

from tests.bed import daemon
from tests.bed.errors import BedError
from tests.bed.foreigncrds import foreign_crds
from tests.bed.podbed.machine import obstacles
from tests.bed.recipes import POD_PROGRAMS, PROGRAMS
from tests.bed.toolchain import Tools


@click.group()
def main() -> None:
    """The bed: real servers on loopback."""


@main.command()
@click.argument("programs", nargs=-1, type=click.Choice((*PROGRAMS, *POD_PROGRAMS)))
def tools(programs: tuple[str, ...]) -> None:
    """Find or build PROGRAMS (default: all that can be of use here) and show where they are."""
    kit = Tools()
    wanted = programs or (PROGRAMS if obstacles() else (*PROGRAMS, *POD_PROGRAMS))
    missing = [program for program in wanted if kit.find(program) is None]
    if missing:
        click.echo(f"To build, once: {', '.join(missing)}", err=True)
    found = {name: str(path) for name, path in kit.ensure(wanted).items()}
    if not programs or "prometheus-operator" in programs:
        found["CRDs"] = str(kit.crd_directory())
    if not programs:
        found["CRDs of others"] = str(foreign_crds(kit))
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


@main.group()
def pods() -> None:
    """The pod bed: a cluster that runs pods, with the operator installed in it."""


@pods.command("up")
def pods_up() -> None:
    """Start it in the background, with the operator and monitoring; fine to call twice."""
    from tests.bed.podbed import daemon as pod_daemon

    if why := obstacles():
        sys.exit("\n".join(why))
    Tools().ensure((*PROGRAMS, *POD_PROGRAMS))
    started = pod_daemon.BACKGROUND.up(seconds=300)
    click.echo(pod_daemon.BACKGROUND.env.read_text(), nl=False)
    env = pod_daemon.BACKGROUND.env.relative_to(daemon.CHECKOUT)
    click.echo(
        f"The pod bed is up{'' if started else ' already'}. Use it: . {env}\n"
        "After a change of the code: python -m tests.bed pods load && "
        "$KUBECTL -n fireline rollout restart deployment/fireline",
        err=True,
    )


@pods.command("down")
def pods_down() -> None:
    """Stop what `pods up` started; fine to call twice."""
    from tests.bed.podbed import daemon as pod_daemon

    click.echo("The pod bed is down" if pod_daemon.BACKGROUND.down() else "No pod bed was up", err=True)


@pods.command("load")
def pods_load() -> None:
    """Load the images of the checkout as it is now into the running pod bed."""
    from tests.bed.podbed import daemon as pod_daemon

    for name in pod_daemon.load():
        click.echo(name)


@pods.command("images")
def pods_images() -> None:
    """Make the images without a cluster; prints the archive, as `docker load` reads it."""
    from tests.bed.images import archive

    click.echo(str(archive()))


@pods.command("check")
def pods_check() -> None:
    """Say whether tests have somewhere to run pods; exit 1 with what is missing."""
    from tests.bed.podbed.platform import reasons

    if why := reasons():
        sys.exit("\n".join(why))
    click.echo("pods can run here")


@pods.command("serve", hidden=True)
def pods_serve() -> None:
    """Run it in the foreground until SIGTERM (what `pods up` starts)."""
    from tests.bed.podbed import daemon as pod_daemon

    pod_daemon.serve()


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
