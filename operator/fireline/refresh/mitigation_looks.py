"""What was last seen of each trigger and verification, and whether the planner must hear of it. Part of
``mitigations``.

Counts are of one question in one life of a Mitigation: another spec, another object of the name, or a change
that was just made begin anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from fireline.api.plan import Key
from fireline.mitigation.model import Signal
from fireline.mitigation.questions import Question
from fireline.mitigation.signals import Count, count, signal, unseen
from fireline.mitigation.verdicts import Verdict, unknown
from fireline.refresh.mitigation_objects import Part, Watched

LATE_SECONDS = 45.0
"""A look that is older tells nothing: something keeps the loop from looking."""


@dataclass(slots=True)
class Look:
    """One question as last looked at. ``due``: when its query may be asked again; ``told``: what the planner
    was last enqueued for.
    """

    life: tuple[str, ...]
    question: Question
    counted: Count | None = None
    signal: Signal | None = None
    told: tuple[object, ...] = ()
    due: float = float("-inf")
    asking: bool = False


class Looks:
    """``clock`` tells the time of day, which is only shown; ``steady`` gives seconds that never jump."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._steady = steady
        self._looks: dict[tuple[Key, Part], Look] = {}

    def keep(self, parts: Collection[tuple[Key, Part]]) -> None:
        """Forgets all others."""
        for place in self._looks.keys() - set(parts):
            del self._looks[place]

    def at(self, watched: Watched, part: Part, question: Question) -> Look:
        """The last look at a question; a new one if it is not the same as it was."""
        look = self._looks.get((watched.key, part))
        if look is None or (look.life, look.question) != (watched.life, question):
            look = self._looks[watched.key, part] = Look(watched.life, question)
        return look

    def holds(self, watched: Watched, part: Part, look: Look) -> bool:
        """Whether nobody has begun another one meanwhile."""
        return self._looks.get((watched.key, part)) is look

    def take(self, look: Look, found: Verdict) -> bool:
        """Counts one look; True when the planner would now see something else.

        One look that came to nothing is not worth a status: only a second one in a row is news.
        """
        question, before, now = look.question, look.counted, self._clock()
        look.counted = count(before, found.state, steady=self._steady(), wall=now, most=question.for_ticks)
        look.signal = signal(found, look.counted, at=now)
        if found.state == "Unknown" and (before is None or before.state != "Unknown"):
            return False
        told = (
            found.state,
            found.reason if found.state == "Unknown" else "",
            look.counted.ticks >= question.for_ticks,
            _healthy(look.signal) >= question.healthy_for,
        )
        news = told != look.told
        look.told = told
        return news

    def signal(self, watched: Watched, part: Part) -> Signal | None:
        """What was found for a Mitigation as it is now; None when there is nothing to ask. What was found too
        long ago is Unknown, and so is what was found for another spec.
        """
        question, now = watched.question(part), self._clock()
        if question is None:
            return None
        look = self._looks.get((watched.key, part))
        if (
            look is None
            or look.signal is None
            or look.counted is None
            or (look.life, look.question) != (watched.life, question)
        ):
            return unseen(f"the {part} has not been looked at yet", at=now)
        if self._steady() - look.counted.looked > LATE_SECONDS:
            return signal(unknown("Late", f"the {part} could not be looked at lately"), look.counted, at=now)
        return look.signal

    def unasked(self, source: str) -> Signal:
        """Of a question that nobody can be asked."""
        words = f"source {source!r} has no URL: nobody can be asked"
        return unseen(words, at=self._clock(), reason="NoSource")


def _healthy(told: Signal) -> float:
    """Seconds it is known to be False, exactly as the planner reckons them."""
    return (told.at - told.false_since).total_seconds() if told.false_since is not None else 0.0
