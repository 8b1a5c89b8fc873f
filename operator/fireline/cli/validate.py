"""``fireline validate``: what is wrong, where, and what would be right; without a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli.formats import FORMATS

if TYPE_CHECKING:
    from fireline.cli.inputs import Finding
    from fireline.cli.offline import Sound
    from fireline.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings; names of Prometheus sources are checked only with them.",
)
@click.option(
    "--prometheus",
    metavar="URL",
    help="Also ask this server: do the series exist, and are they what they are taken for?",
)
@click.option("--source", metavar="NAME", help="The same with a source of --config and its credentials.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True)
def validate(
    *,
    paths: tuple[str, ...],
    namespace: str,
    config: Path | None,
    prometheus: str | None,
    source: str | None,
    output: str,
) -> None:
    """Say what is wrong with SLOs, AlertPolicies, SyntheticChecks and Mitigations in files, folders or stdin
    (-), and where.

    Exit code 0: nothing is wrong. 1: something is. 2: wrong usage, or Prometheus cannot be reached.
    """
    from fireline.cli import output as out  # noqa: PLC0415 - --help must not pay for models and tables
    from fireline.cli.inputs import load  # noqa: PLC0415 - likewise
    from fireline.cli.offline import examine, operator_settings, refused  # noqa: PLC0415 - likewise

    inputs, settings = load(paths, namespace=namespace), operator_settings(config)
    sound, findings = examine(inputs, settings)
    if prometheus or source:
        findings += _asked(sound, settings, url=prometheus, name=source)
    if inputs.policies:
        from fireline.cli.together import examine_together  # noqa: PLC0415 - SLOs need none of it

        findings += examine_together(inputs, sound, settings, at=datetime.now(UTC))
    if inputs.checks or any(one.slo.spec.indicator.synthetic for one in sound):
        from fireline.cli.checking.carried import beside, examine_checks  # noqa: PLC0415 - SLOs need none of it

        findings += [*examine_checks(inputs, settings)[1], *beside(sound, inputs)]
    if inputs.mitigations:
        from fireline.cli.mitigating.carried import beside as beside_them  # noqa: PLC0415 - likewise
        from fireline.cli.mitigating.carried import examine_mitigations  # noqa: PLC0415 - likewise

        findings += [*examine_mitigations(inputs, settings)[1], *beside_them(inputs)]
    files = list(dict.fromkeys(finding.file for finding in findings))
    findings.sort(key=lambda finding: (files.index(finding.file), finding.document))
    wrong = refused(findings)
    summary = {"valid": not wrong, "objects": inputs.objects, "foreign": inputs.foreign}
    out.report(findings, output=output, summary=summary)
    if not inputs.objects and not findings:
        raise click.UsageError(f"nothing to check: {out.counted(inputs)}")
    out.note(f"{'not valid' if wrong else 'valid'}: {out.counted(inputs)}")
    raise SystemExit(1 if wrong else 0)


def _asked(sound: Sequence[Sound], settings: Settings, *, url: str | None, name: str | None) -> list[Finding]:
    """What real data says about the SLOs that are sound so far. Raises click's UsageError."""
    import asyncio  # noqa: PLC0415 - see validate

    from fireline.cli.progress import progress  # noqa: PLC0415 - see validate
    from fireline.cli.reach import Reach  # noqa: PLC0415 - see validate
    from fireline.cli.series import findings_of  # noqa: PLC0415 - see validate
    from fireline.errors import MetricsError  # noqa: PLC0415 - see validate

    reach = Reach(settings, url=url, name=name)
    try:
        with progress("asking Prometheus", len(sound)) as done:
            return asyncio.run(findings_of(sound, reach, max_groups=settings.max_groups, done=done))
    except MetricsError as error:
        raise click.UsageError(f"{'--source' if name else '--prometheus'}: {error}") from error
