"""How things are: the tables that decide, after every read and every crash, what may be done next.

Pure and total: every object has exactly one verdict. The marker counts only with this plan's hash as its
value, because annotations get copied (a Deployment's go to its ReplicaSets and come back with an undo)::

    judge(live | None, intent) -> Verdict          # before the change is made, and after a crash
    judge_revert(live | None, intent) -> RevertVerdict   # while it is in place, and before it is taken back
    who_words(live, intent) -> " by kubectl-edit at 2026-…Z" | ""   # who changed what is not ours any more

``intent`` is anything with ``change``, ``marker`` (name of the annotation), ``plan_hash`` (its value) and
``made``.

``judge``:

===============  =======  ==============  ============================================
fields           marker   verdict         so
===============  =======  ==============  ============================================
as before        absent   NeverApplied    make it, if that is still wanted
as after         ours     Applied         record it
as after         absent   SomebodyElse    not needed; never take it back
anything else    any      Changed         contested, no write
no object                 Gone            nothing to do
another uid               Replaced        superseded
===============  =======  ==============  ============================================

``judge_revert``:

===============  =======  ==============  ============================================
as after         ours     Ours            take it back
as after         absent   Unmarked        somebody took it over: let go, no write
as before        ours     OnlyMarker      somebody took it back: only remove our marker
as before        absent   AlreadyBefore   somebody took it back, or we did
anything else    any      Changed         contested, no write
no object                 Gone            nothing to do
another uid               Replaced        superseded
===============  =======  ==============  ============================================
"""

from __future__ import annotations

from typing import Literal, Protocol

from fireline.api.plan import Manifest
from fireline.mitigation.model import Change, PathChange
from fireline.mitigation.places import marker_path
from fireline.mitigation.pointer import get
from fireline.mitigation.standing import back, in_place, untouched
from fireline.mitigation.values import same
from fireline.mitigation.who import words_for

Verdict = Literal["NeverApplied", "Applied", "SomebodyElse", "Changed", "Gone", "Replaced"]
RevertVerdict = Literal["Ours", "Unmarked", "OnlyMarker", "AlreadyBefore", "Changed", "Gone", "Replaced"]


class Marked(Protocol):
    """A change with its marker: the machine's Intent."""

    @property
    def change(self) -> Change | None:
        """What is changed; None for a webhook, which is nothing for this module."""

    @property
    def marker(self) -> str:
        """Name of the annotation that is written with it."""

    @property
    def plan_hash(self) -> str:
        """Value of that annotation."""

    @property
    def made(self) -> tuple[str, ...]:
        """Maps that have to be made for it, the outermost first."""


def judge(live: Manifest | None, intent: Marked) -> Verdict:
    """What became of an intent, from the object alone. ``live`` is None when there is none (404)."""
    change = _change(intent)
    if live is None:
        return "Gone"
    if _another(live, change):
        return "Replaced"
    if in_place(live, change):
        return "Applied" if marked(live, intent) else "SomebodyElse"
    if not marked(live, intent) and untouched(live, change, intent.made):
        return "NeverApplied"
    return "Changed"


def judge_revert(live: Manifest | None, intent: Marked) -> RevertVerdict:
    """Whether a change that was made is still ours to take back. ``live`` is None for 404."""
    change = _change(intent)
    if live is None:
        return "Gone"
    if _another(live, change):
        return "Replaced"
    if in_place(live, change):
        return "Ours" if marked(live, intent) else "Unmarked"
    if back(live, change):
        return "OnlyMarker" if marked(live, intent) else "AlreadyBefore"
    return "Changed"


def marked(live: Manifest, intent: Marked) -> bool:
    """Whether our marker is there, with this plan's hash."""
    return bool(get(live, marker_path(intent.marker)) == intent.plan_hash)


def moved(live: Manifest, intent: Marked) -> tuple[PathChange, ...]:
    """The fields that are neither as before nor as after: what someone else changed, for people."""
    changes = _change(intent).paths
    return tuple(
        one
        for one in changes
        if not same(get(live, one.path), one.before) and not same(get(live, one.path), one.after)
    )


def who_words(live: Manifest | None, intent: Marked) -> str:
    """Who changed what is not ours any more, to follow "was changed": `` by kubectl-edit at …``; empty when
    the API server does not tell. Never raises."""
    if live is None or intent.change is None:
        return ""
    return words_for(live, [one.path for one in moved(live, intent) or intent.change.paths])


def _change(intent: Marked) -> Change:
    if intent.change is None:
        raise ValueError("a webhook changes no object: there is nothing to judge")
    return intent.change


def _another(live: Manifest, change: Change) -> bool:
    return bool(live["metadata"]["uid"] != change.ref.uid)
