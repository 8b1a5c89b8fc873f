"""Stands in for the controllers and the kubelet of a prober: its pod at the API server, and the process.

What the operator wrote is used as it is: the pod is made from the Deployment's template, so that the API
server judges it, and the process reads what the ConfigMaps hold.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.bed.kubeclient import CONFIG_MAP, ApiError, KubeClient
from tests.unit.synthetic.prober.process import Prober

from fireline.api.plan import Manifest
from fireline.api.resources import DEPLOYMENT, POD

_EVERY_SECONDS = 0.2


class ProberPod:
    """Use in a ``with``, once the Deployment is there."""

    def __init__(
        self, client: KubeClient, namespace: str, directory: Path, *, port: int, address: str = "127.0.0.1"
    ) -> None:
        self._client = client
        self._namespace = namespace
        self.prober = Prober(directory, address=address, port=port)
        self._stop = threading.Event()
        self._mounting = threading.Thread(target=self._mount, name="mount")
        self.name = ""

    def __enter__(self) -> Self:
        deployment = self._client.get(DEPLOYMENT, "fireline-prober", self._namespace)
        template: dict[str, Any] = deployment["spec"]["template"]
        account = {"apiVersion": "v1", "kind": "ServiceAccount"}
        self._client.apply(account | {"metadata": {"name": "default", "namespace": self._namespace}})
        metadata = {"generateName": "fireline-prober-", "namespace": self._namespace, **template["metadata"]}
        pod: Manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self.name = self._client.create(pod)["metadata"]["name"]
        self._sources = next(
            one["projected"]["sources"] for one in template["spec"]["volumes"] if one["name"] == "journeys"
        )
        self._mounting.start()
        self.prober.__enter__()
        self.tell("running")
        return self

    def tell(self, state: str) -> None:
        """What the kubelet says of the container."""
        image = {"image": "x", "imageID": "x", "ready": state == "running", "restartCount": 0}
        details = {
            "running": {"startedAt": "2026-11-22T00:00:00Z"},
            "waiting": {"reason": "CrashLoopBackOff"},
        }
        status = {
            "phase": "Running",
            "podIP": self.prober.address,
            "podIPs": [{"ip": self.prober.address}],
            "containerStatuses": [{"name": "prober", "state": {state: details[state]}, **image}],
        }
        self._client.patch(POD, self.name, self._namespace, {"status": status}, subresource="status")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._mounting.join()
        self.prober.__exit__(kind, error, trace)
        self._client.request(
            "DELETE",
            f"/api/v1/namespaces/{self._namespace}/pods/{self.name}",
            body={"gracePeriodSeconds": 0},
        )

    def _mount(self) -> None:
        """Files as the ConfigMaps say, for as long as it runs."""
        while not self._stop.wait(_EVERY_SECONDS):
            wanted: dict[str, str] = {}
            for source in self._sources:
                try:
                    found = self._client.find(CONFIG_MAP, source["configMap"]["name"], self._namespace)
                except (ApiError, OSError):
                    break
                wanted |= (found or {}).get("data", {})
            else:
                self._put(wanted)

    def _put(self, wanted: dict[str, str]) -> None:
        directory = self.prober.journeys
        for path in directory.glob("*.json"):
            if path.name not in wanted:
                path.unlink()
        for name, text in wanted.items():
            path = directory / name
            if not path.exists() or path.read_text() != text:
                hidden = directory / ".new"
                hidden.write_text(text)
                hidden.rename(path)
