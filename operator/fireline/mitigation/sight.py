"""All that the state machine may look at, and the book it writes into: the status as it will be.

``fireline.mitigation.plan`` builds a :class:`Sight` for each plan; the phases read it and change its
``book``. Nothing here awaits or reads a clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Event, Key, Manifest
from fireline.mitigation.model import Signal
from fireline.settings import MitigationSettings

Phase = Literal["Idle", "Proposed", "Approved", "Applying", "Verifying", "Active", "Reverting", "Ended"]
UNDER_WAY: frozenset[str] = frozenset({"Applying", "Verifying", "Active", "Reverting"})
"""Phases in which a target may be changed: the finalizer is there, and it counts as active."""
STANDS_STILL = frozenset({"Suspended", "SpecInvalid"})
"""Reasons for which nothing goes on, whatever is proposed or approved."""
RING = 50
_RING_BYTES = 262_144
"""A status must fit into an object, which etcd keeps up to 1.5 MB."""
_OF_WHAT_IS_OVER = frozenset({"BreakerOpen", "Held", "RevertFailed", "TargetUnknown"})
"""What nobody needs to look at once the episode has ended by itself."""
OVER_WITH_THE_EPISODE = frozenset({"ApprovalExpired", "BreakerOpen", "NotBegun"})
"""What nobody needs to look at once the trigger is false: nothing was changed. All else is told until a
person has looked, whatever episode comes next."""
_OPERATOR = "operator"


@dataclass(slots=True)
class Next:
    """What a phase wants: calls to look something up, one call with an effect, or to come back.

    Exactly what :class:`fireline.api.plan.Plan` carries; ``again`` asks for the next phase to be looked at
    in the same plan.
    """

    reads: tuple[Call, ...] = ()
    action: Call | None = None
    wait: timedelta | None = None
    again: bool = False


class Book:
    """The status as it will be: a copy of the last one, changed by the phases.

    Absent fields are absent, never null: the API server drops nulls.
    """

    def __init__(self, old: Mapping[str, Any], now: datetime) -> None:
        self.status: Manifest = {name: value for name, value in old.items() if value is not None}
        self.now = now
        self.events: list[Event] = []

    def __getitem__(self, name: str) -> Any:
        return self.status.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if value is None:
            self.status.pop(name, None)
        else:
            self.status[name] = timestamp(value) if isinstance(value, datetime) else value

    @property
    def phase(self) -> str:
        """Where it is; a Mitigation that was never looked at is Idle."""
        return str(self.status.get("phase") or "Idle")

    def time(self, name: str) -> datetime | None:
        """A time of the status."""
        text = self.status.get(name)
        return parse_timestamp(text) if text else None

    def forget(self, *names: str) -> None:
        """Without these fields."""
        for name in names:
            self.status.pop(name, None)

    def move(
        self,
        phase: Phase,
        reason: str,
        message: str,
        *,
        actor: str = _OPERATOR,
        warn: bool = False,
        **more: Any,
    ) -> None:
        """Into a phase, with a record of it. ``more``: further fields of the record."""
        self.status["phase"] = phase
        self.say(reason, message)
        self.record(phase, reason, message, actor=actor, warn=warn, **more)

    def say(self, reason: str, message: str) -> None:
        """Why it is where it is; no transition."""
        self.status["reason"], self.status["message"] = reason, message[:4096]

    def recall(self) -> None:
        """Say again what the last transition said: what was said since is over."""
        ring = self.status.get("history")
        if ring and self.status.get("reason") != ring[-1]["reason"]:
            self.say(ring[-1]["reason"], ring[-1].get("message", ""))

    def record(
        self,
        phase: str,
        reason: str,
        message: str,
        *,
        actor: str = _OPERATOR,
        warn: bool = False,
        **more: Any,
    ) -> None:
        """One line of the history, its Event, and its line in the log."""
        ring: list[Manifest] = list(self.status.get("history") or ())
        found = {
            "seq": ring[-1]["seq"] + 1 if ring else 1,
            "time": timestamp(self.now),
            "actor": actor[:256],
            "phase": phase,
            "reason": reason,
            "message": message[:1024],
            "trigger": (self.status.get("episode") or {}).get("trigger"),
            "planHash": self.status.get("planHash"),
            **more,
        }
        kept = {name: value for name, value in found.items() if value is not None}
        ring.append(kept)
        self.status["history"] = _fitting(ring[-RING:])
        self.events.append(Event("Warning" if warn else "Normal", reason, message[:1024], kept))

    def carried_out(self, annotation: str, value: str) -> None:
        """A wish by annotation is done, and is none any more."""
        self.status["handled"] = {**(self.status.get("handled") or {}), _last(annotation): value[:128]}

    def ask_human(self, reason: str, message: str) -> None:
        """A person is needed; MitigationNeedsHuman fires until :meth:`answered`.

        What came to nothing does not take the place of something that nobody has looked at yet.
        """
        if self.unseen is not None and reason in OVER_WITH_THE_EPISODE:
            return
        before = self.status.get("needsHuman")
        since = before["since"] if before and before["reason"] == reason else timestamp(self.now)
        self.status["needsHuman"] = {"reason": reason, "message": message[:4096], "since": since}

    def remind(self, reason: str, message: str) -> None:
        """As :meth:`ask_human`, for what goes on: in the words of the first time, so that figures in them
        cost no write, and not again once somebody has seen it."""
        if reason not in {self.asked_for, (self.status.get("handled") or {}).get(_SEEN_REASON)}:
            self.ask_human(reason, message)

    @property
    def asked_for(self) -> str | None:
        """Why a person is needed; None when nobody is."""
        return (self.status.get("needsHuman") or {}).get("reason")

    @property
    def unseen(self) -> str | None:
        """What went wrong, and no end of an episode answers; None when there is no such thing."""
        reason = self.asked_for
        return None if reason in {*OVER_WITH_THE_EPISODE, "TargetUnknown"} else reason

    def seen(self) -> None:
        """A person has looked at what is asked for now."""
        if (reason := self.asked_for) is not None:
            self.status["handled"] = {**(self.status.get("handled") or {}), _SEEN_REASON: reason}
        self.answered()

    def unsee(self) -> None:
        """What was seen was of another episode."""
        handled = {**(self.status.get("handled") or {})}
        handled.pop(_SEEN_REASON, None)
        self["handled"] = handled or None

    def answered(self, *reasons: str) -> None:
        """Nobody is needed any more; with ``reasons``: not for one of these."""
        if not reasons or self.asked_for in reasons:
            self.forget("needsHuman")

    def end(
        self, result: str, reason: str, message: str, *, actor: str = _OPERATOR, human: bool = False
    ) -> None:
        """The episode is over."""
        changing = self.phase in UNDER_WAY
        self.status["result"] = result
        self.status["endedAt"] = timestamp(self.now)
        self.move("Ended", reason, message, actor=actor, warn=human, result=result)
        self.forget("healthySince", "heldSince", "expiresAt", "sent", "revertTries")
        if human:
            self.ask_human(reason, message)
        else:
            self.answered(*(_OF_WHAT_IS_OVER if changing else {"BreakerOpen"}))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one plan sees. ``spec`` is the live one; None while it is wrong.

    ``ours``: ServiceAccount of an approved intent is taken from the intent, never from here.
    """

    key: Key
    metadata: Manifest
    spec: Spec | None
    raw: Manifest
    """The spec as the API server gave it."""
    book: Book
    now: datetime
    settings: MitigationSettings
    place: str
    """Namespace of the operator: where its Leases and its pause are."""
    signal: Signal | None
    verification: Signal | None
    storm: tuple[bool | None, str]
    """Whether there is one (None: not known), in words."""
    paused: str | None
    """Why nothing may be begun; None when it may."""
    others: tuple[Manifest, ...]
    """All other Mitigations."""
    going: bool
    """It is being deleted."""
    namespace_going: bool
    incident: str | None
    """The incident of its SLO that is open."""
    answer: Callable[[str], Answer | None] = field(repr=False)
    """What came of a call of an earlier round of this very reconcile."""

    @property
    def uid(self) -> str:
        """The Mitigation's own uid."""
        return str(self.metadata["uid"])

    @property
    def suspended(self) -> bool:
        """spec.suspend, which counts in a spec that is wrong elsewhere, too."""
        return self.raw.get("suspend") is True

    @property
    def released(self) -> bool:
        """spec.release, likewise."""
        return self.raw.get("release") is True

    @property
    def annotations(self) -> Mapping[str, str]:
        """Wishes of people."""
        found: Mapping[str, str] = self.metadata.get("annotations") or {}
        return found

    def wish(self, annotation: str) -> str | None:
        """The value of an annotation whose every new value is a wish, if it was not carried out yet."""
        value = self.annotations.get(annotation)
        done = (self.book["handled"] or {}).get(_last(annotation))
        return None if value is None or value[:128] == done else value

    def user(self, service_account: str) -> str:
        """The user that is impersonated."""
        return f"system:serviceaccount:{self.key.namespace}:{service_account}"


_SEEN_REASON = "seenReason"


def _fitting(ring: list[Manifest]) -> list[Manifest]:
    """The records, the older ones without their fields when all of them together would be too long."""
    left, found = _RING_BYTES, list[Manifest]()
    for one in reversed(ring):
        left -= len(json.dumps(one))
        found.append(one if left >= 0 else {name: value for name, value in one.items() if name != "paths"})
    return found[::-1]


def _last(annotation: str) -> str:
    """``propose`` of ``fireline.dev/propose``."""
    return annotation.rpartition("/")[2]
