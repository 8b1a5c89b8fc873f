"""The control plane of a pod bed: the same servers as everywhere in the bed, inside the namespaces.

The API server listens on the node's address, which the host and every pod can reach; pods find it as
``kubernetes.default.svc``.
"""

from __future__ import annotations

from tests.bed.cluster import Cluster
from tests.bed.podbed.space import Space
from tests.bed.toolchain import Tools


class PodCluster(Cluster):
    """A control plane for real nodes, with controllers and scheduler. ``space`` has been started."""

    def __init__(self, tools: Tools, space: Space, *, crds: bool = True) -> None:
        self.space = space
        self.service_range = str(space.site.services)
        super().__init__(
            tools,
            space.directory,
            controllers=True,
            crds=crds,
            host=space.site.node_address,
            enter=space.enter,
        )

    def _api_server_flags(self) -> list[str]:
        kubelet_client = self.authority.client("kube-apiserver-kubelet-client", group="system:masters")
        return [
            "--allow-privileged=true",
            "--enable-admission-plugins=NodeRestriction",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={kubelet_client.cert}",
            f"--kubelet-client-key={kubelet_client.key}",
        ]
