"""``gate performance``, pages: is what Lighthouse found within the limits? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fireline.cli.gating.checks import Check, Missing, Subject, Unit, at_most, judged, unknown
from fireline.cli.gating.lighthouse import Kind, Limit, Report, median
from fireline.cli.gating.words import milliseconds, percentage, plain, size
from fireline.cli.performance.schema import Page

PART = "pages"
_UNITS: dict[Kind, Unit] = {"millisecond": "ms", "byte": "B", "unitless": ""}
_WORDS = {"millisecond": milliseconds, "byte": size, "unitless": plain}


def judge(page: Page, reports: Sequence[Report], names: Sequence[str], why: str) -> Iterator[Check]:
    """One judgement per audit and category, by the median of the page's reports.

    ``names`` are those of the reports' files; ``why`` says why there is no report.
    """
    source = names[0] if len(names) == 1 else f"{len(names)} reports (median)" if names else ""
    for audit, text in (page.audits or {}).items():
        limit, subject = Limit.parse(text), Subject(PART, f"{page.name} {audit}", source)
        value = median([report.audit(audit, limit.kind) for report in reports] or [Missing(why)])
        yield at_most(subject, value, limit.value, unit=_UNITS[limit.kind], words=_WORDS[limit.kind])
    for category, text in (page.scores or {}).items():
        score = median([report.score(category) for report in reports] or [Missing(why)])
        yield _score(Subject(PART, f"{page.name} {category} score", source), score, float(text))


def _score(subject: Subject, score: float | Missing, least: float) -> Check:
    wanted = f"at least {percentage(least)}"
    if isinstance(score, Missing):
        return unknown(subject, score.why, wanted=wanted, limit=least, unit="%")
    return judged(
        subject, score >= least, value=score, limit=least, unit="%", words=percentage, wanted=wanted
    )
