"""A backtest as rows of words: the same for the terminal and for the HTML page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from fireline.cli.backtesting.plain import lasted
from fireline.cli.when import shown
from fireline.cli.words import rough
from fireline.promql.expr import number
from fireline.slo.replay.incidents import Incident, Score
from fireline.slo.replay.outcome import ANY_PAGE, Judged, Outcome
from fireline.slo.replay.states import Alert, Period
from fireline.slo.replay.track import Value
from fireline.slo.rounding import percent

YES, NO, UNKNOWN = "yes", "no", "unknown"
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Rows:
    """A table without any looks."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def summary(outcomes: Sequence[Outcome]) -> Rows:
    """Objectives side by side: whether they would have held, and how often each alert would have fired."""
    window = outcomes[0].objective.window
    questions = (
        ("would have held", _held),
        ("budget consumed at worst", _worst),
        ("budget consumed at the end", lambda one: share(one.consumed, 1)),
        (f"good over {window} at the end", lambda one: share(one.sli, 3)),
        ("window with data at the end", lambda one: share(one.coverage, 1)),
    )
    rows = [(title, *(answer(one) for one in outcomes)) for title, answer in questions]
    rows += [(f"alert {tier}", *(_fired(one, tier) for one in outcomes)) for tier in _tiers(outcomes)]
    return Rows(("objective", *(label(one) for one in outcomes)), tuple(rows))


def scores(outcomes: Sequence[Outcome]) -> Rows:
    """Precision, recall and delays of every alert that fired, and of all pages together."""
    heads = ("objective", "alert", "right of fired", "precision", "seen of incidents", "recall")
    rows = [
        (label(outcome), name(judged.alert), *_scored(judged.score))
        for outcome in outcomes
        for judged in outcome.alerts
        if judged.score is not None and (judged.alert.periods or judged.alert.tier == ANY_PAGE)
    ]
    return Rows((*heads, "detected after (median)", "reset after (median)"), tuple(rows))


def detections(outcomes: Sequence[Outcome]) -> Rows:
    """Each incident, and how soon a page told of it."""
    rows = [
        (
            one.incident.name,
            shown(one.incident.start),
            rough(one.incident.end - one.incident.start),
            label(outcome),
            "missed" if one.delay is None else rough(one.delay),
            "" if one.delay is None else "still firing" if one.reset is None else signed(one.reset),
        )
        for outcome in outcomes
        for judged in outcome.alerts
        if judged.score is not None and judged.alert.tier == ANY_PAGE
        for one in judged.score.detections
    ]
    heads = ("incident", "from (UTC)", "lasted", "objective", "first page after", "pages ended after")
    return Rows(heads, tuple(sorted(rows, key=lambda row: row[1])))


def periods(outcomes: Sequence[Outcome]) -> Rows:
    """Everything that fired, in order of time; with the incidents it tells of, if some are known."""
    known = any(judged.score for outcome in outcomes for judged in outcome.alerts)
    found = sorted(
        (
            (period, outcome, judged)
            for outcome in outcomes
            for judged in outcome.alerts
            if judged.alert.tier != ANY_PAGE
            for period in judged.alert.periods
        ),
        key=lambda row: row[0].start,
    )
    rows = [
        (
            shown(period.start),
            "still firing" if period.end is None else shown(period.end),
            rough(lasted(period, outcome.end)),
            label(outcome),
            name(judged.alert),
            *([", ".join(one.name for one in told_of(judged, period))] if known else []),
        )
        for period, outcome, judged in found
    ]
    heads = ("from (UTC)", "to", "lasted", "objective", "alert", *(["incident"] if known else []))
    return Rows(heads, tuple(rows))


def notes(outcomes: Sequence[Outcome]) -> list[str]:
    """What was adjusted, each once, with the objectives it is true of."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for note in outcome.objective.notes:
            found.setdefault(note, []).append(label(outcome))
    return [f"{', '.join(labels)}: {note}" for note, labels in found.items()]


def told_of(judged: Judged, period: Period) -> list[Incident]:
    """The incidents a period tells of."""
    return [one.incident for one in judged.score.detections if period in one.periods] if judged.score else []


def label(outcome: Outcome) -> str:
    """``99.9 %``."""
    return f"{number(outcome.objective.percent)} %"


def name(alert: Alert) -> str:
    """``PageFast``, or ``PageFast (region eu)``."""
    groups = ", ".join(f"{key} {value}" for key, value in alert.group)
    return f"{alert.tier} ({groups})" if groups else alert.tier


def share(value: Value, digits: int) -> str:
    """A share in percent, or that it is not known."""
    return UNKNOWN if value is None else f"{percent(value, digits)} %"


def signed(seconds: float) -> str:
    """A length of time; ``-5m`` when it was earlier."""
    return f"-{rough(-seconds)}" if seconds < 0 else rough(seconds)


def _held(outcome: Outcome) -> str:
    if outcome.held is None:
        return f"{UNKNOWN}: no data"
    return YES if outcome.held else NO


def _worst(outcome: Outcome) -> str:
    peak = outcome.peak
    return UNKNOWN if peak is None else f"{share(peak.consumed, 1)} on {shown(peak.at)}"


def _tiers(outcomes: Sequence[Outcome]) -> list[str]:
    """All tiers of all objectives, in the order they are rendered."""
    named = (judged.alert.tier for outcome in outcomes for judged in outcome.alerts)
    return [tier for tier in dict.fromkeys(named) if tier != ANY_PAGE]


def _fired(outcome: Outcome, tier: str) -> str:
    alerts = [judged.alert for judged in outcome.alerts if judged.alert.tier == tier]
    if not alerts:
        return _NONE
    fired = [period for alert in alerts for period in alert.periods]
    if not fired:
        return "never"
    seconds = sum(lasted(period, outcome.end) for period in fired)
    return f"{'once' if len(fired) == 1 else f'{len(fired)} times'}, {rough(seconds)}"


def _scored(score: Score) -> tuple[str, ...]:
    delays = [one.delay for one in score.detections if one.delay is not None]
    resets = [one.reset for one in score.detections if one.reset is not None]
    return (
        f"{score.right} of {score.fired}",
        share(score.precision, 0) if score.fired else _NONE,
        f"{score.detected} of {score.happened}",
        share(score.recall, 0) if score.happened else _NONE,
        rough(median(delays)) if delays else _NONE,
        signed(median(resets)) if resets else _NONE,
    )
