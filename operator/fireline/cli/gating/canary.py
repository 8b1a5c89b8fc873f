"""``gate canary``: is the new version worse than the old one? Pure.

Both sides are shares of bad events (errors, or requests slower than a limit). A canary sees few of
them, so the question is not whether its share was higher, but what can be said about the true shares:

* worse, when even the low end of the difference is above the tolerance → Failed
* not worse, when even the high end is within the tolerance → Passed
* anything else cannot be told from so few events → Unknown
"""

from __future__ import annotations

from dataclasses import dataclass

from fireline.cli.gating.checks import Check, Missing, Subject, judged, unknown
from fireline.cli.gating.statistics import Counts, difference, one_sided
from fireline.cli.gating.words import percentage, plain


@dataclass(frozen=True, slots=True)
class Demand:
    """When a canary is good enough."""

    tolerance: float
    """By how many percentage points its share of bad events may be higher."""
    min_events: float
    """Each side needs at least so many events."""
    confidence: float
    """How sure the answer must be, in percent, for each of both answers."""


def judge(name: str, canary: Counts | Missing, baseline: Counts | Missing, demand: Demand) -> Check:
    """The judgement of one comparison."""
    subject = Subject("canary", name, "")
    wanted = f"at most {plain(demand.tolerance)} percentage points worse than the baseline"
    reason = _too_little("canary", canary, demand) or _too_little("baseline", baseline, demand)
    if isinstance(canary, Missing) or isinstance(baseline, Missing) or reason:
        return unknown(subject, reason or "", wanted=wanted, limit=demand.tolerance, unit="%")
    low, high = (100 * end for end in difference(canary, baseline, one_sided(demand.confidence / 100)))
    seen = f"canary {_side(canary)}, baseline {_side(baseline)}"
    if low <= demand.tolerance < high:
        why = (
            f"{seen}: the canary may be anything from {plain(low)} to {plain(high)} percentage points worse; "
            f"wait for more events, or allow more with --tolerance"
        )
        return unknown(subject, why, wanted=wanted, limit=demand.tolerance, unit="%")
    sure = f"with {percentage(demand.confidence)} confidence"

    def words(value: float) -> str:
        worse = low > demand.tolerance
        end = f"at least {plain(low)}" if worse else f"at most {plain(high)}"
        verdict = "worse" if worse else "not worse"
        return f"{verdict}: {seen}; by {plain(value)} percentage points, {sure} {end}"

    return judged(
        subject,
        high <= demand.tolerance,
        value=100 * (canary.share - baseline.share),
        limit=demand.tolerance,
        unit="%",
        words=words,
        wanted=wanted,
    )


def _too_little(side: str, counts: Counts | Missing, demand: Demand) -> str | None:
    if isinstance(counts, Missing):
        return f"{side}: {counts.why}"
    if counts.total < demand.min_events:
        return f"{side}: only {counts.total:.0f} events, {demand.min_events:.0f} are needed (--min-events)"
    return None


def _side(counts: Counts) -> str:
    return f"{percentage(100 * counts.share)} bad of {counts.total:.0f}"
