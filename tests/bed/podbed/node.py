"""The node of a pod bed: containerd, kubelet, kube-proxy and CoreDNS, each a ``Server`` inside.

CoreDNS is a process on the node's address, not a pod, so names work before any image is there. Each server
can be killed, paused and started again by a test: ``node.kubelet.pause()`` is a node in trouble.
"""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from fireline.api.resources import Resource
from tests.bed.kubeclient import SERVICE_ACCOUNT
from tests.bed.podbed import files
from tests.bed.podbed.cluster import PodCluster
from tests.bed.podbed.containers import Containers
from tests.bed.process import Server
from tests.bed.waiting import wait_for

NODE = Resource("", "v1", "nodes", "Node", namespaced=False)


class Node:
    """One node in ``cluster`` (which has been started). Use in a ``with``; ready on entering."""

    def __init__(self, cluster: PodCluster) -> None:
        self._cluster = cluster
        self._space = cluster.space
        self.name = self._space.site.name
        self.containers = Containers(self._space.enter)
        self.containerd = self._containerd()
        self.kubelet = self._kubelet()
        self.kube_proxy = self._kube_proxy()
        self.coredns = self._coredns()
        self._stack = contextlib.ExitStack()

    def ready(self) -> bool:
        """Whether the node reports that it can run pods."""
        found = self._cluster.client().find(NODE, self.name) or {}
        conditions = found.get("status", {}).get("conditions", ())
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def start(self, archives: Sequence[Path] = ()) -> None:
        """Start every server and load ``archives``; returns when the node takes pods."""
        client = self._cluster.client()
        for manifest in files.dns_rights():
            client.apply(manifest)
        servers = (self.containerd, self.kube_proxy, self.coredns, self.kubelet)
        for server in servers:
            self._stack.callback(server.kill)
        self.containerd.start()
        self.containers.load(archives)
        for server in servers[1:]:
            server.launch()
        for server in servers[1:]:
            server.await_ready()
        wait_for(self.ready, what="the node is Ready")
        wait_for(
            lambda: client.find(SERVICE_ACCOUNT, "default", "default"),
            what="namespace default has its service account",
        )

    def stop(self) -> None:
        """End every server; pods go on until the namespaces end."""
        self._stack.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _file(self, name: str, text: str) -> Path:
        path = self._space.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _kubeconfig(self, user: str, group: str | None = None) -> Path:
        pair = self._cluster.authority.client(user, group=group)
        return self._cluster.write_kubeconfig(user.replace(":", "-"), pair)

    def _server(self, name: str, program: str | Path, *flags: str, ready: Any) -> Server:
        log = self._space.directory / f"{name}.log"
        return Server(name, [*self._space.enter, program, *flags], log=log, ready=ready)

    def _containerd(self) -> Server:
        config = self._file("containerd.toml", files.containerd(self._space.directory))
        self._file("cni/10-bridge.conflist", files.cni(self._space.site))
        return self._server("containerd", "containerd", f"--config={config}", ready=self.containers.answers)

    def _kubelet(self) -> Server:
        directory, site = self._space.directory, self._space.site
        config = self._file("kubelet.yaml", files.kubelet(site, directory, self._cluster.ca_file))
        kubeconfig = self._kubeconfig(f"system:node:{self.name}", "system:nodes")
        return self._server(
            "kubelet",
            self._cluster.tools.path("kubelet"),
            f"--config={config}",
            f"--kubeconfig={kubeconfig}",
            f"--root-dir={directory / 'kubelet'}",
            f"--cert-dir={directory / 'kubelet' / 'pki'}",
            f"--node-ip={site.node_address}",
            f"--hostname-override={self.name}",
            ready=self.ready,
        )

    def _kube_proxy(self) -> Server:
        kubeconfig = self._kubeconfig("system:kube-proxy")
        config = self._file("kube-proxy.yaml", files.kube_proxy(self._space.site, kubeconfig))
        return self._server(
            "kube-proxy",
            self._cluster.tools.path("kube-proxy"),
            f"--config={config}",
            ready=lambda: self._answers("10256/livez"),
        )

    def _coredns(self) -> Server:
        config = self._file("Corefile", files.corefile(self._space.site, self._kubeconfig("coredns")))
        return self._server(
            "coredns",
            self._cluster.tools.path("coredns"),
            f"-conf={config}",
            ready=lambda: self._answers("8181/ready"),
        )

    def _answers(self, place: str) -> bool:
        url = f"http://{self._space.site.node_address}:{place}"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
