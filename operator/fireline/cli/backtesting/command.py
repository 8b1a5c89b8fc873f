"""What ``fireline backtest`` does: replay, print, draw, judge."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import click

from fireline.cli import output as out
from fireline.cli import when
from fireline.cli.backtesting.incidents import read_incidents
from fireline.cli.backtesting.objectives import cases
from fireline.cli.backtesting.replaying import Known, replayed
from fireline.cli.inputs import load
from fireline.cli.offline import examine, operator_settings
from fireline.cli.reach import Reach
from fireline.errors import MetricsError
from fireline.slo.replay.outcome import Outcome

_STEPS = {"30s": 30, "1m": 60}


def replay_past(
    *,
    paths: tuple[str, ...],
    namespace: str,
    prometheus: str | None,
    since: str,
    until: str | None,
    objective: str | None,
    step: str,
    incidents: Path | None,
    grace: str,
    config: Path | None,
    source: str | None,
    output: str,
    svg: Path | None,
    html: Path | None,
) -> None:
    """Replay SLOs over the past; ends the program with its exit code."""
    seconds = _STEPS[step]
    end = when.moment(until, option="--until") if until else int(time.time())
    start = when.since(since, end, option="--since")
    known = Known(read_incidents(incidents) if incidents else None, when.length(grace, option="--grace"))
    settings = operator_settings(config)
    inputs = load(paths, namespace=namespace)
    sound, findings = examine(inputs, settings)
    wanted, more = cases(sound, objective, settings)
    # Notes on adjusted tiers stand beside the objective they are about, in the results.
    wrong = [finding for finding in [*findings, *more] if not finding.issue.note]
    if wrong:
        out.report(wrong, output="text", stderr=True, summary={})
        raise SystemExit(1)
    if not wanted:
        raise click.UsageError(f"nothing to replay: {out.counted(inputs)}")
    reach = Reach(settings, url=prometheus, name=source)
    try:
        outcomes = asyncio.run(replayed(wanted, reach, known, start=start, end=end, step=seconds))
    except MetricsError as error:
        raise click.UsageError(str(error)) from error
    _print(outcomes, output, seconds)
    _draw(outcomes, known, svg=svg, html=html)
    raise SystemExit(0 if all(any(one.held for one in each) for each in outcomes) else 1)


def _print(outcomes: list[list[Outcome]], output: str, step: int) -> None:
    if output == "text":
        from fireline.cli.backtesting.table import show  # noqa: PLC0415 - only where tables are shown

        show(outcomes, step=step)
        return
    from fireline.cli.backtesting.plain import plain  # noqa: PLC0415

    document = plain(outcomes, step=step)
    click.echo(json.dumps(document, indent=2) if output == "json" else out.to_yaml(document).rstrip())


def _draw(outcomes: list[list[Outcome]], known: Known, *, svg: Path | None, html: Path | None) -> None:
    if svg is None and html is None:
        return
    from fireline.cli.charts.page import page  # noqa: PLC0415 - only where something is drawn
    from fireline.cli.charts.picture import picture  # noqa: PLC0415

    if svg:
        svg.write_text(picture(outcomes, known.incidents or ()), encoding="utf-8")
        out.note(f"wrote {svg}")
    if html:
        html.write_text(page(outcomes, known.incidents), encoding="utf-8")
        out.note(f"wrote {html}")
