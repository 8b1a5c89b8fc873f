"""``gate budget``: reads the SLOs, asks Prometheus for what their rules recorded, judges."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from fireline.cli import output as out
from fireline.cli.gating import budget
from fireline.cli.gating.checks import Check
from fireline.cli.inputs import load
from fireline.cli.offline import Sound, examine, operator_settings, refused
from fireline.errors import MetricsError, SettingsInvalid
from fireline.prometheus.replicas import Replicas
from fireline.settings import source_at


def budgets_left(
    paths: Sequence[str], url: str, *, namespace: str, least: float, least_coverage: float
) -> list[Check]:
    """One judgement per SLO, or per group of one.

    Raises click's UsageError when the server cannot be asked, and SystemExit(2) when an SLO is wrong.
    """
    objectives = sound_slos(paths, namespace=namespace)
    try:
        return asyncio.run(_ask(objectives, url, least, least_coverage))
    except (MetricsError, SettingsInvalid) as error:
        raise click.UsageError(f"--prometheus: {error}") from error


def sound_slos(paths: Sequence[str], *, namespace: str) -> list[Sound]:
    """The SLOs of files and folders. What is wrong with them goes to stderr, and ends the program."""
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, operator_settings(None))
    if refused(findings):
        out.report([one for one in findings if not one.issue.note], output="text", stderr=True, summary={})
        raise SystemExit(2)
    if not sound:
        raise click.UsageError(f"nothing to judge: {out.counted(inputs)}")
    return sound


async def _ask(objectives: Sequence[Sound], url: str, least: float, least_coverage: float) -> list[Check]:
    source = Replicas.of(source_at(url))
    found: list[Check] = []
    for sound in objectives:
        answers = await source.batch(budget.queries(sound.objective))
        checks = budget.judge(sound.objective, answers, least=least, least_coverage=least_coverage)
        at = sound.document.line(("spec", "objective"))
        found += [check.placed(sound.document.file, at) for check in checks]
    return found
