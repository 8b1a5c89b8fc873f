"""``fireline route``: who would be told about an alert, when and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.cluster import cluster_options
from fireline.cli.routing.options import merging_options


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="LABELS... [PATH...]")
@click.option("-n", "--namespace", help="For objects that name none. Default: default.")
@click.option(
    "--alertmanager",
    metavar="URL",
    help="Ask a running Alertmanager for its configuration, alerts and silences.",
)
@click.option("--cluster", is_flag=True, help="The AlertmanagerConfigs of the cluster, merged as there.")
@merging_options
@click.option("--at", metavar="TIME", help="When Alertmanager first hears of it. Default: now.")
@click.option(
    "--firing",
    multiple=True,
    metavar="LABELS",
    help="Another alert that fires meanwhile, and may inhibit this one; repeatable.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings. Default: FIRELINE_CONFIG, else the defaults.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@cluster_options
def route(**given: Any) -> None:
    """Say who would be told about an alert with these LABELS, when, and why; and who would not.

    LABELS are name=value, one by one or together: alertname=Down 'team=shop,severity=critical'. PATHs are
    files and folders (- for stdin) with AlertPolicies, AlertmanagerConfigs, or one plain alertmanager.yaml.
    They are merged as prometheus-operator would, and the alert is followed through routes, grouping, hours
    and inhibition as Alertmanager would. With --alertmanager, alerts that fire there now may inhibit it, and
    silences count.

    Exit code 0: somebody would be told. 1: nobody would, or an object is wrong. 2: wrong usage, or a server
    cannot be reached.
    """
    from fireline.cli.routing.command import show  # noqa: PLC0415 - --help must not pay for the work

    show(**given)
