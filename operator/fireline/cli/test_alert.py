"""``fireline test-alert``: is every receiver of an AlertPolicy reached, and if not, why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fireline.cli.cluster import cluster_options


@click.command()
@click.argument("policy", metavar="[NAMESPACE/]POLICY")
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option(
    "--alertmanager",
    "urls",
    multiple=True,
    metavar="URL",
    help="Send it to this Alertmanager from here, without an operator; repeat it for each replica.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings: send it from here to the replicas of the policy's Alertmanager there.",
)
@click.option(
    "-f",
    "--file",
    metavar="PATH",
    help="Read the policy from a file (- for stdin), not from the cluster; with --alertmanager or --config.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=5, max=600),
    help="Seconds to wait for the result. Default: 120, sent from here 30.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@cluster_options
def test_alert(**given: Any) -> None:
    """Send the alert AlertPolicyTest to every receiver of an AlertPolicy, and tell what became of it.

    The operator sends it, asked by the annotation fireline.dev/test; its result stays in status.lastTest.
    With --alertmanager or --config it is sent from here, and no operator is needed.

    People are told: it reaches pagers and chats like any other alert.

    Exit code 0: every receiver took it. 1: some did not, or nobody knows. 2: wrong usage, or a server cannot
    be reached.
    """
    from fireline.cli.testing.command import prove  # noqa: PLC0415 - --help must not pay for the work

    prove(**given)
