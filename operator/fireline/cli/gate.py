"""``fireline gate``: yes or no for a pipeline, from error budgets, a canary or performance budgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireline.cli.gating.checks import Check

C = TypeVar("C", bound=Callable[..., Any])

PARTS = ("endpoints", "payloads", "bundles", "pages")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "yaml", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of what is wrong.",
)
_junit = click.option("--junit", metavar="FILE", type=_NEW_FILE, help="Also write JUnit XML.")
_unknown = click.option(
    "--unknown",
    type=click.Choice(["fail", "pass"]),
    default="fail",
    show_default=True,
    help="The answer when it cannot be known.",
)
_source = click.option(
    "--source", metavar="NAME", help="Instead of --prometheus: a source of --config, with its credentials."
)
_config = click.option("--config", type=_FILE, help="The operator's settings. Default: FIRELINE_CONFIG.")
_namespace = click.option(
    "-n", "--namespace", default="default", show_default=True, help="For objects that name none."
)


@click.group()
def gate() -> None:
    """Say yes (exit code 0) or no (1) to a pipeline.

    What could not be measured is Unknown, and Unknown is no. Exit code 2: wrong usage, a file that
    cannot be read, or an unreachable server.
    """


@gate.command()
@click.argument("paths", nargs=-1, required=True, metavar="SLO...")
@click.option("--prometheus", metavar="URL", help="The server that evaluates the SLOs' rules.")
@_source
@_config
@click.option(
    "--min-left",
    type=click.FloatRange(max=100),
    default=10,
    show_default=True,
    metavar="PERCENT",
    help="Of the error budget. 0: it is not overspent.",
)
@click.option(
    "--min-coverage",
    type=click.FloatRange(0, 100),
    default=0,
    show_default=True,
    metavar="PERCENT",
    help="Of the window that recorded data must cover; below, the answer is Unknown.",
)
@_namespace
@_unknown
@_output
@_junit
def budget(
    *,
    paths: tuple[str, ...],
    min_left: float,
    min_coverage: float,
    output: str,
    junit: Path | None,
    unknown: str,
    **given: Any,
) -> None:
    """Is enough error budget left for a risky change?

    SLO is a file, a folder or - for stdin, with ServiceLevelObjectives whose rules are loaded.
    """
    from fireline.cli.gating.asking import budgets_left  # noqa: PLC0415 - --help must not pay for it

    checks = budgets_left(paths, least=min_left, least_coverage=min_coverage, **given)
    _answer(checks, "budget", output=output, junit=junit, unknown_passes=unknown == "pass")


@gate.command()
@click.argument("paths", nargs=-1, metavar="[SLO...]")
@click.option("--prometheus", metavar="URL", help="The server that scrapes both versions.")
@_source
@_config
@click.option("--canary", metavar="MATCHERS", help='Labels of the new version, such as track="canary".')
@click.option("--baseline", metavar="MATCHERS", help='Labels of the old version, such as track="stable".')
@click.option("--canary-bad", metavar="QUERY", help="Instead of SLOs: bad events per second over [$window].")
@click.option("--canary-total", metavar="QUERY", help="All events per second over [$window].")
@click.option("--baseline-bad", metavar="QUERY", help="The same of the old version.")
@click.option("--baseline-total", metavar="QUERY", help="The same of the old version.")
@click.option("--window", default="15m", show_default=True, metavar="DURATION", help="Compare the last …")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    metavar="POINTS",
    help="How many percentage points worse the canary may be. Default: 100 minus the objective.",
)
@click.option(
    "--min-events", type=click.IntRange(1), default=100, show_default=True, help="Needed on each side."
)
@click.option(
    "--confidence",
    type=click.FloatRange(50, 99.99),
    default=95,
    show_default=True,
    metavar="PERCENT",
    help="How sure the answer must be.",
)
@_namespace
@_unknown
@_output
@_junit
def canary(
    *,
    paths: tuple[str, ...],
    output: str,
    junit: Path | None,
    unknown: str,
    **given: Any,
) -> None:
    """Is the new version worse than the old one?

    Compares the share of bad events (errors, or requests slower than the limit) of an SLO between two
    sets of labels, or between two pairs of queries. Too few events to tell are Unknown.
    """
    from fireline.cli.gating.comparing import comparisons  # noqa: PLC0415 - --help must not pay for it

    checks = comparisons(paths, **given)
    _answer(checks, "canary", output=output, junit=junit, unknown_passes=unknown == "pass")


@gate.command()
@click.argument("table", metavar="TABLE")
@click.option("--k6", multiple=True, metavar="FILE", type=_FILE, help="Summary of a k6 run (JSON).")
@click.option("--prometheus", metavar="URL", help="A server with the endpoints' histograms.")
@_source
@_config
@click.option("--window", default="1h", show_default=True, metavar="DURATION", help="For --prometheus.")
@click.option(
    "--min-events",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="For --prometheus: requests an endpoint needs.",
)
@click.option("--lighthouse", multiple=True, metavar="FILE", type=_FILE, help="Lighthouse report (JSON).")
@click.option("--bundle", metavar="FOLDER", type=_FOLDER, help="The built frontend.")
@click.option("--payload", multiple=True, metavar="NAME=FILE_OR_URL", help="Where a payload is.")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Judge only this part of the table.")
@_output
@_junit
def performance(*, table: str, output: str, junit: Path | None, only: tuple[str, ...], **given: Any) -> None:
    """Are latencies, payloads, bundles and pages within their budgets?

    TABLE is a table of performance budgets, the same that fireline perf-budget reads. A limit without
    a measurement is not met; judge a part of the table with --only.
    """
    from fireline.cli.gating.measuring import measured  # noqa: PLC0415 - --help must not pay for it

    checks = measured(table, parts=only or PARTS, **given)
    _answer(checks, "performance", output=output, junit=junit, unknown_passes=False)


def _answer(
    checks: Sequence[Check], suite: str, *, output: str, junit: Path | None, unknown_passes: bool
) -> NoReturn:
    """Prints everything and ends the program with the answer."""
    from fireline.cli import output as out  # noqa: PLC0415
    from fireline.cli.gating.checks import passed  # noqa: PLC0415
    from fireline.cli.gating.junit import to_junit  # noqa: PLC0415
    from fireline.cli.gating.report import show  # noqa: PLC0415

    if not checks:
        raise click.UsageError("nothing to judge: no limit is left")
    if junit is not None:
        _write(junit, to_junit(checks, suite=f"fireline gate {suite}", unknown_passes=unknown_passes))
    fine = passed(checks, unknown_passes=unknown_passes)
    show(checks, output=output, passed=fine, unknown_passes=unknown_passes)
    counts = [
        (state, sum(check.state == state for check in checks)) for state in ("Passed", "Failed", "Unknown")
    ]
    listed = ", ".join(f"{count} {state.lower()}" for state, count in counts if count)
    out.note(f"{'passed' if fine else 'not passed'}: {listed}")
    raise SystemExit(0 if fine else 1)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--junit: {error.filename}: {error.strerror}") from error
