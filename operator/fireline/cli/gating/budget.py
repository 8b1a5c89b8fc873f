"""``gate budget``: is enough error budget left? Judged by what the SLOs' own rules recorded. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from fireline.api.metrics import Sample
from fireline.cli.gating.checks import Check, Subject, judged, unknown
from fireline.cli.gating.words import percentage
from fireline.slo import names
from fireline.slo.model import Objective

_OWN = frozenset({"__name__", "namespace", "slo", "sli"})
CONSUMED, COVERAGE = "consumed", "coverage"


def queries(objective: Objective) -> dict[str, str]:
    """What to ask Prometheus about one SLO."""
    return {
        CONSUMED: names.series(names.CONSUMED, objective),
        COVERAGE: names.series(names.COVERAGE, objective),
    }


def judge(
    objective: Objective,
    answers: Mapping[str, Sequence[Sample]],
    *,
    least: float,
    least_coverage: float,
) -> list[Check]:
    """One judgement per budget: that of the SLO, or those of its groups where only these are recorded.

    ``least`` and ``least_coverage`` are percentages of the budget and of the window.
    """
    wanted = f"at least {percentage(least)} left"
    who = f"{objective.namespace}/{objective.name}"
    samples = answers[CONSUMED]
    if not samples:
        why = (
            f"its recorded series {names.CONSUMED} is not there; are its rules loaded, and was there any "
            f"traffic?"
        )
        return [unknown(Subject("budget", who, ""), why, wanted=wanted, limit=least, unit="%")]
    covered = {_group(sample): sample.value * 100 for sample in answers[COVERAGE]}
    return [
        _one(
            Subject("budget", who + _shown(_group(sample)), ""),
            (1 - sample.value) * 100,
            covered.get(_group(sample)),
            least=least,
            least_coverage=least_coverage,
        )
        for sample in sorted(samples, key=_group)
    ]


def _one(
    subject: Subject, left: float, covered: float | None, *, least: float, least_coverage: float
) -> Check:
    wanted = f"at least {percentage(least)} left"
    if not math.isfinite(left):
        return unknown(subject, "its recorded budget is no number", wanted=wanted, limit=least, unit="%")
    if least_coverage and (covered is None or not covered >= least_coverage):
        seen = "an unknown share" if covered is None else percentage(covered)
        why = f"data covers {seen} of the window, less than {percentage(least_coverage)}"
        return unknown(subject, why, wanted=wanted, limit=least, unit="%")
    about = "" if covered is None else f", from data of {percentage(covered)} of the window"

    def words(value: float) -> str:
        return f"{percentage(value)} of the error budget{about}"

    return judged(subject, left >= least, value=left, limit=least, unit="%", words=words, wanted=wanted)


def _group(sample: Sample) -> tuple[tuple[str, str], ...]:
    """The labels that tell the groups of an SLO apart; none for its total."""
    return tuple(sorted((key, value) for key, value in sample.labels.items() if key not in _OWN))


def _shown(group: Iterable[tuple[str, str]]) -> str:
    inside = ", ".join(f"{key}={value}" for key, value in group)
    return f" ({inside})" if inside else ""
