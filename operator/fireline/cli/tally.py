"""Counts of SLOs by what is the matter with them: the summary line of ``status`` and its ``--by`` groups.

There are no averages: one exhausted budget among nine untouched ones is no "90 % left". A group shows how
many SLOs each fact holds for (one SLO may be in several counts) and names its worst member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.cli.standing import Fact, Standing

_WORDS: Mapping[Fact, str] = {
    Fact.BURNING: "burning",
    Fact.NO_DATA: "without data",
    Fact.EXHAUSTED: "exhausted",
    Fact.NOT_READY: "not ready",
    Fact.ALERTING: "alerting",
    Fact.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many SLOs there are, and how many of them each fact holds for. ``worst`` is None when empty."""

    total: int
    facts: Mapping[Fact, int]
    ok: int
    worst: Standing | None

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> Tally:
        """The counts of some SLOs."""
        listed = sorted(standings, key=lambda one: one.urgency)
        return cls(
            total=len(listed),
            facts={fact: sum(fact in one.facts for one in listed) for fact in Fact},
            ok=sum(not one.facts for one in listed),
            worst=listed[0] if listed else None,
        )

    @property
    def words(self) -> str:
        """``12 SLOs: 1 burning, 2 unknown, 9 OK``; counts may overlap, so they need not add up."""
        parts = [f"{count} {_WORDS[fact]}" for fact, count in self.facts.items() if count]
        noun = "SLO" if self.total == 1 else "SLOs"
        return f"{self.total} {noun}: {', '.join([*parts, f'{self.ok} OK'])}"

    def plain(self) -> dict[str, Any]:
        """For JSON and YAML, with the keys of ``--fail-on``."""
        return {"slos": self.total, **{key(fact): count for fact, count in self.facts.items()}, "ok": self.ok}


def grouped(standings: Iterable[Standing], by: str) -> list[tuple[str | None, Tally]]:
    """Tallies by an attribute of the standings (``tier``, ``team``, …), the worst group first.

    None is the group of those that do not say.
    """
    members: dict[str | None, list[Standing]] = {}
    for one in standings:
        members.setdefault(getattr(one, by), []).append(one)
    tallies = [(name, Tally.of(listed)) for name, listed in members.items()]
    return sorted(tallies, key=lambda pair: pair[1].worst.urgency if pair[1].worst else ())


def key(fact: Fact) -> str:
    """A fact as options and JSON keys spell it: ``not-ready``."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in fact.value)[1:]
