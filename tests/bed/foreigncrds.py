"""CRDs of other projects that mitigations change: Gateway API, Envoy Gateway, KEDA, OpenFeature.

Taken from their locked Go modules (``tools/foreign-crds``), never copied by hand. The one exception says so
in its file. Installed on request only: half a megabyte of schemas that most tests do not need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bed.cluster import Cluster
from tests.bed.crds import create_crds
from tests.bed.recipes import Module
from tests.bed.toolchain import Tools

FOREIGN = Module("foreign-crds", {})
SOURCES: Mapping[str, Sequence[str]] = {
    "sigs.k8s.io/gateway-api": ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
    "github.com/envoyproxy/gateway": (
        "charts/gateway-crds-helm/templates/generated/gateway.envoyproxy.io_backendtrafficpolicies.yaml",
    ),
    "github.com/kedacore/keda/v2": ("config/crd/bases/keda.sh_scaledobjects.yaml",),
}
"""Go module → its files that are used."""


def foreign_crds(tools: Tools) -> Path:
    """A directory with one YAML file for each of them; fetched on first use."""
    return tools.files_of(FOREIGN, SOURCES, "CRDs of other projects")


def install_foreign_crds(cluster: Cluster) -> None:
    """Create them in a cluster, and wait until it serves them; fine to call twice."""
    create_crds(cluster.client(), sorted(foreign_crds(cluster.tools).glob("*.yaml")))
