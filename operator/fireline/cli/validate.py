"""``fireline validate``: what is wrong, where, and what would be right; without a cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli.inputs import Finding, load
from fireline.cli.offline import Sound, examine, operator_settings, refused
from fireline.errors import MetricsError, SettingsInvalid


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings; names of Prometheus sources are checked only with them.",
)
@click.option("--prometheus", metavar="URL", help="Also ask this server whether the series exist.")
@click.option("-o", "--output", type=click.Choice(out.FORMATS), default="text", show_default=True)
def validate(
    paths: tuple[str, ...], namespace: str, config: Path | None, prometheus: str | None, output: str
) -> None:
    """Say what is wrong with SLOs in files, folders or stdin (-), and where.

    Exit code 0: nothing is wrong. 1: something is. 2: wrong usage, or Prometheus cannot be reached.
    """
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, operator_settings(config))
    if prometheus:
        findings += _series(prometheus, sound)
    wrong = refused(findings)
    summary = {"valid": not wrong, "objects": len(inputs.documents), "foreign": inputs.foreign}
    out.report(findings, output=output, summary=summary)
    if not inputs.documents and not findings:
        raise click.UsageError(f"nothing to check: {out.counted(inputs)}")
    out.note(f"{'not valid' if wrong else 'valid'}: {out.counted(inputs)}")
    raise SystemExit(1 if wrong else 0)


def _series(url: str, sound: list[Sound]) -> list[Finding]:
    from fireline.cli.series import missing_series  # noqa: PLC0415 - offline use must not pay for HTTP

    try:
        return asyncio.run(missing_series(url, sound))
    except (MetricsError, SettingsInvalid) as error:
        raise click.UsageError(f"--prometheus: {error}") from error
