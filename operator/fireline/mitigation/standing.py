"""How an object stands to a change: untouched, changed by it, or back as it was.

Used by ``resume``, which says what follows, and by ``patching``, which refuses to write on anything else.
"""

from __future__ import annotations

from collections.abc import Iterable

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change
from fireline.mitigation.places import reachable
from fireline.mitigation.pointer import get
from fireline.mitigation.values import same


def untouched(live: Manifest, change: Change, making: Iterable[str]) -> bool:
    """All is as it was when it was planned, and the change would make the very maps it said it would."""
    making = tuple(making)
    return (
        all(same(get(live, one.path), one.before) for one in change.paths)
        and all(same(get(live, one.path), one.value) for one in change.tests)
        and all(one.after is ABSENT or reachable(live, one.path, making) for one in change.paths)
    )


def in_place(live: Manifest, change: Change) -> bool:
    """All is as it should become, on the very entries of lists that were meant, and can be taken back."""
    return (
        all(same(get(live, one.path), one.after) for one in change.paths)
        and _still(live, change)
        and all(one.before is ABSENT or reachable(live, one.path, ()) for one in change.paths)
    )


def back(live: Manifest, change: Change) -> bool:
    """All is as it was, on the very entries of lists that were meant."""
    return all(same(get(live, one.path), one.before) for one in change.paths) and _still(live, change)


def _still(live: Manifest, change: Change) -> bool:
    return all(same(get(live, one.path), one.value) for one in change.tests if one.revert)
