"""Which Mitigations there are, and what is to be asked for each. Part of ``mitigations``.

While a change is under way the spec that was approved rules, which is kept in its intent; before and after
that the spec as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from fireline.api.conditions import parse_timestamp
from fireline.api.mitigation import Mitigation, Spec
from fireline.api.plan import Key, Manifest
from fireline.api.resources import MITIGATION
from fireline.mitigation.questions import Question, trigger_question, verify_question
from fireline.mitigation.sight import UNDER_WAY

Part = Literal["trigger", "verification"]
_RESTING = frozenset({"Idle", "Ended"})


@dataclass(frozen=True, slots=True)
class Watched:
    """One Mitigation. ``life`` changes when what was counted is of another time: another object of the name,
    or a change that has just been made.

    ``verification``: only while it is being verified, of the ``change`` (its id) made at ``applied``.
    """

    key: Key
    life: tuple[str, ...]
    phase: str
    trigger: Question | None = None
    verification: Question | None = None
    applied: datetime | None = None
    change: str = ""

    @property
    def resting(self) -> bool:
        """Whether nothing is proposed or under way."""
        return self.phase in _RESTING

    @property
    def questions(self) -> Iterator[tuple[Part, Question]]:
        """All there is to ask."""
        if self.trigger is not None:
            yield "trigger", self.trigger
        if self.verification is not None:
            yield "verification", self.verification

    def question(self, part: Part) -> Question | None:
        """One of them."""
        return self.trigger if part == "trigger" else self.verification


class Objects:
    """Reads manifests, each version of a spec once. On the event loop only."""

    def __init__(self) -> None:
        self._specs: dict[Key, tuple[tuple[Any, ...], Spec | None]] = {}

    def all(self, manifests: Iterable[Manifest]) -> list[Watched]:
        """Every Mitigation; those that are gone are forgotten."""
        found = [self.of(one) for one in manifests]
        alive = {one.key for one in found}
        for key in self._specs.keys() - alive:
            del self._specs[key]
        return found

    def of(self, manifest: Manifest) -> Watched:
        """What is to be asked for one; nothing while its spec is wrong."""
        metadata = manifest["metadata"]
        status = manifest.get("status") or {}
        key = Key(MITIGATION.kind, metadata["namespace"], metadata["name"])
        phase, applied = str(status.get("phase") or "Idle"), status.get("appliedAt")
        intent = status.get("intent") or {}
        life = (metadata["uid"], str(intent.get("id") or ""), applied or "")
        spec = self._spec(key, manifest, intent if phase in UNDER_WAY else None)
        if spec is None:
            return Watched(key, life, phase)
        verifying = phase == "Verifying" and applied
        return Watched(
            key,
            life,
            phase,
            trigger=trigger_question(key.namespace, spec),
            verification=verify_question(key.namespace, spec) if verifying else None,
            applied=parse_timestamp(applied) if applied else None,
            change=str(intent.get("id") or ""),
        )

    def _spec(self, key: Key, manifest: Manifest, intent: Mapping[str, Any] | None) -> Spec | None:
        metadata = manifest["metadata"]
        version = (metadata["uid"], metadata["generation"], intent.get("id") if intent is not None else None)
        known = self._specs.get(key)
        if known is None or known[0] != version:
            known = self._specs[key] = (version, _read(manifest, intent))
        return known[1]


def _read(manifest: Manifest, intent: Mapping[str, Any] | None) -> Spec | None:
    """A spec that is wrong is reported by the planner; here there is nothing to ask."""
    try:
        if intent is not None:
            return Spec.model_validate(json.loads(intent["spec"]))
        return Mitigation.of(manifest).spec
    except (KeyError, ValueError, ValidationError):
        return None
