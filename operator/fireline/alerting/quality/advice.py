"""What to prune or to change, each with the evidence in words. A proposal is never carried out by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fireline.alerting.quality.dead import Silence, of_rules
from fireline.alerting.quality.measure import Quality
from fireline.alerting.quality.model import DAY, Alert, Episode
from fireline.alerting.quality.pages import FLAPS, Flap
from fireline.promql.durations import Duration

Kind = Literal["NeverFired", "AlwaysFalse", "AlwaysWith", "Flaps"]
LEAST_PAGES = 3
"""Fewer wrong pages, or shared episodes, are no pattern."""
_PAUSES = (60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One alert, what was seen of it (``evidence``), and what could be done (``change``)."""

    kind: Kind
    alert: Alert
    evidence: str
    change: str


def proposals(quality: Quality, silence: Silence, *, now: int) -> list[Proposal]:
    """Everything there is to propose: never fired, always false, always with another, flapping."""
    return [
        *_never(silence),
        *_false(quality),
        *_together(quality.episodes, now),
        *(_flaps(flap) for flap in quality.flapping),
    ]


def _never(silence: Silence) -> Iterator[Proposal]:
    days = silence.seconds // DAY
    for one in of_rules(silence.silent):
        yield Proposal(
            "NeverFired",
            one.alert,
            f"never fired in {days} days, all of which Prometheus evaluated it",
            "remove it, or test that its expression can be true at all",
        )


def _false(quality: Quality) -> Iterator[Proposal]:
    for row in quality.rows:
        if row.judged >= LEAST_PAGES and row.right == 0:
            yield Proposal(
                "AlwaysFalse",
                row.alert,
                f"paged {row.judged} times, and never was the tier's share of the budget spent",
                "ask for more events (minEvents, minBadEvents), or make it a ticket",
            )


def _together(episodes: Sequence[Episode], now: int) -> Iterator[Proposal]:
    """Alerts all of whose episodes overlap episodes of one other alert. Tiers of one SLO are meant to."""
    own: dict[Alert, list[Episode]] = defaultdict(list)
    for one in episodes:
        own[one.alert].append(one)
    named: set[Alert] = set()
    for alert, mine in sorted(own.items()):
        if len(mine) < LEAST_PAGES:
            continue
        others = (
            (other, theirs)
            for other, theirs in sorted(own.items())
            if other != alert and other not in named and not _same_slo(alert, other)
        )
        found = next((other for other, theirs in others if _covers(theirs, mine, now)), None)
        if found is not None:
            named.add(alert)
            yield Proposal(
                "AlwaysWith",
                alert,
                f"all {len(mine)} episodes overlapped one of {found.label}",
                f"remove one of the two, or let {found.label} inhibit it",
            )


def _same_slo(one: Alert, other: Alert) -> bool:
    return one.of_slo is not None and one.of_slo == other.of_slo


def _covers(theirs: Iterable[Episode], mine: Iterable[Episode], now: int) -> bool:
    spans = [(one.start, one.until(now)) for one in theirs]
    return all(any(start < one.until(now) and end > one.start for start, end in spans) for one in mine)


def _flaps(flap: Flap) -> Proposal:
    pause = next((one for one in _PAUSES if one > flap.pause), _PAUSES[-1])
    hold = Duration.of(seconds=pause)
    seen = f"began {flap.most} times within an hour (from {FLAPS} on that is flapping)"
    if flap.bursts > 1:
        seen += f", in {flap.bursts} such hours"
    change = f"keepFiringFor: {hold} would have made one episode of them; a longer for, if it should not fire"
    if flap.alert.slo:
        change = "a longer short window of its burn rate, or minBadEvents: the errors come and go"
    return Proposal(
        "Flaps", flap.alert, f"{seen}; the longest pause was {Duration.of(seconds=flap.pause)}", change
    )
