"""``fireline render``: what the operator would write, byte for byte, without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.routing.options import merging_options


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option(
    "--as",
    "form",
    type=click.Choice(
        ["objects", "prometheusrule", "cronjob", "rules", "mimir", "alertmanagerconfig", "alertmanager"]
    ),
    default="objects",
    show_default=True,
    help="objects: PrometheusRules, and what runs SyntheticChecks. prometheusrule, cronjob: only those. "
    "rules: one plain Prometheus rule file, for use without Kubernetes. mimir: rule files for mimirtool, one "
    "per namespace. alertmanagerconfig: the routes of AlertPolicies. alertmanager: the configuration that "
    "Alertmanager gets of all policies and AlertmanagerConfigs.",
)
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write files into a folder.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings (sources, rule labels). Default: FIRELINE_CONFIG, else the defaults.",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Write maintenance and calendar periods as of this time (UTC). Default: now.",
)
@click.option("--source", help="Only what is written for this source of the settings (spec.prometheus).")
@click.option("--upload", metavar="URL", help="With --as mimir: write to the ruler of this Mimir.")
@click.option("--diff", is_flag=True, help="With --upload: show what would change; exit code 1 if anything.")
@merging_options
@click.option("--prune", is_flag=True, help="With --upload: delete Fireline's groups that are not rendered.")
def render(**given: Any) -> None:
    """Print what the operator would write for SLOs, AlertPolicies, SyntheticChecks and Mitigations in files,
    folders or stdin (-).

    Nothing is printed when any object is wrong. Exit code 1: something is wrong; 2: wrong usage, or a
    server that cannot be asked.
    """
    from fireline.cli.rendering import render_rules  # noqa: PLC0415 - --help must not pay for the work

    render_rules(**given)
