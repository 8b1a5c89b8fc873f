"""Puts the server of stranger.py into a namespace. For tests of what checks meet."""

from __future__ import annotations

from pathlib import Path

from tests.bed.images import FIRELINE
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e.stranger import GARBAGE_PORT, PORT

from fireline.api.resources import POD

NAME = "stranger"


def stranger(pods: World, namespace: str, *, secret: str | None = None) -> str:
    """Start one; its host name for pods, once it is ready. ``secret``: whose key ``token`` it gives away."""
    token = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": secret, "key": "token"}}}]
    source = (Path(__file__).parent / "stranger.py").read_text()
    about = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    container = {
        "name": NAME,
        "image": FIRELINE,
        "command": ["python3", "-c", source],
        "env": token if secret else [],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
    }
    spec = {
        "containers": [container],
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
    }
    pods.client.apply({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec})
    ports = [{"name": f"p{port}", "port": port} for port in (PORT, GARBAGE_PORT)]
    service = {"selector": {"app": NAME}, "ports": ports}
    pods.client.apply({"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": service})
    wait_for(lambda: _ready(pods, namespace), what="the stranger is ready")
    return f"{NAME}.{namespace}.svc.cluster.local"


def _ready(pods: World, namespace: str) -> bool:
    status = pods.client.get(POD, NAME, namespace).get("status", {})
    return any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ()))
