"""The demo shop as a pod with a Service: ``http://shop.<namespace>`` for probes, ``url`` for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from tests.bed.images import SHOP
from tests.bed.images.pack import SHOP_PORT
from tests.bed.kubeclient import KubeClient, Manifest
from tests.bed.waiting import wait_for

NAME = "shop"


class ShopPod:
    """The shop in one namespace, which must exist. ``arguments``: further ones of ``tests.bed.shop``.

    ``url`` is for tests on this computer; pods say ``http://shop.NAMESPACE`` (port 80, or 8080).
    ``service_url``: see tests.bed.podbed.platform.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        service_url: Callable[[str, str, str], str],
        *,
        arguments: tuple[str, ...] = ("--rate=0",),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self.namespace = namespace
        self.inside = f"http://{NAME}.{namespace}"
        client.apply(_deployment(namespace, arguments, env or {}))
        client.apply(_service(namespace))
        self.url = service_url(namespace, NAME, "http")

    def await_ready(self, *, seconds: float = 240) -> None:
        """Wait until it answers through its Service."""
        wait_for(lambda: requests.get(f"{self.url}/faults", timeout=10).ok, what="the shop", seconds=seconds)

    def faults(self, **changes: Any) -> dict[str, Any]:
        """PUT /faults with these changes; returns what is broken now."""
        answer = requests.put(f"{self.url}/faults", json=changes, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def _deployment(namespace: str, arguments: tuple[str, ...], env: Mapping[str, str]) -> Manifest:
    labels = {"app": NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 1,
                    "containers": [
                        {
                            "name": NAME,
                            "image": SHOP,
                            "imagePullPolicy": "IfNotPresent",
                            "args": list(arguments),
                            "env": [{"name": name, "value": value} for name, value in env.items()],
                            "ports": [{"name": "http", "containerPort": SHOP_PORT}],
                            "readinessProbe": {
                                "httpGet": {"path": "/faults", "port": "http"},
                                "periodSeconds": 1,
                                # A busy node must not take it out of its Service.
                                "timeoutSeconds": 10,
                                "failureThreshold": 30,
                            },
                            "securityContext": {
                                "runAsNonRoot": True,
                                "readOnlyRootFilesystem": True,
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                            },
                        }
                    ],
                },
            },
        },
    }


def _service(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": namespace, "labels": {"app": NAME}},
        "spec": {
            "selector": {"app": NAME},
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http"},
                {"name": "metrics", "port": SHOP_PORT, "targetPort": "http"},
            ],
        },
    }
