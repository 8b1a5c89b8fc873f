"""``fireline incidents``: the incidents on record, those that go on first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from fireline.cli.cluster import cluster_options

_AS_WIDE_AS_IT_GETS = 200


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Incidents of all namespaces.")
@click.option("--slo", "slos", multiple=True, metavar="NAME", help="Only of this SLO; repeatable.")
@click.option("--open", "only_open", is_flag=True, help="Only those that go on.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@cluster_options
def incidents(
    *,
    paths: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    slos: tuple[str, ...],
    only_open: bool,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """List incidents: those of a cluster's SLOs, or of SLOs with a status in files (- for stdin).

    Each SLO keeps its open incident and the last ten. fireline postmortem ID tells one of them.

    Exit code 0: shown. 2: wrong usage, or the cluster cannot be reached.
    """
    from fireline.cli.incidents_board import plain  # noqa: PLC0415 - --help must not pay for tables
    from fireline.cli.incidents_reading import look  # noqa: PLC0415 - likewise
    from fireline.cli.output import to_yaml  # noqa: PLC0415 - likewise

    found = look(
        files=paths,
        namespace=namespace,
        all_namespaces=all_namespaces,
        kubeconfig=kubeconfig,
        context=context,
    )
    shown = [
        one
        for one in found.incidents()
        if (not slos or one.slo["metadata"]["name"] in slos)
        and (not only_open or one.incident["state"] == "Open")
    ]
    if output != "text":
        document = {"items": [plain(one) for one in shown]}
        click.echo(json.dumps(document, indent=2) if output == "json" else to_yaml(document).rstrip())
        return
    if not shown:
        click.echo(f"no {'open ' if only_open else ''}incidents on record in {found.where}", err=True)
        return
    from rich.console import Console  # noqa: PLC0415 - see above

    from fireline.cli.columns import View  # noqa: PLC0415 - see above
    from fireline.cli.incidents_board import board  # noqa: PLC0415 - see above

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_AS_WIDE_AS_IT_GETS)
    view = View(datetime.now(UTC), console.width, namespaces=bool(paths) or all_namespaces)
    with console.capture() as captured:
        console.print(board(shown, view))
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
