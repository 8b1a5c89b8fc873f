"""What a report says of SyntheticChecks, as sections with tables. Part of ``content``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fireline.cli.reporting.checks import CheckReport, Day
from fireline.cli.reporting.table import MET, NOT_MET, UNKNOWN, Section, count, cut

_WORST = 5


def of_checks(reports: Sequence[CheckReport]) -> Iterator[Section]:
    """One table of all, then what failed of each that failed."""
    if not reports:
        return
    heads = ("check", "promised", "over", "available", "is", "in this period", "failed", "coverage")
    rows = [_row(one) for one in reports]
    yield Section(2, "Synthetic checks", tuple(_words(reports)), cut(heads, rows, spare=("coverage", "over")))
    for one in reports:
        yield from _of(one)


def name_of(one: CheckReport) -> str:
    """``shop/login``, with its location when it has one."""
    where = f" at {one.location}" if one.location else ""
    return f"{one.namespace}/{one.name}{where}"


def _row(one: CheckReport) -> tuple[str, ...]:
    total = one.total
    return (
        name_of(one),
        "" if one.target is None else f"{one.target} %",
        one.window,
        _percent(one.value),
        "" if one.target is None else {True: MET, False: NOT_MET, None: UNKNOWN}[one.met],
        _percent(total.available),
        _failed(total),
        _percent(total.covered),
    )


def _words(reports: Sequence[CheckReport]) -> Iterator[str]:
    """What must be known to read the table."""
    yield (
        "Availability is the share of measured runs that succeeded, by UTC days, today included; runs that "
        "could not measure anything are in the coverage only."
    )
    late = [f"{name_of(one)} (up to {one.through})" for one in reports if one.through]
    if late:
        yield f"Not counted to the end, so that the last runs are unknown: {', '.join(late)}."
    short = [f"{name_of(one)} (since {one.since})" for one in reports if one.since]
    if short:
        yield f"Known for a part of the period only: {', '.join(short)}."


def _of(one: CheckReport) -> Iterator[Section]:
    name = name_of(one)
    if one.failures:
        rows = [
            (each.step or "?", each.reason or "?", str(each.times), each.last, each.message)
            for each in one.failures
        ]
        counted = one.total.failed
        more = (
            ()
            if counted <= one.told
            else (f"Of {counted} failed runs the last {one.told} are told in detail.",)
        )
        heads = ("step", "reason", "times", "last (UTC)", "said")
        yield Section(3, f"What failed: {name}", more, cut(heads, rows, spare=("said",)))
    worst = one.worst
    if worst:
        bad = [
            (
                day.day,
                _percent(day.available),
                _failed(day),
                _percent(day.covered),
            )
            for day in worst[:_WORST]
        ]
        of_days = ("day (UTC)", "available", "failed", "coverage")
        title = f"Worst days: {name}" if len(worst) > 1 else f"Worst day: {name}"
        yield Section(3, title, (), cut(of_days, bad))


def _failed(day: Day) -> str:
    """``3 of 1440 runs``; of none that measured something nobody knows how they would have gone."""
    return f"{day.failed} of {count(day.measured, 'run')}" if day.measured else "nothing measured"


def _percent(value: str | None) -> str:
    return UNKNOWN if value is None else f"{value} %"
