"""Alertmanager objects for the real prometheus-operator, and the configuration it writes for them."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import yaml
from tests.bed.kubeclient import SECRET, KubeClient

Manifest = dict[str, Any]
NAME = "main"


def create(
    client: KubeClient,
    namespace: str,
    base: Manifest,
    *,
    name: str = NAME,
    strategy: str = "OnNamespace",
    namespaces: dict[str, str] | None = None,
) -> None:
    """An Alertmanager that selects every configuration of namespaces with these labels (None: its own)."""
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{name}-base", "namespace": namespace},
            "stringData": {"alertmanager.yaml": yaml.safe_dump(base)},
        }
    )
    spec: Manifest = {
        "replicas": 1,
        "version": "v0.28.1",
        "configSecret": f"{name}-base",
        "alertmanagerConfigSelector": {},
        "alertmanagerConfigMatcherStrategy": {"type": strategy},
    }
    if namespaces is not None:
        spec["alertmanagerConfigNamespaceSelector"] = {"matchLabels": namespaces}
    client.apply(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "Alertmanager",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }
    )


def generated(client: KubeClient, namespace: str, name: str = NAME) -> str:
    """The configuration that prometheus-operator wrote; empty while there is none."""
    secret = client.find(SECRET, f"alertmanager-{name}-generated", namespace) or {}
    packed = (secret.get("data") or {}).get("alertmanager.yaml.gz")
    return gzip.decompress(base64.b64decode(packed)).decode() if packed else ""
