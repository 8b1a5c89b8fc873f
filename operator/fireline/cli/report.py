"""``fireline report``: how good alerts were, and what was available, over a week, a month or a quarter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.cluster import cluster_options


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--period",
    type=click.Choice(["week", "month", "quarter"]),
    default="week",
    show_default=True,
    help="The last 7, 30 or 90 days, and as many before them for the trend.",
)
@click.option("--since", metavar="DURATION|TIME", help="Where to begin, instead of --period.")
@click.option("--until", metavar="TIME", help="Where to end. Default: now.")
@click.option("-n", "--namespace", help="Only this namespace. Default: that of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Objects of all namespaces.")
@click.option(
    "--policy", "policies", multiple=True, metavar="NAME", help="Only this AlertPolicy; repeatable."
)
@click.option("--slo", "slos", multiple=True, metavar="NAME", help="Only this SLO; repeatable.")
@click.option(
    "--check", "checks", multiple=True, metavar="NAME", help="Only this SyntheticCheck; repeatable."
)
@click.option("--prometheus", metavar="URL", help="The server that has the past. Default: --config's source.")
@click.option(
    "--source", metavar="NAME", help="The source of the settings to use. Default: each object's own."
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings: its sources say how to authenticate.",
)
@click.option(
    "--runbooks",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of runbook pages: those nobody reviewed for 90 days are listed.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "markdown", "html", "json", "yaml"]),
    help="Default: text on a terminal, markdown in a pipe.",
)
@cluster_options
def report(**given: Any) -> None:
    """Tell how often alerts woke people, and whether they were right to, judged by the error budget; and
    whether what SyntheticChecks check was as available as promised.

    AlertPolicies, SLOs and checks are read from files, folders or stdin (-), or from the cluster without any.
    What cannot be known is called unknown, and never counts as 0.

    Exit code 0: shown. 2: wrong usage, or a server cannot be reached.
    """
    from fireline.cli.reporting.command import tell  # noqa: PLC0415 - --help must not pay for the work

    tell(**given)
