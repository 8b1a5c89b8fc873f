"""``gate performance``: every limit of a table against the sources that were given.

A limit without a source is Unknown, and Unknown fails: a forgotten report must not look like speed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from fireline.api.issues import Location
from fireline.cli.gating import endpoints, pages, sizing
from fireline.cli.gating.checks import Check, Missing
from fireline.cli.gating.fetching import weigh_payload
from fireline.cli.gating.k6 import Summary
from fireline.cli.gating.lighthouse import Report, reports_of
from fireline.cli.gating.server import Server
from fireline.cli.performance.objectives import limits
from fireline.cli.performance.reading import Budgets
from fireline.cli.performance.schema import Bundle, Page
from fireline.errors import SpecError
from fireline.promql.durations import Duration


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything measurements may come from."""

    k6: Mapping[str, Summary]
    """Summaries by the name of their file."""
    prometheus: Server | None
    window: Duration
    min_events: float
    lighthouse: Mapping[str, Report]
    """Reports by the name of their file."""
    bundle: Path | None
    payloads: Mapping[str, str]
    """Payload → file or URL."""


def judge(budgets: Budgets, sources: Sources, parts: Sequence[str]) -> list[Check]:
    """One judgement per limit and source, in the order of the table.

    Raises click's UsageError when a source cannot be read or reached, or the table does not fit it.
    """
    judges = {"endpoints": _endpoints, "payloads": _payloads, "bundles": _bundles, "pages": _pages}
    return [check for part, judged in judges.items() if part in parts for check in judged(budgets, sources)]


def _endpoints(budgets: Budgets, sources: Sources) -> Iterator[Check]:
    for limit in limits(budgets.table) if sources.k6 else ():
        try:
            checks = endpoints.judge_k6(limit, sources.k6)
        except SpecError as error:
            raise click.UsageError(f"{budgets.document.file}: {limit.endpoint.name}: {error}") from error
        yield from _all(budgets, limit.at, checks)
    if sources.prometheus:
        from fireline.cli.gating.histograms import judge_histograms  # noqa: PLC0415 - others need no HTTP

        found = judge_histograms(
            budgets, sources.prometheus, window=sources.window, min_events=sources.min_events
        )
        for limit, check in zip(limits(budgets.table), found, strict=True):
            yield _placed(budgets, limit.at, check)
    elif not sources.k6:
        for limit in limits(budgets.table):
            yield _placed(budgets, limit.at, endpoints.not_measured(limit))


def _payloads(budgets: Budgets, sources: Sources) -> Iterator[Check]:
    for index, payload in enumerate(budgets.table.payloads):
        where = sources.payloads.get(payload.name, payload.url)
        weight = weigh_payload(where) if where else Missing("give --payload NAME=FILE_OR_URL or a url")
        yield from _all(budgets, ("payloads", index), sizing.judge("payloads", payload, weight, where or ""))


def _bundles(budgets: Budgets, sources: Sources) -> Iterator[Check]:
    folder = sources.bundle
    for index, bundle in enumerate(budgets.table.bundles):
        weight = _weighed(bundle, folder) if folder else Missing("give --bundle FOLDER")
        name = str(folder) if folder else ""
        yield from _all(budgets, ("bundles", index), sizing.judge("bundles", bundle, weight, name))


def _weighed(bundle: Bundle, folder: Path) -> sizing.Weight | Missing:
    try:
        return sizing.weigh(bundle, folder)
    except OSError as error:
        raise click.UsageError(f"--bundle: {error.filename or folder}: {error.strerror}") from error


def _pages(budgets: Budgets, sources: Sources) -> Iterator[Check]:
    for index, page in enumerate(budgets.table.pages):
        reports = reports_of(page.url, list(sources.lighthouse.values()))
        why = _no_report(page, sources) if not reports else ""
        names = [name for name, report in sources.lighthouse.items() if report in reports]
        yield from _all(budgets, ("pages", index), pages.judge(page, reports, names, why))


def _no_report(page: Page, sources: Sources) -> str:
    if not sources.lighthouse:
        return "give --lighthouse FILE"
    about = ", ".join(sorted({report.url for report in sources.lighthouse.values()}))
    return f"no report is about {page.url}; there are reports about {about}"


def _all(budgets: Budgets, at: Location, checks: Iterable[Check]) -> Iterator[Check]:
    return (_placed(budgets, at, check) for check in checks)


def _placed(budgets: Budgets, at: Location, check: Check) -> Check:
    return check.placed(budgets.document.file, budgets.document.line(at))
