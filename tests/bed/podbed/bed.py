"""A whole pod bed in one ``with``: namespaces, control plane, node, images."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.bed.errors import BedError
from tests.bed.kubeclient import SERVICE, KubeClient
from tests.bed.podbed.cluster import PodCluster
from tests.bed.podbed.node import Node
from tests.bed.podbed.space import Space
from tests.bed.toolchain import Tools

_DEEPEST = "kubelet/pod-resources/123456789"
"""The longest path of a socket in a bed's directory."""
_SOCKET_PATH = 107
"""Bytes of a socket's path: sun_path of unix(7) without its NUL."""


class PodBed:
    """A cluster that runs pods. ``archives``: images to load (see tests/bed/images).

    ``cluster`` is the bed's usual one (kubectl, client, kubeconfig), ``node`` its node's servers. A test's
    own server that pods must reach listens on ``host``. ``directory`` is removed at the end.
    """

    cluster: PodCluster
    client: KubeClient
    node: Node

    def __init__(
        self, tools: Tools, directory: Path, *, archives: Sequence[Path] = (), crds: bool = True
    ) -> None:
        self._tools = tools
        self._archives = archives
        self._crds = crds
        self.space = Space(directory)
        self._stack = contextlib.ExitStack()

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with full rights."""
        return self.cluster.kubeconfig

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """The real kubectl as admin; see tests.bed.kubectl."""
        return self.cluster.kubectl(*arguments, stdin=stdin, check=check)

    def load(self, archives: Sequence[Path]) -> None:
        """Import images; new pods use them."""
        self.node.containers.load(archives)

    def service_url(self, namespace: str, name: str, port: str) -> str:
        """Where a test on this computer reaches a Service: its address is routed into the bed."""
        spec = self.client.get(SERVICE, name, namespace)["spec"]
        number = next(one["port"] for one in spec["ports"] if one["name"] == port)
        return f"http://{spec['clusterIP']}:{number}"

    @property
    def host(self) -> str:
        """This computer as pods see it."""
        return self.space.site.host_address

    def start(self) -> None:
        """Start everything; returns when pods run. Raises BedError, also for a directory too deep."""
        over = len(os.fsencode(self.space.directory / _DEEPEST)) - _SOCKET_PATH
        if over > 0:
            raise BedError(f"{self.space.directory}: sockets need a path shorter by {over}")
        enter = self._stack.enter_context
        enter(self.space)
        self.cluster = enter(PodCluster(self._tools, self.space, crds=self._crds))
        self.client = self.cluster.client()
        self.node = Node(self.cluster)
        self._stack.callback(self.node.stop)
        self.node.start(self._archives)

    def stop(self) -> None:
        """End everything; nothing of it is left."""
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
