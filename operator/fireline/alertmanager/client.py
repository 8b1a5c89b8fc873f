"""One Alertmanager over HTTP, in threads that never hold up the end of the process.

Whoever imports this module imports ``requests``: :func:`replicas_of` is what the app calls.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from fireline.access import without_credentials
from fireline.alertmanager import answers, metrics
from fireline.alertmanager.http import ALERTMANAGER
from fireline.alertmanager.replica import Counters, Status
from fireline.http.session import BoundedSession
from fireline.http.threads import in_daemon_thread
from fireline.http.translate import translated
from fireline.settings import Alertmanager

T = TypeVar("T")

_AT_A_TIME = 4
"""Requests under way to one replica."""
_MOST_BYTES = 64 * 1024 * 1024
"""Of one answer: 2,000 receivers have a configuration of about 4 MiB, 10,000 alerts take 15 MiB."""


class Replica:
    """One server. Implements :class:`~fireline.alertmanager.replica.AlertmanagerReplica`."""

    def __init__(self, url: str, settings: Alertmanager, *, name: str = "") -> None:
        self._url = url.rstrip("/")
        self._settings = settings
        self._name = name
        self._session = BoundedSession(settings, ALERTMANAGER, max_bytes=_MOST_BYTES)
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    @property
    def place(self) -> str:
        """See :attr:`AlertmanagerReplica.place`."""
        return without_credentials(self._url)

    async def status(self) -> Status:
        """See :meth:`AlertmanagerReplica.status`."""
        return await self._ask(lambda: answers.status(self._get("/api/v2/status").json()))

    async def alerts(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """See :meth:`AlertmanagerReplica.alerts`."""
        return await self._list("/api/v2/alerts", filters)

    async def groups(self, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """See :meth:`AlertmanagerReplica.groups`."""
        return await self._list("/api/v2/alerts/groups", filters)

    async def silences(self) -> list[dict[str, Any]]:
        """See :meth:`AlertmanagerReplica.silences`."""
        return await self._list("/api/v2/silences")

    async def post(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """See :meth:`AlertmanagerReplica.post`."""
        body = json.dumps([dict(one) for one in alerts]).encode()
        headers = {"Content-Type": "application/json"}
        await self._ask(lambda: self._call("POST", "/api/v2/alerts", data=body, headers=headers))

    async def counters(self) -> Counters:
        """See :meth:`AlertmanagerReplica.counters`."""
        return await self._ask(lambda: metrics.counters(self._get("/metrics").content.decode()))

    async def _list(self, path: str, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        params = [("filter", one) for one in filters]
        return await self._ask(lambda: answers.listed(self._get(path, params).json()))

    async def _ask(self, ask: Callable[[], T]) -> T:
        async with self._slots:
            return await in_daemon_thread(
                lambda: translated(
                    ask, url=self._url, access=self._settings, name=self._name, errors=ALERTMANAGER
                )
            )

    def _get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        return self._call("GET", path, params=list(params))

    def _call(self, method: str, path: str, **given: Any) -> Any:
        timeout = self._settings.timeout_seconds
        return self._session.request(method, f"{self._url}{path}", timeout=timeout, **given)

    def close(self) -> None:
        """Closes pooled connections."""
        self._session.close()


def replicas_of(settings: Alertmanager, *, name: str = "") -> tuple[Replica, ...]:
    """A client for each replica of the settings; ``name`` is told with errors."""
    return tuple(Replica(url, settings, name=name) for url in settings.urls)
