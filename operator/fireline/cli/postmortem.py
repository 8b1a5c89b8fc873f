"""``fireline postmortem``: a draft from the record of an incident, and what a finished page lacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from fireline.cli.cluster import cluster_options


@click.command()
@click.argument("target", metavar="[INCIDENT|SLO]", required=False)
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="PATH",
    help="Read SLOs with their status from here (- for stdin) instead of a cluster; repeatable.",
)
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Look for it in all namespaces.")
@click.option(
    "--check",
    "checked",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Say what is missing from this finished page instead: causes, action items with owner and due date.",
)
@click.option("--today", metavar="DATE", help="With --check: the day that due dates are compared with.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["markdown", "json", "yaml"]),
    default="markdown",
    show_default=True,
)
@cluster_options
def postmortem(
    *,
    target: str | None,
    files: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    checked: Path | None,
    today: str | None,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Draft the postmortem of an incident (inc-…), or of the newest one of an SLO (slo/NAME, or NAME).

    The draft tells what was recorded and leaves causes and action items to people. With --check it is the
    other way round: what people have written is read, and what is missing is named.

    Exit code 0: written, or nothing is missing. 1: something is missing or overdue. 2: wrong usage, no such
    incident, or the cluster cannot be reached.
    """
    if checked is not None:
        if target or files or namespace or all_namespaces or kubeconfig or context:
            raise click.UsageError("--check reads one finished page; leave out everything else but --today")
        _check(checked, today, output)
        return
    if today is not None:
        raise click.UsageError("--today belongs to --check")
    if target is None:
        raise click.UsageError(
            "name an incident (fireline incidents lists them) or an SLO, or use --check FILE"
        )
    from fireline.cli.incidents_reading import look  # noqa: PLC0415 - --help stays light
    from fireline.cli.output import to_yaml  # noqa: PLC0415 - likewise
    from fireline.cli.postmortem_page import page  # noqa: PLC0415 - likewise
    from fireline.incident.draft import draft  # noqa: PLC0415 - likewise

    found = look(
        files=files,
        namespace=namespace,
        all_namespaces=all_namespaces,
        kubeconfig=kubeconfig,
        context=context,
    ).meant(target)
    document = draft(found.slo, found.incident)
    match output:
        case "json":
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        case "yaml":
            click.echo(to_yaml(document).rstrip())
        case _:
            click.echo(page(document), nl=False)


def _check(file: Path, today: str | None, output: str) -> None:
    """Prints what is missing; exit code 1 when something is."""
    from fireline.cli.output import to_yaml  # noqa: PLC0415 - see above
    from fireline.cli.when import moment  # noqa: PLC0415 - see above
    from fireline.incident.review import flaws  # noqa: PLC0415 - see above

    day = datetime.now(UTC)
    if today is not None:
        day = datetime.fromtimestamp(moment(today, option="--today"), UTC)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is no UTF-8 text: {error}") from error
    found = flaws(text, today=day.date())
    if output != "markdown":
        document = {"file": str(file), "flaws": [{"line": one.line, "message": one.message} for one in found]}
        click.echo(json.dumps(document, indent=2) if output == "json" else to_yaml(document).rstrip())
    else:
        for one in found:
            click.echo(f"{file}:{one.line}: {one.message}")
        if not found:
            click.echo(f"{file}: causes are named, action items have owners and dates, and none is overdue")
    if found:
        raise SystemExit(1)
