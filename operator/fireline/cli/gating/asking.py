"""``gate budget``: reads the SLOs, asks Prometheus for what their rules recorded, judges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli.gating import budget
from fireline.cli.gating.checks import Check
from fireline.cli.gating.server import Server, needed
from fireline.cli.inputs import load
from fireline.cli.offline import Sound, examine, refused
from fireline.cli.progress import progress
from fireline.prometheus.source import MetricsSource


def budgets_left(
    paths: Sequence[str],
    *,
    prometheus: str | None,
    source: str | None,
    config: Path | None,
    namespace: str,
    least: float,
    least_coverage: float,
) -> list[Check]:
    """One judgement per SLO, or per group of one.

    Raises click's UsageError when the server cannot be asked, and SystemExit(2) when an SLO is wrong.
    """
    server = needed(prometheus, source, config)
    objectives = sound_slos(paths, server, namespace=namespace)

    async def judged(asked: MetricsSource) -> list[Check]:
        found: list[Check] = []
        with progress("asking for budgets", len(objectives)) as advance:
            for sound in objectives:
                answers = await asked.batch(budget.queries(sound.objective))
                at = sound.document.line(("spec", "objective"))
                found += (
                    check.placed(sound.document.file, at)
                    for check in budget.judge(
                        sound.objective, answers, least=least, least_coverage=least_coverage
                    )
                )
                advance(1)
        return found

    return server.ask(judged)


def sound_slos(paths: Sequence[str], server: Server, *, namespace: str) -> list[Sound]:
    """The SLOs of files and folders. What is wrong with them goes to stderr, and ends the program."""
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, server.settings)
    if refused(findings):
        out.report([one for one in findings if not one.issue.note], output="text", stderr=True, summary={})
        raise SystemExit(2)
    if not sound:
        raise click.UsageError(f"nothing to judge: {out.counted(inputs)}")
    return sound
