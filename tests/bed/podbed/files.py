"""Configuration files of what makes a node. Every path is the bed's own; values say why where it matters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.bed.podbed.machine import cni_directory
from tests.bed.podbed.site import Site

PAUSE = "docker.io/local/busybox:1"
"""The image of the process that holds a pod's namespaces."""
SOCKET = "/run/containerd/containerd.sock"
DOMAIN = "cluster.local"


def containerd(directory: Path) -> str:
    """containerd without what needs a whole computer: no AppArmor, no score for the OOM killer."""
    return f"""\
version = 2
root = "{directory / "containerd"}"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
]
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_directory()}"
    conf_dir = "{directory / "cni"}"
"""


def cni(site: Site) -> str:
    """Pods on the node's bridge, with addresses of the bed's own network."""
    addresses = {
        "subnet": str(site.pods),
        "rangeStart": str(site.pods[10]),
        "rangeEnd": str(site.pods[250]),
        "gateway": site.node_address,
    }
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "isDefaultGateway": True,
        # Addresses are routed to the host as they are.
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "dataDir": "/run/cni-addresses", "ranges": [[addresses]]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": site.name, "plugins": [bridge, ports]})


def kubelet(site: Site, directory: Path, ca_file: Path) -> str:
    """A kubelet in a cgroup of its own that evicts nobody: the host's disk is not the test's business."""
    never = ("memory.available", *(f"{fs}.{what}" for fs in ("nodefs", "imagefs") for what in _FILLS))
    return _yaml(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": site.node_address,
            "healthzBindAddress": "127.0.0.1",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(ca_file)},
            },
            "authorization": {"mode": "Webhook"},
            "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{site.name}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "makeIPTablesUtilChains": False,
            "imageGCHighThresholdPercent": 100,
            "evictionHard": dict.fromkeys(never, "0%"),
            "resolvConf": str(directory / "resolv.conf"),
            "clusterDNS": [site.node_address],
            "clusterDomain": DOMAIN,
            "serializeImagePulls": False,
            "volumePluginDir": str(directory / "kubelet" / "plugins"),
        }
    )


_FILLS = ("available", "inodesFree")


def kube_proxy(site: Site, kubeconfig: Path) -> str:
    """Services by iptables; connection tracking's sizes belong to the whole computer and stay."""
    return _yaml(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "clusterCIDR": str(site.pods),
            "hostnameOverride": site.name,
            "healthzBindAddress": f"{site.node_address}:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
            # A Service follows its pods at once.
            "iptables": {"minSyncPeriod": "100ms"},
            "oomScoreAdj": 0,
        }
    )


def corefile(site: Site, kubeconfig: Path) -> str:
    """Names of Services and pods, and nothing else: no name leads out of the bed."""
    return f"""\
.:53 {{
  errors
  ready {site.node_address}:8181
  cache 2
  kubernetes {DOMAIN} in-addr.arpa {{
    kubeconfig {kubeconfig}
    ttl 2
  }}
}}
"""


def dns_rights() -> list[dict[str, Any]]:
    """What CoreDNS may read, as user ``coredns``."""
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "coredns"},
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["endpoints", "services", "pods", "namespaces"],
                    "verbs": ["list", "watch"],
                },
                {
                    "apiGroups": ["discovery.k8s.io"],
                    "resources": ["endpointslices"],
                    "verbs": ["list", "watch"],
                },
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "coredns"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "coredns"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "coredns"}],
        },
    ]


def _yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False)
