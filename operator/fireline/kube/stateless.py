"""Storages that make kopf keep nothing of an object.

kopf compares each event with the object's last handled state, for handlers we do not have; copying the
objects for it took 40 % of the operator's time. Used by the watcher only.
"""

from __future__ import annotations

from typing import Any

import kopf


class NoDiffBase(kopf.DiffBaseStorage):
    """There is no last handled state."""

    def build(self, **_: Any) -> Any:
        """The essence of any object: nothing."""
        return {}

    def fetch(self, **_: Any) -> Any:
        """Never stored."""
        return None

    def store(self, **_: Any) -> None:
        """Nothing to store."""


class NoProgress(kopf.ProgressStorage):
    """There are no handlers with progress."""

    def fetch(self, **_: Any) -> Any:
        """Never stored."""
        return None

    def store(self, **_: Any) -> None:
        """Nothing to store."""

    def purge(self, **_: Any) -> None:
        """Nothing to purge."""

    def touch(self, **_: Any) -> None:
        """Nothing to touch."""

    def clear(self, *, essence: Any) -> Any:
        """The essence is empty anyway."""
        return essence
