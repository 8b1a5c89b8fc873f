"""Alertmanager's log lines, read through the Kubernetes API where a Role allows it.

They name the exact cause of a failed delivery, which the counters do not. The right is optional: ``get`` on
``pods/log`` in the namespace of the Alertmanager object. Used by :mod:`fireline.refresh.testing`.
"""

from __future__ import annotations

import asyncio

from fireline.alertmanager.logs import Excerpt
from fireline.errors import ApiError, Forbidden
from fireline.kube.client import Client
from fireline.settings import Alertmanager

_CONTAINER = "alertmanager"
_SECONDS = 180
"""How far back: a test alert is watched for less."""
_LINES = 5000
_WHICH = "which says why a receiver failed"


class PodLogs:
    """Reads the logs of the pods of one Alertmanager object, see
    :class:`~fireline.alertmanager.logs.AlertmanagerLogs`.

    prometheus-operator calls them ``alertmanager-<name>-<i>``; there is one for each of the settings' URLs.
    """

    def __init__(self, client: Client, settings: Alertmanager, *, name: str) -> None:
        self._client = client
        self._namespace = settings.namespace
        self._pods = [f"alertmanager-{settings.name}-{index}" for index in range(len(settings.urls))]
        self._unset = (
            ""
            if settings.namespace and settings.name
            else f"to read Alertmanager's log, {_WHICH}, set alertmanagers.{name}.namespace and .name"
        )

    async def read(self) -> Excerpt:
        """See :meth:`AlertmanagerLogs.read`."""
        if self._unset:
            return Excerpt(missing=self._unset)
        found = await asyncio.gather(*(self._of(pod) for pod in self._pods))
        lines = tuple(line for text, _ in found for line in text.splitlines())
        return Excerpt(lines, next((missing for _, missing in found if missing), ""))

    async def _of(self, pod: str) -> tuple[str, str]:
        """The text of one pod's log, or why there is none."""
        try:
            return await self._client.log(
                str(self._namespace), pod, _CONTAINER, seconds=_SECONDS, lines=_LINES
            ), ""
        except Forbidden:
            return "", (
                f"the right to get pods/log in namespace {self._namespace} would let Fireline read "
                f"Alertmanager's log, {_WHICH}"
            )
        except ApiError as error:
            return "", f"the log of pod {self._namespace}/{pod} cannot be read: {error}"
