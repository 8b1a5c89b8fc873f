"""Which schedule was in force when: what the ledger needs to know of slots it has not accounted yet.

A changed schedule, a suspension and its end hold from the moment the operator sees them, while slots
before that may still be open. So the status keeps, beside what is in force now, what was in force
before, up to the time through which all is accounted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fireline.errors import SpecError
from fireline.synthetic.message import rfc3339
from fireline.synthetic.runs import moment
from fireline.synthetic.schedule import Timing, at

FOREVER = 1 << 40
"""Later than any slot, in seconds since the epoch."""

MOST = 100
"""Terms that are kept: so many come together only where for long nothing can be accounted."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is in force for slots in ``(start, until]``. Without timing there is no slot."""

    start: int
    until: int
    timing: Timing | None
    suspended: bool

    def first(self, after: int, until: int) -> int | None:
        """The first slot in ``(after, until]``."""
        after, until = max(after, self.start), min(until, self.until)
        return self.timing.first(after, until) if self.timing and after < until else None


def terms(
    ledger: Mapping[str, Any], *, through: int, now: int, timing: Timing, suspended: bool
) -> tuple[Term, ...]:
    """All terms after ``through``, in order; the last one is ``timing`` and has no end.

    What the ledger says was in force ends ``now`` when it differs.
    """
    ends = [
        (int(moment(one["until"]).timestamp()), one["schedule"], one.get("suspended", False))
        for one in ledger.get("earlier", ())
    ]
    known = ledger.get("schedule"), ledger.get("suspended", False)
    if known[0] is not None and known != (timing.text, suspended):
        ends.append((now, *known))
    found, start = [], through
    for until, text, was_suspended in ends:
        if until > start:
            found.append(Term(start, until, _timing(text), was_suspended))
            start = until
    return (*_joined(found), Term(start, FOREVER, timing, suspended))


def to_json(earlier: Iterable[Term]) -> list[dict[str, Any]]:
    """All terms but the last, as ``status.ledger.earlier``; of more than the schema takes the newest.

    What is left of them may hold no slot any more: joined here as :func:`terms` would join it, or the next
    look would write it down anew.
    """
    return [
        {
            "until": rfc3339(at(term.until)),
            "schedule": term.timing.text if term.timing else "",
            **({"suspended": True} if term.suspended else {}),
        }
        for term in tuple(_joined(earlier))[-MOST:]
    ]


def after(terms: Iterable[Term], through: int) -> Iterator[Term]:
    """The terms, or what is left of them, after a time."""
    for term in terms:
        if term.until > through:
            yield replace(term, start=max(term.start, through))


def _joined(found: Iterable[Term]) -> Iterator[Term]:
    """Neighbours without a slot become one: a switch that is flipped a hundred times takes no room."""
    empty: Term | None = None
    for term in found:
        if term.first(term.start, term.until) is None:
            empty = Term(empty.start if empty else term.start, term.until, None, False)
            continue
        if empty:
            yield empty
            empty = None
        yield term
    if empty:
        yield empty


def _timing(text: str) -> Timing | None:
    try:
        return Timing.parse(text) if text else None
    except SpecError:
        return None  # written by another version; what it meant cannot be told any more
