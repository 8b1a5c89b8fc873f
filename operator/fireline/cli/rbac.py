"""``fireline rbac``: the rights a Mitigation needs, and the policies that guard it, ready to apply."""

from __future__ import annotations

from pathlib import Path

import click

from fireline.cli.cluster import cluster_options


@click.command()
@click.argument("targets", nargs=-1, metavar="[NAME|FILE]...")
@click.option(
    "-n",
    "--namespace",
    help="Of the Mitigations. Default: the namespace of the kubeconfig's context; default, in files.",
)
@click.option(
    "--operator",
    default="fireline/fireline",
    show_default=True,
    metavar="NAMESPACE/NAME",
    help="ServiceAccount the operator runs as.",
)
@click.option("--policies", is_flag=True, help="Print the admission policies that guard all Mitigations.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json", "text"]),
    default="yaml",
    show_default=True,
    help="yaml, json: for kubectl apply -f -. text: who may do what, for people.",
)
@cluster_options
def rbac(
    *,
    targets: tuple[str, ...],
    namespace: str | None,
    operator: str,
    policies: bool,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Print the rights that Mitigations need: of their ServiceAccount on the target, and of the operator to
    act as this ServiceAccount and no other. Nothing is applied.

    checkout-undo is an object of the cluster; checkout.yaml, a folder that ends in /, and - are files.

    Exit code 0: printed. 1: a Mitigation is wrong. 2: wrong usage, no such object, or a server that cannot
    be asked.
    """
    from fireline.cli.granting import Granting  # noqa: PLC0415 - --help must not pay for the work

    if bool(targets) == policies:
        raise click.UsageError("name Mitigations (NAME or FILE), or ask for --policies")
    granting = Granting.of(operator, output)
    if policies:
        granting.policies()
    else:
        granting.rights(targets, namespace=namespace, kubeconfig=kubeconfig, context=context)
