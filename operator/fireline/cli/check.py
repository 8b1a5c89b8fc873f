"""``fireline check``: synthetic checks by hand, with the engine that their pods use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def check() -> None:
    """Run synthetic checks here and now, with the engine that their pods use."""


@check.command(short_help="Run the SyntheticChecks of files once, and tell every step.")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--name", "names", multiple=True, metavar="CHECK", help="Only this check; repeatable.")
@click.option("-n", "--namespace", default="default", show_default=True, help="For checks that name none.")
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another value for a variable, such as base=http://localhost:8080; repeatable.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME=env:VARIABLE|file:PATH",
    help="Where the value of a secret variable is; repeatable. Default: FIRELINE_VAR_<NAME> of the "
    "environment, as in a pod; on a terminal you are asked.",
)
@click.option(
    "--refuse",
    multiple=True,
    metavar="CIDR",
    help="A network that may not be reached, beside those of the operator's settings; repeatable.",
)
@click.option("--no-cleanup", is_flag=True, help="Leave what the steps made, to look at it.")
@click.option(
    "--repeat", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many times, in a row."
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings. Default: FIRELINE_CONFIG, else the defaults.",
)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def run(**given: Any) -> None:
    """Run the SyntheticChecks of files, folders or stdin (-) once, and tell every step.

    Nothing is written to a cluster and nothing is counted. Sweep and cleanup are done as in a pod; Ctrl-C
    ends the steps and cleans up, a second one ends that as well.

    Exit code 0: success. 1: failure or error. 2: nothing was measured, or wrong usage.
    """
    from fireline.cli.checking.command import run_checks  # noqa: PLC0415 - --help must not pay for the work

    run_checks(**given)
