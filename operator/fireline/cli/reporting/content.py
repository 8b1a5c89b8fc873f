"""What a report says, as sections with tables: every format shows the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fireline.alerting.quality.dead import Silence, of_rules
from fireline.alerting.quality.judging import Judged
from fireline.alerting.quality.measure import Quality, Timing
from fireline.alerting.quality.model import DAY
from fireline.alerting.runbooks import REVIEW_AFTER, Runbook, stale
from fireline.cli.reporting.asking import Budget, Report, Told
from fireline.cli.reporting.check_content import of_checks
from fireline.cli.reporting.table import (
    MISSED,
    OPEN,
    RIGHT,
    UNKNOWN,
    WRONG,
    Section,
    Table,
    count,
    cut,
    decimal,
    length,
    share,
    times,
)
from fireline.cli.when import shown
from fireline.cli.words import rough
from fireline.promql.expr import number


def content(report: Report, pages: Sequence[Runbook] | None, today: date) -> list[Section]:
    """The whole report, in order."""
    found = [_head(report) if report.told or not report.checks else _head_of_checks(report)]
    for one in report.told:
        found += _policy(one)
    if report.told or not report.checks:
        found.append(_budgets(report.budgets))
    found += of_checks(report.checks)
    if pages is not None:
        found.append(_runbooks(pages, today))
    return found


def _head(report: Report) -> Section:
    period = report.period
    heads = (
        "policy",
        "pages a week",
        "off hours",
        "right",
        "before",
        "recall",
        "told in",
        "resolved in",
        "known",
    )
    words = [
        f"{shown(period.start)} to {shown(period.end)} UTC, compared with the {rough(period.seconds)} before."
    ]
    for name, holes in sorted(report.holes.items()):
        away = sum(period.overlap(hole.start, hole.end) for hole in holes)
        if away:
            words.append(
                f"Source {name} evaluated nothing for {rough(away)} of it ({share(away / period.seconds)}): "
                f"what happened then is not in these figures."
            )
    rows = tuple(_overview(one) for one in report.told)
    spare = ("told in", "resolved in", "before", "off hours")
    return Section(1, "Alert quality", tuple(words), Table(heads, rows, spare=spare))


def _head_of_checks(report: Report) -> Section:
    period = report.period
    return Section(1, "Availability", (f"{shown(period.start)} to {shown(period.end)} UTC.",))


def name_of(told: Told) -> str:
    """The policy as people call it."""
    name = told.policy.key or "SLOs without a policy"
    return f"{name} (source {told.source})" if told.source else name


def _overview(one: Told) -> tuple[str, ...]:
    quality = one.quality
    if not quality.coverage:
        return (name_of(one), *[UNKNOWN] * 7, share(0))
    return (
        name_of(one),
        decimal(quality.pages_per_week),
        str(len(quality.off_hours)),
        share(quality.precision),
        share(one.before.precision),
        share(quality.recall),
        ", ".join(f"{time.sev} {rough(time.median)}" for time in quality.timings) or UNKNOWN,
        length(quality.resolve_seconds),
        share(quality.coverage),
    )


def _policy(one: Told) -> Iterator[Section]:
    key, quality = name_of(one), one.quality
    if not quality.coverage:
        yield Section(2, key, ("Nothing is known of this time: no rule was evaluated.",), policy=key)
        return
    yield Section(2, key, tuple(_remarks(one)), _figures(one), policy=key)
    yield Section(3, "What to change", (), _advice(one), policy=key)
    yield Section(3, "Pages", (), _pages(one), policy=key)
    if quality.detections:
        yield Section(3, "Losses of budget", (), _losses(quality), policy=key)
    yield Section(3, "Alerts", (), _alerts(quality), policy=key)
    if quality.repeated:
        heads = ("alert", "began again within 7 days of its last end")
        rows = [(alert.alert.label, times(alert.times)) for alert in quality.repeated]
        yield Section(3, "Came back", (), cut(heads, rows), policy=key)


def _remarks(one: Told) -> Iterator[str]:
    """What must be known to read the figures."""
    quality = one.quality
    limit, week = one.policy.pages_per_week, quality.pages_per_week
    if limit is not None and week is not None and week > limit:
        yield f"More pages than wanted: {decimal(week)} a week; the policy wants at most {decimal(limit)}."
    if unjudged := len(quality.pages) - quality.judged:
        yield (
            f"{count(unjudged, 'page')} of {len(quality.pages)} cannot be judged: the alert has no error "
            f"budget, or what was spent is not known."
        )
    yield from _silent(one.silence)


def _silent(silence: Silence | None) -> Iterator[str]:
    if silence is None:
        yield "What never fired is unknown: looking back that far is too much for Prometheus."
        return
    days = silence.seconds // DAY
    if silence.silent:
        rules = len(of_rules(silence.silent))
        own = f", {rules} of them of rules that are no SLO's" if rules else ""
        yield f"{count(len(silence.silent), 'alert')} never fired in {days} days{own}."
    if silence.unknown:
        what = count(len(silence.unknown), "other alert" if silence.silent else "alert")
        yield (
            f"Whether {what} ever fired in {days} days is unknown: Prometheus does not know that much of the "
            f"past."
        )


def _figures(one: Told) -> Table:
    quality, before = one.quality, one.before
    rows = [
        ("episodes", str(len(quality.episodes)), str(len(before.episodes))),
        ("pages", str(len(quality.pages)), str(len(before.pages))),
        ("pages a week", decimal(quality.pages_per_week), decimal(before.pages_per_week)),
        ("pages off hours", str(len(quality.off_hours)), str(len(before.off_hours))),
        ("alerts that flapped", str(len(quality.flapping)), str(len(before.flapping))),
        ("mean time to resolve", length(quality.resolve_seconds), length(before.resolve_seconds)),
        ("right (precision)", _part(quality.right, quality.judged), _part(before.right, before.judged)),
        ("for nothing (false positives)", _wrong(quality), _wrong(before)),
        ("losses of budget told (recall)", _recall(quality), _recall(before)),
        *(
            (f"detected after ({time.sev})", _timing(time), _median(before, time.sev))
            for time in quality.timings
        ),
        ("of the time is known", share(quality.coverage), share(before.coverage)),
    ]
    if not before.coverage:
        rows = [(name, now, UNKNOWN) for name, now, _ in rows]
    return Table(("", "this period", "the one before"), tuple(rows))


def _timing(time: Timing) -> str:
    words = f"{rough(time.median)} median, {rough(time.p90)} of 9 in 10"
    if time.target is None:
        return words
    return f"{words}; {time.within} of {time.count} within {rough(time.target)}"


def _median(quality: Quality, sev: str) -> str:
    found = next((one for one in quality.timings if one.sev == sev), None)
    return UNKNOWN if found is None else f"{rough(found.median)} median"


def _wrong(quality: Quality) -> str:
    return _part(quality.judged - quality.right, quality.judged)


def _recall(quality: Quality) -> str:
    return _part(quality.detected, len(quality.detections))


def _part(some: int, of: int) -> str:
    return f"{share(some / of)} ({some} of {of})" if of else UNKNOWN


def _advice(one: Told) -> Table:
    rows = [(each.alert.label, each.evidence, each.change) for each in one.proposals]
    return cut(("alert", "seen", "proposal"), rows, none="Nothing stands out.")


def _pages(one: Told) -> Table:
    off = {page.start for page in one.quality.off_hours}
    rows = [_page(judged, off) for judged in one.quality.pages]
    return cut(("began (UTC)", "lasted", "alert", "hours", "was"), rows, none="Nobody was paged.")


def _page(judged: Judged, off: set[int]) -> tuple[str, ...]:
    page = judged.page
    lasted = "still fires" if page.end is None else length(page.lasted)
    others = len({episode.alert for episode in page.episodes}) - 1
    first = page.first.alert.label + (f" +{others}" if others else "")
    return shown(page.start), lasted, first, "off" if page.start in off else "", verdict(judged)


def verdict(judged: Judged) -> str:
    """Whether a page was right, in words."""
    return {True: RIGHT, False: WRONG, None: OPEN}[judged.right]


def _losses(quality: Quality) -> Table:
    rows = []
    for one in quality.detections:
        namespace, slo = one.event.slo
        began = (
            shown(one.event.start) if one.event.started is not None else f"before {shown(one.event.crossed)}"
        )
        told = MISSED if one.page is None else length(one.seconds)
        rows.append((began, f"{namespace}/{slo}", one.event.tier, told))
    return cut(("spending began (UTC)", "SLO", "as much as", "told after"), rows)


def _alerts(quality: Quality) -> Table:
    rows = [
        (
            row.alert.label,
            "page" if row.page else "",
            str(row.episodes),
            rough(row.seconds),
            _part(row.right, row.judged) if row.page else "",
        )
        for row in quality.rows
    ]
    return cut(("alert", "", "episodes", "fired for", "right"), rows, none="Nothing fired.")


def _budgets(budgets: Sequence[Budget]) -> Section:
    rows = [
        (
            f"{one.objective.namespace}/{one.objective.name}",
            f"{number(one.objective.percent)} %",
            str(one.objective.window),
            f"< {share(one.less_than)}" if one.less_than is not None else share(one.spent),
            share(one.left),
        )
        for one in sorted(budgets, key=lambda one: 2.0 if one.left is None else one.left)
    ]
    heads = ("SLO", "objective", "over", "spent in this period", "left at its end")
    return Section(2, "Error budgets", (), cut(heads, rows, none="No SLOs."))


def _runbooks(pages: Sequence[Runbook], today: date) -> Section:
    old = stale(pages, today)
    days = REVIEW_AFTER.days
    rows = [(one.file, one.reviewed.isoformat(), f"{(today - one.reviewed).days}d", one.owner) for one in old]
    none = (
        f"All {len(pages)} were reviewed within {days} days."
        if pages
        else "There are no runbooks in this folder."
    )
    words = (f"Not reviewed for {days} days: {len(old)} of {len(pages)}.",) if old else ()
    return Section(2, "Runbooks", words, cut(("page", "reviewed", "ago", "owner"), rows, none=none))
