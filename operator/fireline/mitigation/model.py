"""The words of this room: values in three states, changes, refusals, and what an action is.

Frozen and pure; everything else in the room speaks in these. ``fireline.mitigation.stored`` turns them into
the JSON of the status and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal, Protocol

from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Manifest

Reversibility = Literal["Reversible", "Sticky", "Irreversible"]


class _Absent(Enum):
    """The one value a field has that is not there. JSON null is None, which is something else."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent.ABSENT
Value = Any
"""A JSON value, None for null, or ABSENT."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that is too long, or too secret, to be kept in a status: its hash, and where it is.

    ``hash`` is ``sha256:…`` of its canonical JSON (see ``fireline.mitigation.values``).
    """

    hash: str
    source: str


@dataclass(frozen=True, slots=True)
class PathChange:
    """One field: a JSON pointer (RFC 6901), what it was, what it becomes.

    ``before`` and ``after`` are JSON values or ABSENT; either may be a :class:`Kept`.
    """

    path: str
    before: Value | Kept
    after: Value | Kept


@dataclass(frozen=True, slots=True)
class Ref:
    """One object and no other of the same name."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """Something else that must still be so when the change is made, such as the name of a list's entry.

    Also tested before the change is taken back, except with ``revert`` False.
    """

    path: str
    value: Value
    revert: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What an action does to its target: the whole of it, so that it can be hashed and taken back."""

    ref: Ref
    paths: tuple[PathChange, ...]
    tests: tuple[Test, ...] = ()
    summary: str = ""
    """One sentence for people: ``sets replicas of Deployment checkout from 3 to 6``."""
    notes: tuple[str, ...] = ()
    """What a person should know before saying yes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not done: a CamelCase reason, and words with what to do about it.

    ``lasting`` refusals follow from the spec or the kind of target and hold until one of them changes;
    others may pass (a rollout is paused, an object is missing).
    """

    reason: str
    message: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What an action may look at besides its target.

    ``answers``: what its ``reads`` came to, by name. ``before``: when the incident began, or None;
    ``now`` is the clock.
    """

    answers: Mapping[str, Answer]
    now: datetime
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """A right the ServiceAccount needs, as a Role writes it. ``names`` empty: of all (list)."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


class Action(Protocol):
    """One kind of action: one file in ``fireline.mitigation.actions``, entered in its table."""

    @property
    def name(self) -> str:
        """As it is written in the spec, such as ``featureFlag``."""

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """The (apiVersion without version: group, kind) it can change; empty for any that is not refused."""

    def reversibility(self, spec: Spec) -> Reversibility:
        """Whether it can be taken back; a property of the action, not a claim of its user."""

    def reads(self, spec: Spec, target: Manifest, *, user: str) -> Sequence[Call]:
        """What it must see besides the target, as ``user``; names begin with the action's."""

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:
        """The change to make now, on this very target. Called again right before the write: the same
        target must give the same change."""

    def permissions(self, spec: Spec) -> Sequence[Permission]:
        """What the ServiceAccount needs, least first; for ``fireline rbac``."""


NOT_LOOKED = "NotLookedAtYet"
"""Reason of a signal that says nothing, because nobody has looked since the operator began."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What the trigger, or a verification, says: ``state`` and why.

    Unknown is not false: it never triggers, recovers or reverts, and freezes what is counted.
    ``since``: of an alert, when it began. ``at``: when it was looked at.
    """

    state: Literal["True", "False", "Unknown"]
    message: str
    at: datetime
    value: str = ""
    since: datetime | None = None
    ticks: int = 0
    """How many times in a row it was True, ``forTicks`` at most."""
    false_since: datetime | None = None
    """Since when every look that was not Unknown said False."""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def looked(self) -> bool:
        """Whether anybody has looked at all."""
        return self.details.get("reason") != NOT_LOOKED
