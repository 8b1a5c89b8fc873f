"""The record of one SLO's incidents, brought up to date with what is seen. Pure, and level-triggered: the
same sight twice adds nothing, and a restart forgets nothing, for all of it is in the status.

Called by ``fireline.slo.incidents``. Not knowing opens nothing and closes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Event, Manifest
from fireline.incident import alerts as of_alerts
from fireline.incident import checks, evidence, mitigations, notes
from fireline.incident.book import Book
from fireline.incident.limits import kept
from fireline.incident.model import Alerts, Draft, Sight
from fireline.incident.phases import later_than_detection, length, phases
from fireline.incident.spending import percent, with_spent

AFTERMATH = timedelta(hours=24)
"""What Mitigations and checks do for so long after the end still belongs to an incident."""
_LEAD = timedelta(minutes=5)
"""A proposal may come from a faster look at the alert than ours."""


@dataclass(frozen=True, slots=True)
class Record:
    """``status.incidents``, the events that are news, and after how long it may be another."""

    incidents: list[Manifest]
    events: tuple[Event, ...] = ()
    wait: timedelta | None = None


NO_INCIDENTS = Record([])


def advance(old: Sequence[Mapping[str, Any]], sight: Sight) -> Record:
    """The record as it must be now; ``old`` is the one of the status, the newest first."""
    books = [Book(dict(one), sight.now) for one in old]
    events: list[Event] = []
    wait: timedelta | None = None
    if sight.alerts is not None:
        books, opened = _opened(books, sight, sight.alerts)
        events += opened
        for book in books[:1]:
            _told(book, sight.alerts)
        if books and books[0].is_open:
            ended, wait = _ended(books[0], sight, sight.alerts)
            events += ended
    elif sight.lost and books:
        books[0].set("quietSince", None)
    for book in books[:1]:
        _accompanied(book, sight)
    for book in books:
        _noted(book, sight)
        if book.id in sight.exported:
            book.set("exported", max(sight.exported[book.id], book.document.get("exported", 0)))
    return Record(kept([book.closed() for book in books]), tuple(events), wait)


def needs_looking(old: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Whether the newest incident is open, or lately was: what checks and Mitigations did matters to it."""
    if not old:
        return False
    ended = Book(dict(old[0]), now).ended
    return ended is None or now <= ended + AFTERMATH


def _opened(books: list[Book], sight: Sight, seen: Alerts) -> tuple[list[Book], list[Event]]:
    if books and books[0].is_open:
        return books, []
    carried = books[0].firing if books else []
    alert = of_alerts.opening(seen, carried)
    if alert is None:
        return books, []
    started = of_alerts.began(alert, seen)
    book = Book.begun(sight.subject, alert, started, sight.now)
    if any(one.id == book.id for one in books):  # an alert that was quiet for long and kept its beginning
        started = seen.at
        book = Book.begun(sight.subject, alert, started, sight.now)
    where = f"{sight.subject.namespace}/{sight.subject.name}"
    words = f"incident {book.id} of SLO {where} begins: {alert.tier} fires ({alert.sev})"
    book.add([Draft(started, "Detect", "incident.detected", f"Alert/{alert.tier}", words)])
    if books:  # what still fires since the one before goes on in this one
        book.set("firing", carried)
        books[0].set("firing", None)
    book.set("scope", _scope(sight))
    if sight.consumed is not None:
        book.set("budget", {"atDetection": percent(sight.consumed)})
    return [book, *books], [Event("Warning", "IncidentOpened", words)]


def _scope(sight: Sight, groups: Sequence[str] = ()) -> str | None:
    if not sight.subject.grouped:
        return "the whole service"
    if groups:
        return f"groups {'; '.join(groups)}"[:1024]
    if not sight.worst:
        return None
    listed = "; ".join(f"{name} ({percent(spent)} % of its budget spent)" for name, spent in sight.worst)
    return f"worst groups: {listed}"[:1024]


def _told(book: Book, seen: Alerts) -> None:
    """Alerts that began or ended. To one that is over, only the end of its own alerts is added."""
    known, now = book.firing, {one.tier: one for one in seen.firing}
    ended = [tier for tier in known if tier not in now]
    new = [one for tier, one in now.items() if tier not in known] if book.is_open else []
    book.add([of_alerts.fired(one, seen) for one in new])
    book.add([of_alerts.resolved(tier, seen) for tier in ended])
    book.set("firing", sorted({*known, *(one.tier for one in new)} - set(ended)))


def _ended(book: Book, sight: Sight, seen: Alerts) -> tuple[list[Event], timedelta | None]:
    """Closes it once nothing that holds it open fired for the settle time. Returns how long to wait."""
    if of_alerts.holding(seen.firing, paged=book.paged):
        book.set("quietSince", None)
        return [], None
    if not seen.measured:
        book.set("quietSince", None)
        return [], None
    if "quietSince" not in book.document:
        book.set("quietSince", timestamp(seen.at))
    quiet = parse_timestamp(book.document["quietSince"])
    rest = quiet + sight.settle - sight.now
    if rest > timedelta(0):
        return [], rest
    took = length((quiet - book.started).total_seconds())
    tiers = book.firing
    fire = "fires" if len(tiers) == 1 else "fire"
    still = f"; {' and '.join(tiers)} still {fire}, for what was spent before" if tiers else ""
    words = f"incident {book.id} is over after {took}: no alert that keeps it open fires any more{still}"
    book.add([Draft(quiet, "Resolve", "incident.resolved", "Alerts", words, data={"after": took})])
    book.set("state", "Resolved")
    book.set("quietSince", None)
    if sight.consumed is not None:
        figures = {**book.document.get("budget", {}), "atResolution": percent(sight.consumed)}
        book.set("budget", with_spent(figures))
    return [Event("Normal", "IncidentResolved", words)], None


def _accompanied(book: Book, sight: Sight) -> None:
    """What checks and Mitigations did, and what was gathered."""
    end = book.ended
    until = sight.now if end is None else min(sight.now, end + AFTERMATH)
    found: list[Draft] = []
    for check in sight.checks:
        last = book.last(checks.source_of(check), "check.failed", "check.recovered")
        found += checks.of_check(check, opened=book.started, until=until, last=last)
    for one in sight.mitigations:
        found += mitigations.of_mitigation(one, since=book.started - _LEAD, until=until)
    book.add(found)
    gathered = sight.gathered.get(book.id)
    if gathered is not None and "evidence" not in book.document:
        _gathered(book, sight)


def _gathered(book: Book, sight: Sight) -> None:
    gathered = sight.gathered[book.id]
    document = evidence.document(gathered, burn=sight.burn, checks=sight.checks)
    book.set("evidence", document)
    book.add(evidence.facts(document, sight.subject.namespace))
    book.set("scope", _scope(sight, document.get("groups", ())) or book.document.get("scope"))
    impact = gathered.impact_start
    if impact is None or later_than_detection(impact, phases(book.of_type("alert.fired", "check.failed"))):
        return
    book.set("impactStart", timestamp(impact))
    if gathered.consumed_before is not None:
        figures = {**book.document.get("budget", {}), "atImpact": percent(gathered.consumed_before)}
        book.set("budget", with_spent(figures))


def _noted(book: Book, sight: Sight) -> None:
    """What people said in annotations: once each."""
    said = {(fact["type"], value) for fact in book.of_type(*notes.TYPES) for value in fact["data"].values()}
    new = [
        draft
        for draft in notes.of_annotations(book.id, sight.notes, sight.now)
        if not {(draft.type, value) for value in draft.data.values()} & said
    ]
    book.add(new)
