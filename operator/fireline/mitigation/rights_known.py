"""Remembers what ServiceAccounts may do, for the condition ``Permitted``: asked when a spec is new, and now
and then again. Costs reads only; what is done is checked by the API server itself each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fireline.api.conditions import Condition
from fireline.api.mitigation import Spec
from fireline.api.plan import Call, Key
from fireline.mitigation.actions.table import permissions_of
from fireline.mitigation.permissions import Asker, permitted, review_calls
from fireline.mitigation.sight import Sight

_GOOD_FOR = timedelta(minutes=10)
_BAD_FOR = timedelta(seconds=30)
"""Whoever is told that a right is missing grants it, and looks."""


@dataclass(frozen=True, slots=True)
class _Asked:
    generation: int
    at: datetime
    condition: Condition


class RightsKnown:
    """One answer per Mitigation. On the event loop only."""

    def __init__(self) -> None:
        self._known: dict[Key, _Asked] = {}

    def of(self, sight: Sight, spec: Spec) -> tuple[Condition, tuple[Call, ...]]:
        """The condition, and what must be asked first, in which case the condition means nothing."""
        generation = int(sight.metadata["generation"])
        known = self._known.get(sight.key)
        # A clock that was set back makes no answer last longer.
        if (
            known is not None
            and known.generation == generation
            and known.at <= sight.now < self.stale_at(sight.key)
        ):
            return known.condition, ()
        asker = Asker(sight.key.namespace, sight.key.name, spec.service_account_name)
        permissions = permissions_of(spec)
        calls = review_calls(asker, permissions)
        missing = tuple(call for call in calls if sight.answer(call.name) is None)
        if not missing:
            condition = permitted(asker, permissions, sight.answer)
            self._known[sight.key] = _Asked(generation, sight.now, condition)
            return condition, ()
        return Condition("Permitted", "Unknown", "NotChecked", "not asked yet"), missing

    def stale_at(self, key: Key) -> datetime:
        """When it is asked again."""
        known = self._known[key]
        return known.at + (_GOOD_FOR if known.condition.status == "True" else _BAD_FOR)

    def forget(self, key: Key) -> None:
        """The Mitigation is gone."""
        self._known.pop(key, None)
