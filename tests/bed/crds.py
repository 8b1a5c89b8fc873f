"""Installs prometheus-operator's CRDs and Fireline's own into a fresh API server."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bed.kubeclient import CRD, ApiError, KubeClient, path_of
from tests.bed.waiting import wait_for

OWN_CRDS = Path(__file__).parents[2] / "crds"

_NOT_USED = ("_prometheusagents", "_thanosrulers")
"""prometheus-operator runs without these, and they are a third of the bytes to install."""


def install_crds(client: KubeClient, vendor: Path, own: Path = OWN_CRDS) -> None:
    """Create the CRDs of both directories and wait until the server serves them."""
    used = [file for file in sorted(vendor.glob("*.yaml")) if not file.stem.endswith(_NOT_USED)]
    create_crds(client, [*used, *sorted(own.glob("*.yaml"))])


def create_crds(client: KubeClient, files: Sequence[Path]) -> None:
    """Create the CRD of each file, unless it is there, and wait until the server serves them all."""
    with ThreadPoolExecutor(4) as pool:
        wanted = set(pool.map(lambda file: _create(client, file), files))
    wait_for(lambda: wanted <= _served(client), what=f"the API server serves {sorted(wanted)}", every=0.05)


def _create(client: KubeClient, file: Path) -> str:
    """Create one CRD if it is not there; returns its name."""
    # Sent as it is: parsing these files (0.7 MB each) in Python takes longer than the server needs.
    try:
        made = client.request("POST", path_of(CRD), body=file.read_bytes(), content_type="application/yaml")
    except ApiError as error:
        if error.code != 409:
            message = f"{file}: {error.body.get('message')}"
            raise ApiError(error.code, {**error.body, "message": message}) from None
        return str(error.body["details"]["name"])
    return str(made["metadata"]["name"])


def _served(client: KubeClient) -> set[str]:
    """Names (``plural.group``) of every resource the server offers, from one aggregated discovery call."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found = client.request("GET", "/apis", accept=accept)
    return {
        f"{resource['resource']}.{group['metadata']['name']}"
        for group in found["items"]
        for version in group["versions"]
        for resource in version.get("resources", ())
    }
