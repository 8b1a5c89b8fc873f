"""ServiceLevelObjectives over the scenarios, as a user writes them, and what their status says."""

from __future__ import annotations

from typing import Any

from fireline.api.resources import SLO
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from tests.bed.kubeclient import KubeClient, Manifest
from tests.truth.scenarios import LATENCY, REQUESTS


def an_slo(
    service: str, *, namespace: str, name: str = "", objective: str = "99.9", window: str = "30d", **spec: Any
) -> Manifest:
    """An availability SLO of a scenario; its latency for the scenario that has one."""
    return {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "metadata": {"name": name or service, "namespace": namespace},
        "spec": {
            "service": service,
            "objective": objective,
            "window": {"rolling": window},
            "indicator": indicator(service),
            **spec,
        },
    }


def compiled(
    service: str, *, namespace: str, name: str = "", objective: str = "99.9", **spec: Any
) -> Objective:
    """The same through the operator's own doors; ``spec`` holds further fields, or others instead."""
    manifest = an_slo(service, namespace=namespace, name=name, objective=objective)
    manifest["spec"] |= spec
    found, issues = read(manifest, sources=("default",))
    assert found is not None, [str(issue) for issue in issues]
    return compile_slo(found, settings=Settings())


def indicator(service: str) -> Manifest:
    """What is counted: failed requests, or slow ones."""
    if service.endswith("latency"):
        return {"latency": {"histogram": f'{LATENCY}{{service="{service}"}}', "below": "300ms"}}
    total = f'{REQUESTS}{{service="{service}"}}'
    return {
        "ratio": {
            "bad": {"metric": f'{REQUESTS}{{service="{service}",code="500"}}'},
            "total": {"metric": total},
        }
    }


def status_of(client: KubeClient, namespace: str, name: str) -> Manifest:
    """The status of this generation. Raises LookupError while there is none."""
    found = client.get(SLO, name, namespace)
    status: Manifest = found.get("status", {})
    if status.get("observedGeneration") != found["metadata"]["generation"]:
        raise LookupError(f"{name} is not observed yet: {status}")
    return status


def condition(status: Manifest, type_: str) -> Manifest:
    """One condition. Raises LookupError while it is not there."""
    for found in status.get("conditions", ()):
        if found["type"] == type_:
            one: Manifest = found
            return one
    raise LookupError(f"no condition {type_} in {status}")
