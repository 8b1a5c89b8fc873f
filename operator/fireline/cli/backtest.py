"""``fireline backtest``: would these SLOs have held, and what would have fired, on data of the past?"""

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


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option("--prometheus", metavar="URL", help="The server that has the past. Default: --config's source.")
@click.option("--since", default="30d", show_default=True, metavar="DURATION|TIME", help="Where to begin.")
@click.option("--until", metavar="TIME", help="Where to end. Default: now.")
@click.option(
    "--objective",
    metavar="PERCENT,...",
    help="Objectives to compare, such as 99.5,99.9. Default: the one each SLO has.",
)
@click.option(
    "--step",
    type=click.Choice(list(_STEPS)),
    default="30s",
    show_default=True,
    help="Time between two evaluations. 30s is what the operator does; 1m reads half as much.",
)
@click.option(
    "--incidents",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML list of known incidents (name, from, to): gives precision, recall and delays.",
)
@click.option(
    "--grace",
    default="15m",
    show_default=True,
    metavar="DURATION",
    help="An alert that begins so late after an incident still belongs to it.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings: its sources say how to authenticate.",
)
@click.option("--source", metavar="NAME", help="The source of the settings to use. Default: each SLO's own.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Also write a chart.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page of its own.")
def backtest(
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
    """Replay SLOs in files, folders or stdin (-) over the past, as if their rules had been at work.

    Exit code 0: every SLO would have held, with one of its objectives at least. 1: some would not, or
    nothing is known of it, or it is not valid. 2: wrong usage, or Prometheus cannot be asked.
    """
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
