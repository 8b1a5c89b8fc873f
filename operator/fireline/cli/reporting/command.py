"""What ``fireline report`` does: read, ask, tell."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from fireline.alerting.quality.model import DAY, Stretch
from fireline.alerting.runbooks import Runbook
from fireline.alerting.runbooks import read as read_page
from fireline.cli import output as out
from fireline.cli import when
from fireline.cli.offline import operator_settings
from fireline.cli.reach import Reach
from fireline.cli.reporting.asking import Report, reported
from fireline.cli.reporting.checks import check_reports
from fireline.cli.reporting.content import content
from fireline.cli.reporting.reading import chosen, of_cluster, of_files
from fireline.errors import MetricsError, SpecError

_DAYS = {"week": 7, "month": 30, "quarter": 90}


def tell(
    *,
    paths: tuple[str, ...],
    period: str,
    since: str | None,
    until: str | None,
    namespace: str | None,
    all_namespaces: bool,
    policies: tuple[str, ...],
    slos: tuple[str, ...],
    checks: tuple[str, ...],
    prometheus: str | None,
    source: str | None,
    config: Path | None,
    runbooks: Path | None,
    output: str | None,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """See the command's help."""
    if namespace and all_namespaces:
        raise click.UsageError("-n and -A contradict each other; choose one")
    if paths and (all_namespaces or kubeconfig or context):
        raise click.UsageError("-A, --kubeconfig and --context ask a cluster; leave them out with files")
    end = when.moment(until, option="--until") if until else int(time.time())
    start = when.since(since, end, option="--since") if since else end - _DAYS[period] * DAY
    if end - start < 3600:
        raise click.UsageError("a period of less than an hour tells nothing about alerts")
    settings = operator_settings(config)
    reach = Reach(settings, url=prometheus, name=source)
    pages = _pages(runbooks) if runbooks else None
    manifests = (
        of_files(paths, namespace)
        if paths
        else of_cluster(kubeconfig, context, namespace, all_=all_namespaces)
    )
    found = chosen(manifests, settings, namespace=namespace, policies=policies, slos=slos, checks=checks)
    if not found:
        raise click.UsageError(
            "there is no valid AlertPolicy, no valid ServiceLevelObjective and no SyntheticCheck to report on"
        )
    try:
        report = asyncio.run(reported(found, reach, Stretch(start, end)))
    except MetricsError as error:
        raise click.UsageError(str(error)) from error
    report.checks = check_reports(found.checks, Stretch(start, end), datetime.now(UTC))
    _show(report, pages, output or ("text" if sys.stdout.isatty() else "markdown"))


def _pages(folder: Path) -> list[Runbook]:
    """The runbooks of a folder; one that cannot be read is told of and left out."""
    found = []
    for file in sorted(folder.rglob("*.md")):
        if file.name == "README.md":
            continue
        name = str(file.relative_to(folder))
        try:
            found.append(read_page(name, file.read_text(encoding="utf-8")))
        except (SpecError, UnicodeDecodeError) as error:
            out.note(
                f"left out: runbook {error if isinstance(error, SpecError) else name + ': is no UTF-8 text'}"
            )
    return found


def _show(report: Report, pages: list[Runbook] | None, output: str) -> None:
    """Each format is loaded only where it is wanted."""
    today = datetime.fromtimestamp(report.period.end, UTC).date()
    if output in {"json", "yaml"}:
        import json  # noqa: PLC0415

        from fireline.cli.reporting.plain import plain  # noqa: PLC0415

        document = plain(report, pages, today)
        click.echo(json.dumps(document, indent=2) if output == "json" else out.to_yaml(document).rstrip())
        return
    told = content(report, pages, today)
    match output:
        case "html":
            from fireline.cli.reporting.page import page  # noqa: PLC0415

            click.echo(page(told, report), nl=False)
        case "markdown":
            from fireline.cli.reporting.markdown import markdown  # noqa: PLC0415

            click.echo(markdown(told), nl=False)
        case _:
            from fireline.cli.reporting.terminal import show  # noqa: PLC0415

            show(told)
