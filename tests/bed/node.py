"""A node that runs nothing and says of pods whether they are ready: enough for the controllers of workloads.

Deployments roll out as in a real cluster: kube-controller-manager makes ReplicaSets and pods, and goes on
once somebody says that these are ready. Where pods really run see :mod:`tests.bed.podbed`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from fireline.api.conditions import timestamp
from fireline.api.resources import POD
from tests.bed.kubeclient import ApiError, KubeClient, Manifest

_LOOK_SECONDS = 0.1


class Node:
    """While it is in the ``with``: pods of a namespace are ready when ``ready`` says so of their image."""

    def __init__(
        self, client: KubeClient, namespace: str, *, ready: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._client, self._namespace, self._ready = client, namespace, ready
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for pod in self._client.list(POD, self._namespace):
                with contextlib.suppress(ApiError):  # a pod that has gone meanwhile
                    self._tell(pod, self._ready(pod["spec"]["containers"][0]["image"]))

    def _tell(self, pod: Manifest, ready: bool) -> None:
        if "deletionTimestamp" in pod["metadata"]:
            return
        conditions = pod.get("status", {}).get("conditions", ())
        said = next((one["status"] for one in conditions if one["type"] == "Ready"), "False")
        if said == str(ready):
            return
        told = {"type": "Ready", "status": str(ready), "lastTransitionTime": timestamp(datetime.now(UTC))}
        status = {"phase": "Running", "conditions": [told]}
        name = pod["metadata"]["name"]
        self._client.patch(POD, name, self._namespace, {"status": status}, subresource="status")
