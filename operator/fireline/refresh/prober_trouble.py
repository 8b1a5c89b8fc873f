"""Why a prober does not run its checks, or cannot be heard: what their condition Scheduled says.

Part of :mod:`fireline.refresh.probers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fireline.api.plan import Key, Manifest
from fireline.refresh.prober_pages import address_of
from fireline.synthetic import classify_pod
from fireline.synthetic.classify_pod import Ended, Waiting
from fireline.synthetic.conditions import PROBER_SILENT
from fireline.synthetic.prober_render import CONTAINER
from fireline.synthetic.text import readable

TOLD_SECONDS = 30.0
"""Trouble that lasts shorter is a pod that starts, or is replaced."""
_DETAIL = 200


class Troubles:
    """Which probers are in trouble, and for how long."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}
        self._told: dict[Key, Waiting] = {}

    def of(self, prober: Key) -> Waiting | None:
        """What is to be told of a prober."""
        return self._told.get(prober)

    def update(self, found: Mapping[Key, Waiting], now: float) -> set[Key]:
        """Takes over what is found at a Unix time; probers of which something else is to be told now."""
        before = self._told
        self._since = {prober: self._since.get(prober, now) for prober in found}
        self._told = {
            prober: one for prober, one in found.items() if now >= self._since[prober] + TOLD_SECONDS
        }
        return {one for one in {*before, *self._told} if before.get(one) != self._told.get(one)}


def trouble(
    pods: Sequence[Manifest], silent: Mapping[str, str], *, name: str, now: datetime
) -> Waiting | None:
    """What keeps a prober from running, or from being heard; None when all is well, or on its way.

    ``silent``: by uid, why a pod does not answer, "" for one that does. ``name``: of its Deployment.
    """
    heard = [silent.get(pod["metadata"]["uid"], "") for pod in pods if address_of(pod) is not None]
    if heard:
        return None if "" in heard else _unheard(name, heard[0])
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    if not staying:
        return Waiting(
            "NoPod",
            f"Deployment {name} has no pod; a quota, a webhook or pod security refuses it as a rule: look at "
            "its events and those of its ReplicaSet",
        )
    return _not_running(staying[-1], now)


def _unheard(name: str, why: str) -> Waiting:
    detail = readable(why, limit=_DETAIL)
    return Waiting(
        PROBER_SILENT,
        f"{name} runs, but does not answer the operator: {detail}; look whether a network policy lets the "
        "operator's namespace in, and at the log of the pod",
    )


def _not_running(pod: Manifest, now: datetime) -> Waiting | None:
    """As for the pod of a Job; one that ended is started anew by the kubelet."""
    found = classify_pod.read(_as_check(pod), custom=False, now=now)
    if isinstance(found, Ended):
        detail = found.result.message or found.result.reason
        return Waiting("Restarting", f"its container ended and is started again: {detail}")
    return found if isinstance(found, Waiting) else None


def _as_check(pod: Manifest) -> Manifest:
    """With the name that the container of a check has."""
    statuses = [
        {**one, "name": classify_pod.CONTAINER} if one["name"] == CONTAINER else one
        for one in pod.get("status", {}).get("containerStatuses") or ()
    ]
    return {**pod, "status": {**pod.get("status", {}), "containerStatuses": statuses}}
