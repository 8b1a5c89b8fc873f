"""The operator as its users install it: CRDs, rights and a Deployment from the manifests of this checkout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from fireline.api.resources import DEPLOYMENT, POD
from tests.bed.images import FIRELINE
from tests.bed.kubeclient import KubeClient, Manifest, manifests
from tests.bed.waiting import wait_for

INSTALL = Path(__file__).parents[3] / "examples" / "install"
FILES = ("rbac.yaml", "operator.yaml", "service-monitor.yaml", "operator-rules.yaml")
NAMESPACE = NAME = "fireline"
_SELECTOR = "app.kubernetes.io/name=fireline"
FAST = {
    "lease": {"duration_seconds": 10.0, "renew_deadline_seconds": 8.0, "retry_seconds": 0.5},
    "refresh_seconds": 2.0,
    "status_interval_seconds": 2.0,
}
"""Settings with which a test sees within seconds what users see within a minute."""


class OperatorPod:
    """Installs, watches and kills the operator in a cluster. The CRDs have been applied."""

    def __init__(self, client: KubeClient, kubectl: Callable[..., str]) -> None:
        self._client = client
        self._kubectl = kubectl

    def install(self, *, image: str = FIRELINE, settings: Mapping[str, Any] | None = None) -> None:
        """Apply the manifests and wait until the operator is ready.

        ``settings``: fields of fireline.settings.Settings as Python values, set in the environment of the
        pod over those of the manifest's file (by default FAST).
        """
        for name in FILES:
            for manifest in manifests((INSTALL / name).read_text()):
                self._client.apply(_adapted(manifest, image, FAST if settings is None else settings))
        self.await_ready()

    def deployment(self) -> Manifest:
        """The Deployment as the API server has it."""
        return self._client.get(DEPLOYMENT, NAME, NAMESPACE)

    def pods(self) -> list[Manifest]:
        """Its pods, those on their way out left aside."""
        found = self._client.list(POD, NAMESPACE, labels=_SELECTOR)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def ready(self) -> bool:
        """Whether the newest template runs, all of it is ready, and nothing else."""
        found = self.deployment()
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        return (
            status.get("observedGeneration") == found["metadata"]["generation"]
            and status.get("updatedReplicas", 0) == wanted
            and status.get("readyReplicas", 0) == wanted
            and status.get("replicas", 0) == wanted
        )

    def await_ready(self, *, seconds: float = 240) -> None:
        """Wait until it is ready. Raises AssertionError with its pods' states and its log."""
        try:
            wait_for(self.ready, what="the operator's pod is ready", seconds=seconds)
        except AssertionError as error:
            states = [(pod["metadata"]["name"], pod.get("status")) for pod in self.pods()]
            raise AssertionError(
                f"{error}\npods: {json.dumps(states)[:3000]}\n{self.logs()[-5000:]}"
            ) from None

    def logs(self, *, previous: bool = False) -> str:
        """The log of its pods; ``previous``: of the containers that ended before."""
        arguments = ["logs", "-n", NAMESPACE, "-l", _SELECTOR, "--tail=-1"]
        return self._kubectl(*arguments, *(["--previous"] if previous else []), check=False)

    def kill(self) -> None:
        """Delete its pods without any grace; the Deployment makes others at once."""
        self._kubectl(
            *("delete", "pods", "-n", NAMESPACE, "-l", _SELECTOR),
            *("--grace-period=0", "--force", "--wait=false"),
        )

    def scale(self, replicas: int, *, grace: bool = True) -> None:
        """Change the number of replicas; with 0 it is gone until scaled up again. Waits until that is so.

        Without ``grace`` the pods that are there are killed first.
        """
        self._client.patch(DEPLOYMENT, NAME, NAMESPACE, {"spec": {"replicas": replicas}})
        if not grace:
            self.kill()
        wait_for(
            lambda: len(self._client.list(POD, NAMESPACE, labels=_SELECTOR)) == replicas and self.ready(),
            what=f"{replicas} pods of the operator",
        )

    def restart(self) -> None:
        """A new pod, of the image as it is loaded now. Waits until it is ready."""
        self._kubectl("rollout", "restart", "-n", NAMESPACE, f"deployment/{NAME}")
        self.await_ready()


def _adapted(manifest: Manifest, image: str, settings: Mapping[str, Any]) -> Manifest:
    """The manifest with the test's image and settings; everything else is the user's."""
    if manifest["kind"] == "ConfigMap":
        file = yaml.safe_load(manifest["data"]["fireline.yaml"])
        file["checks"]["image"] = image
        manifest["data"]["fireline.yaml"] = yaml.safe_dump(file)
    if manifest["kind"] == "Deployment":
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        container["image"] = image
        container["env"] += [
            {
                "name": f"FIRELINE_{name.upper()}",
                "value": value if isinstance(value, str) else json.dumps(value),
            }
            for name, value in settings.items()
        ]
    return manifest
