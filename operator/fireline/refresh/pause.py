"""Whether mitigations are paused in the whole cluster: a ConfigMap in the operator's namespace says so.

``kubectl create configmap fireline-pause --from-literal=reason='…'`` stops every beginning, proposed or
automatic, approved or not, until it is deleted. What is under way is not frozen: changes are still verified,
and taken back when they have recovered, when their time is over, or when a person asks. If nobody can tell
whether the ConfigMap is there, nothing is begun either.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog

from fireline.api.plan import Manifest
from fireline.errors import ApiError, Forbidden, NotFound

Get = Callable[[str, str], Awaitable[Manifest]]
"""Namespace and name of a ConfigMap → the object. Raises ApiError."""

LATE_SECONDS = 45.0
"""After so long without an answer what was read last is no longer believed."""

log = structlog.get_logger(__name__)


class Pause:
    """Reads the ConfigMap ``name`` in the namespace ``place``. ``steady`` gives seconds that never jump."""

    def __init__(
        self, get: Get, *, place: str, name: str, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._get = get
        self._place = place
        self._name = name
        self._steady = steady
        self._known: str | None = "not looked at yet"
        self._looked = float("-inf")
        self._trouble = ""

    @property
    def where(self) -> str:
        """The ConfigMap, for messages."""
        return f"ConfigMap {self._place}/{self._name}"

    def reason(self) -> str | None:
        """Why nothing may be begun; None when it may."""
        if self._trouble:
            return f"it is not known whether {self.where} is there: {self._trouble}"
        if self._steady() - self._looked > LATE_SECONDS:
            return f"it is not known whether {self.where} is there: it was not looked at lately"
        return self._known

    def health(self) -> dict[str, dict[str, str]]:
        """For /status, only while it cannot be read."""
        return {"mitigations/pause": {"state": "down", "message": self._trouble}} if self._trouble else {}

    async def look(self) -> bool:
        """Reads it; True when :meth:`reason` says something else now."""
        before = self.reason()
        try:
            found = await self._get(self._place, self._name)
        except NotFound:
            self._take(None)
        except Forbidden:
            self._fail(f"the operator may not read it; it needs the right to get {self.where}")
        except ApiError as error:
            self._fail(str(error))
        else:
            words = str((found.get("data") or {}).get("reason") or "").strip()
            self._take(f"{words or 'without a reason'} ({self.where})")
        return self.reason() != before

    def _take(self, known: str | None) -> None:
        self._known, self._looked, self._trouble = known, self._steady(), ""

    def _fail(self, why: str) -> None:
        if not self._trouble:
            log.warning("pause of mitigations cannot be read", error=why)
        self._trouble = why
